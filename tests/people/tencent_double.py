"""Tencent Cloud's SMS as its documents have it: every answer has HTTP's status 200, a refusal of the call stands in `Error`,
one of a number in its status; what is signed is checked with code of its own, and is good for five minutes.

https://www.tencentcloud.com/document/product/1021/34193 (signature), https://cloud.tencent.com/document/api/382/55981 (SendSms)
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec import Struct

SECRET_ID, SECRET_KEY = "AKIDofthetests", "the secret of the tests"
APP = "1400006666"
SIGN, SIGN_ABROAD = "村里直播", "Village Live"
TEMPLATES = {"1110": 1, "1111": 1, "2220": 1, "2221": 1, "1113": 2}  # id: how many variables it has
ABROAD = frozenset({"2220", "2221"})
CLOCKS_APART_S = 300
HOUR_S, DAY_S = 3_600, 86_400
KNOWN = {"PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName", "TemplateParamSet"}


class Sms(Struct, frozen=True, kw_only=True):
    """A message that was sent."""

    phone: str
    template: str
    params: tuple[str, ...]
    sign: str
    sent_s: float


class Refused(Exception):
    """Of the whole call."""


class TencentDouble:
    """`now_s`: its clock. `error`: how it refuses the next calls, as a whole; `number_error`: the number. `raw`, `status`: the
    bytes and HTTP's status of its answer; `is_slow`: never in time; `cuts`: it hangs up in the middle of its answer.
    """

    def __init__(self, now_s: float) -> None:
        self.url = ""
        self.now_s = now_s
        self.error = self.number_error = ""
        self.raw: bytes | None = None
        self.status = 200
        self.is_slow = self.cuts = False
        self.calls = 0
        self.sent: list[Sms] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        body = await request.read()
        if self.is_slow:
            await asyncio.Event().wait()
        if self.raw is not None:
            return web.Response(body=self.raw, status=self.status, content_type="application/json")
        try:
            told: dict[str, Any] = {"SendStatusSet": [self._send(self._checked(request, body))]}
        except Refused as refused:
            told = {"Error": {"Code": str(refused), "Message": "of the double"}}
        answer = json.dumps({"Response": {**told, "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}).encode()
        if self.cuts:
            response = web.StreamResponse(headers={"Content-Length": str(len(answer))})
            await response.prepare(request)
            await response.write(answer[:20])
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.Response(body=answer, status=self.status, content_type="application/json")

    def _checked(self, request: web.Request, body: bytes) -> dict[str, Any]:
        """The parameters of a call that is signed as it has to be."""
        asked = {name: request.headers.get(f"X-TC-{name}", "") for name in ("Action", "Version", "Timestamp", "Region")}
        if abs(self.now_s - int(asked["Timestamp"])) > CLOCKS_APART_S:
            raise Refused("AuthFailure.SignatureExpire")
        self._check_signature(request, body, int(asked["Timestamp"]))
        if asked["Action"] != "SendSms":
            raise Refused("InvalidAction")
        if asked["Version"] != "2021-01-11":
            raise Refused("NoSuchVersion")
        if asked["Region"] not in ("ap-beijing", "ap-guangzhou", "ap-nanjing"):
            raise Refused("UnsupportedRegion")
        if self.error:
            raise Refused(self.error)
        given: dict[str, Any] = json.loads(body)
        if set(given) - KNOWN:
            raise Refused("UnknownParameter")
        if given["SmsSdkAppId"] != APP:
            raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        return given

    def _check_signature(self, request: web.Request, body: bytes, timestamp: int) -> None:
        pattern = (
            r"TC3-HMAC-SHA256 Credential=([^/]+)/([^/]+)/([^/]+)/tc3_request, SignedHeaders=([^,]+), Signature=(.+)"
        )
        parts = re.fullmatch(pattern, request.headers["Authorization"])
        if parts is None:
            raise Refused("AuthFailure.InvalidAuthorization")
        secret_id, date, service, signed, signature = parts.groups()
        if secret_id != SECRET_ID:
            raise Refused("AuthFailure.SecretIdNotFound")
        names = signed.split(";")
        assert names == sorted(names)
        assert {"content-type", "host"} <= set(names)
        assert service == "sms"
        assert date == f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
        lines = "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in names)
        canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{hashed}"
        key = ("TC3" + SECRET_KEY).encode()
        for part in (date, service, "tc3_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(key.hex(), signature):
            raise Refused("AuthFailure.SignatureFailure")

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        """The status of its one number."""
        [phone] = given["PhoneNumberSet"]
        code = self.number_error or self._fault(given, phone)
        if not code:
            self.sent.append(
                Sms(
                    phone=phone,
                    template=given["TemplateId"],
                    params=tuple(given["TemplateParamSet"]),
                    sign=given.get("SignName", ""),
                    sent_s=self.now_s,
                )
            )
        return {
            "SerialNo": "" if code else "2019:538884",
            "PhoneNumber": phone,
            "Fee": 0 if code else 1,
            "SessionContext": "",
            "Code": code or "Ok",
            "Message": code or "send success",
            "IsoCode": "CN",
        }

    def _fault(self, given: dict[str, Any], phone: str) -> str:
        template, params = given["TemplateId"], given["TemplateParamSet"]
        is_abroad = not phone.startswith("+86")
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", phone):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if template not in TEMPLATES:
            return "FailedOperation.TemplateUnapprovedOrNotExist"
        if (template in ABROAD) != is_abroad:
            told = "ChineseMainlandTemplateToGlobalPhone" if is_abroad else "GlobalTemplateToChineseMainlandPhone"
            return f"UnsupportedOperation.{told}"
        if given.get("SignName", SIGN_ABROAD if is_abroad else "") != (SIGN_ABROAD if is_abroad else SIGN):
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        if len(params) != TEMPLATES[template]:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        if not all(re.fullmatch(r"[0-9]{1,6}", each) for each in params):
            return "InvalidParameterValue.TemplateParameterFormatError"
        return self._excess(phone)

    def _excess(self, phone: str) -> str:
        """Its limits by default: one in 30 seconds, five in an hour, ten in a day."""
        ages = [self.now_s - each.sent_s for each in self.sent if each.phone == phone]
        lately = Counter(next(s for s in (30, HOUR_S, DAY_S, 10**9) if age < s) for age in ages)
        if lately[30]:
            return "LimitExceeded.PhoneNumberThirtySecondLimit"
        if lately[HOUR_S] >= 5:
            return "LimitExceeded.PhoneNumberOneHourLimit"
        return "LimitExceeded.PhoneNumberDailyLimit" if lately[HOUR_S] + lately[DAY_S] >= 10 else ""


@asynccontextmanager
async def tencent_double(now_s: float) -> AsyncIterator[TencentDouble]:
    """One that is served on loopback."""
    double = TencentDouble(now_s)
    async with TestServer(double.application()) as server:
        double.url = str(server.make_url("/")).rstrip("/")
        yield double
        double.is_slow = False
