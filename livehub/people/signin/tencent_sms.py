"""Codes by SMS of Tencent Cloud: one call (SendSms of version 2021-01-11), signed by us.

Its SDK is not used: it is synchronous, and made on `requests`, for a single call whose signature is a few lines (tc3.py).
Nothing is sent again by itself, since a message that was sent twice costs twice; whoever waits for a code asks anew.

https://cloud.tencent.com/document/api/382/55981 (the call), https://cloud.tencent.com/document/api/382/59177 (what is refused)
"""

import logging
from collections.abc import Mapping

import aiohttp
import msgspec
from msgspec import Struct
from yarl import URL

from livehub.base.errors import LivehubError, TooFast, Unavailable
from livehub.people.errors import BadPhone, CodesExhausted
from livehub.people.settings import PeopleConfig
from livehub.people.signin.answers import whole_answer
from livehub.people.signin.codes import DAY_MS, HOUR_MS
from livehub.people.signin.tc3 import CONTENT_TYPE, authorization

log = logging.getLogger("livehub.people.tencent_sms")

SERVICE, ACTION, VERSION = "sms", "SendSms", "2021-01-11"
SENT = "Ok"
MAINLAND = "+86"
RETRY_MS = 10_000
BROKEN_RETRY_MS = HOUR_MS // 4
LOGGED_CHARS_MAX = 100

# Whose fault it is. What stands in neither is ours: keys, signature, template, money, the limits of the account, the clock.
_OF_THE_NUMBER = frozenset({"InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist"})
_TOO_MANY_FOR_MS: Mapping[str, int] = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30_000,
    "LimitExceeded.DeliveryFrequencyLimit": HOUR_MS,
    "LimitExceeded.PhoneNumberOneHourLimit": HOUR_MS,
    "LimitExceeded.PhoneNumberDailyLimit": DAY_MS,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": DAY_MS,
}
_PASSING = frozenset(
    {
        "InternalError",
        "InternalError.OtherError",
        "InternalError.SendAndRecvFail",
        "InternalError.Timeout",
        "InternalError.UnknownError",
        "LimitExceeded.GlobalSmsSendingRateLimit",
        "ServiceUnavailable",
    }
)


class Asked(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """The body of the call. `sign_name`: who writes, shown before the text."""

    phone_number_set: tuple[str, ...]
    sms_sdk_app_id: str
    template_id: str
    template_param_set: tuple[str, ...]
    sign_name: str = ""


class Status(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What became of one number, or of the whole call."""

    code: str


class Response(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What is looked at of an answer. Its messages are not: they may name the number."""

    error: Status | None = None
    send_status_set: tuple[Status, ...] = ()
    request_id: str = ""


class Answer(Struct, frozen=True, kw_only=True, rename="pascal"):
    """It comes with HTTP's status 200, whatever it says."""

    response: Response


class TencentCodeSender:
    """Raises BadPhone and TooFast for what is the number's, CodesExhausted for what is ours, Unavailable for what passes."""

    mailbox: str | None = None

    def __init__(self, config: PeopleConfig) -> None:
        self._config = config
        self._url = URL(config.tencent_sms_url)
        self._host = self._url.host_port_subcomponent or ""
        self._templates = config.sms_templates()
        self._timeout = aiohttp.ClientTimeout(total=config.code_sender_s_max)
        self._retry_ms = max(RETRY_MS, config.code_resend_s * 1000)  # until then we send that number nothing

    async def send(self, *, challenge: str, phone: str, code: str, purpose: str, now_ms: int) -> None:
        """See CodeSender."""
        del challenge
        template = self._templates[
            template_name(purpose, phone)
        ]  # all that can be needed are there: PeopleConfig.faults
        said = await self._ask(msgspec.json.encode(self._asked(phone, code, template)), now_ms // 1000)
        refused = said.error or (said.send_status_set[0] if said.send_status_set else None)
        if refused is None:
            raise self._away("its answer names no number")
        if refused.code != SENT:
            raise self._refusal(refused.code, said.request_id)

    def _asked(self, phone: str, code: str, template: str) -> Asked:
        config, given = self._config, {"code": code, "minutes": str(max(1, self._config.code_s // 60))}
        is_abroad = not phone.startswith(MAINLAND)
        return Asked(
            phone_number_set=(phone,),
            sms_sdk_app_id=config.tencent_sms_app_id,
            template_id=template,
            template_param_set=tuple(given[name] for name in config.tencent_sms_params.split(",")),
            sign_name=config.tencent_sms_sign_name_abroad if is_abroad else config.tencent_sms_sign_name,
        )

    async def _ask(self, body: bytes, now_s: int) -> Response:
        headers = {
            "Authorization": authorization(
                secret_id=self._config.tencent_secret_id,
                secret_key=self._config.tencent_secret_key,
                service=SERVICE,
                host=self._host,
                body=body,
                now_s=now_s,
            ),
            "Content-Type": CONTENT_TYPE,
            "Host": self._host,
            "X-TC-Action": ACTION,
            "X-TC-Version": VERSION,
            "X-TC-Timestamp": str(now_s),
            "X-TC-Region": self._config.tencent_sms_region,
        }
        try:
            # One session a code: they are few, and a provider closes what waits for the next.
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                raw = await whole_answer(answer)
                if answer.status != 200:
                    raise self._away(f"it answers {answer.status}")
                return msgspec.json.decode(raw, type=Answer).response
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._away(type(error).__name__) from None

    def _refusal(self, code: str, request_id: str) -> LivehubError:
        if code in _OF_THE_NUMBER:
            log.info("tencent_sms.number_refused", extra=_told(code, request_id))
            return BadPhone()
        if code in _TOO_MANY_FOR_MS:
            log.info("tencent_sms.too_many", extra=_told(code, request_id))
            message = "Too many codes were sent to this number. Wait, and ask again."
            return TooFast(message, retry_after_ms=max(_TOO_MANY_FOR_MS[code], self._retry_ms))
        if code in _PASSING or code.startswith("RequestLimitExceeded"):
            return self._away(code[:LOGGED_CHARS_MAX])
        return _broken(code, request_id)

    def _away(self, reason: str) -> Unavailable:
        log.warning("tencent_sms.unavailable", extra={"reason": reason})
        return Unavailable("The code could not be sent.", retry_after_ms=self._retry_ms)


def template_name(purpose: str, phone: str) -> str:
    """What the template for a purpose and number is called in the settings: Tencent has others for numbers abroad."""
    return purpose if phone.startswith(MAINLAND) else f"{purpose}_abroad"


def _broken(code: str, request_id: str) -> CodesExhausted:
    """Nobody gets a code until one of us has done something."""
    log.error("tencent_sms.not_in_order", extra=_told(code, request_id))
    return CodesExhausted(retry_after_ms=BROKEN_RETRY_MS)


def _told(code: str, request_id: str) -> dict[str, str]:
    return {"code": code[:LOGGED_CHARS_MAX], "request": request_id[:LOGGED_CHARS_MAX]}
