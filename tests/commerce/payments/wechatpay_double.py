"""WeChat Pay as its documents have it: calls are signed by the merchant and checked, answers and notices signed by WeChat Pay's
key, what notices are about encrypted under the APIv3 key; the same number is the same order, or the same refund.

https://pay.weixin.qq.com/docs/merchant/development/interface-rules/build-verify-sign-src.html (signatures)
https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/get-trade-bill.html (bills)
"""

import asyncio
import gzip
import hashlib
import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

MCH_ID, APP_ID = "1900000109", "wxofficial"
API_V3_KEY = "0123456789abcdef0123456789abcdef"
MERCHANT_SERIAL = "444F4864EA9B34415A1B2C3D4E5F60718293A4B5"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092024101100397200000006"
CERTIFICATE_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"  # of a platform certificate, as there were before
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
REFUNDS_MAX = 50
CLOCKS_APART_S = 300
AUTHORIZATION = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="([^"]+)",nonce_str="([^"]+)",signature="([^"]+)",timestamp="(\d+)",serial_no="([^"]+)"'
)
HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,"
    "商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key for all tests of a process; the name says whose."""
    del name
    return rsa.generate_private_key(65_537, 2_048)


def private_pem(name: str) -> str:
    return key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(name: str) -> str:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(name: str, stamp: str, nonce: str, body: bytes) -> str:
    message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
    return b64encode(key(name).sign(message, PKCS1v15(), SHA256())).decode()


def settings(double: "WechatpayDouble") -> dict[str, Any]:
    """Of a shop with an account there."""
    return {
        "wechatpay_mch_id": MCH_ID,
        "wechatpay_app_id": APP_ID,
        "wechatpay_private_key": private_pem("merchant"),
        "wechatpay_certificate_serial": MERCHANT_SERIAL,
        "wechatpay_api_v3_key": API_V3_KEY,
        "wechatpay_public_key": public_pem("wechatpay"),
        "wechatpay_public_key_id": PUBLIC_KEY_ID,
        "wechatpay_url": double.url,
    }


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class WechatpayDouble:
    """`errors`: how it refuses the next calls, one each. `raw`: bytes that it answers with, unsigned; `is_slow`: never in time;
    `signer`, `serial`, `type`, `age_s`, `reserialise`: how it signs, or what it does to an answer after that.
    """

    def __init__(self) -> None:
        self.url = ""
        self.now_s: Callable[[], float] = time.time
        self.errors: list[tuple[int, str]] = []
        self.raw: bytes | None = None
        self.is_slow = False
        self.signer, self.serial, self.type = "wechatpay", PUBLIC_KEY_ID, SIGNATURE_TYPE
        self.age_s = 0
        self.spoils: Callable[[bytes], bytes] = bytes
        self.calls: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refund_status = "PROCESSING"
        self.bills: dict[str, bytes] = {}
        self.bill_host: str | None = None
        self.bill_hash: str | None = None
        self.bill_pieces: Callable[[bytes], bytes] = bytes
        self._count = 0

    # --- what the buyer and the bank do ---

    def pay(self, number: str, **changed: Any) -> dict[str, Any]:
        """An order is paid; `changed`: what is odd about that."""
        order = self.orders[number]
        order |= {
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "transaction_id": f"42000000012026{len(self.orders):014}",
            "bank_type": "OTHERS",
            "attach": "",
            "success_time": "2026-11-30T10:00:05+08:00",
            "payer": {"openid": "o-buyer"},
            "amount": {
                "total": order["asked"]["total"],
                "payer_total": order["asked"]["total"],
                "currency": order["asked"]["currency"],
                "payer_currency": "CNY",
            },
            **changed,
        }
        return order

    def told(self, number: str) -> dict[str, Any]:
        """An order as answers and notices have it."""
        return {name: value for name, value in self.orders[number].items() if name != "asked"}

    def settle(self, number: str, status: str) -> dict[str, Any]:
        """What became of a refund, as a notice has it."""
        refund = self.refunds[number]
        refund["status"] = status
        return {
            "mchid": MCH_ID,
            "transaction_id": refund["transaction_id"],
            "out_trade_no": refund["out_trade_no"],
            "refund_id": refund["refund_id"],
            "out_refund_no": number,
            "refund_status": status,
            "success_time": "2026-11-30T11:00:00+08:00",
            "user_received_account": "支付用户零钱",
            "amount": {name: refund["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")},
        }

    # --- notices ---

    def notice(
        self,
        event: str,
        resource: dict[str, Any],
        *,
        id_: str = "EV-2026113010000500001",
        api_v3_key: str = API_V3_KEY,
        encode: Callable[[Any], str] = json.dumps,
        **headers: str,
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body, signed as they are at `now_s`."""
        nonce = "a1b2c3d4e5f6"
        plain = json.dumps(resource, ensure_ascii=False).encode()
        about = "refund" if event.startswith("REFUND") else "transaction"
        sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, about.encode())
        body = encode(
            {
                "id": id_,
                "create_time": "2026-11-30T10:00:05+08:00",
                "resource_type": "encrypt-resource",
                "event_type": event,
                "summary": "支付成功",
                "resource": {
                    "original_type": about,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": b64encode(sealed).decode(),
                    "associated_data": about,
                    "nonce": nonce,
                },
            }
        ).encode()
        return {**self.headers(body), **headers}, body

    def headers(self, body: bytes, *, signer: str | None = None, age_s: int | None = None) -> dict[str, str]:
        """Of whatever it says."""
        stamp = str(int(self.now_s()) - (self.age_s if age_s is None else age_s))
        self._count += 1
        nonce = f"nonce{self._count:027}"
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature": sign(signer or self.signer, stamp, nonce, body),
            "Wechatpay-Signature-Type": self.type,
        }

    # --- calls ---

    def application(self) -> web.Application:
        app = web.Application()
        routes = {
            ("POST", "/v3/pay/transactions/{way:jsapi|h5|native}"): self._create,
            ("GET", "/v3/pay/transactions/out-trade-no/{number}"): self._query,
            ("POST", "/v3/pay/transactions/out-trade-no/{number}/close"): self._close,
            ("POST", "/v3/refund/domestic/refunds"): self._refund,
            ("GET", "/v3/refund/domestic/refunds/{number}"): self._query_refund,
            ("GET", "/v3/bill/tradebill"): self._bill,
        }
        for (method, path), handler in routes.items():
            app.router.add_route(method, path, self._serving(handler))
        app.router.add_get("/v3/billdownload/file", self._download)
        app.router.add_route("*", "/{rest:.*}", self._stray)
        return app

    async def _stray(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        return web.Response(status=404)

    def _serving(self, handler: Any) -> Any:
        async def serve(request: web.Request) -> web.Response:
            self.calls.append(f"{request.method} {request.path}")
            body = await request.read()
            if self.is_slow:
                await asyncio.Event().wait()
            if self.raw is not None:
                return web.Response(body=self.raw, content_type="application/json")
            try:
                self._check(request, body)
                if self.errors:
                    raise Refused(*self.errors.pop(0))
                asked = json.loads(body) if body else {}
                self.asked.append(asked)
                status, answer = handler(request, asked)
            except Refused as refused:
                status, answer = refused.status, {"code": refused.code, "message": "of the double"}
            data = b"" if answer is None else json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
            headers = self.headers(data)
            return web.Response(
                status=status,
                body=None if answer is None else self.spoils(data),
                headers={**headers, **({} if answer is None else {"Content-Type": "application/json; charset=utf-8"})},
            )

        return serve

    def _check(self, request: web.Request, body: bytes) -> None:
        """That the merchant has signed just this."""
        found = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            raise Refused(401, "SIGN_ERROR")
        mch_id, nonce, signature, stamp, serial = found.groups()
        if (mch_id, serial) != (MCH_ID, MERCHANT_SERIAL) or abs(self.now_s() - int(stamp)) > CLOCKS_APART_S:
            raise Refused(401, "SIGN_ERROR")
        message = f"{request.method}\n{request.raw_path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        try:
            key("merchant").public_key().verify(b64decode(signature), message, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Refused(401, "SIGN_ERROR") from None

    def _create(self, request: web.Request, asked: dict[str, Any]) -> tuple[int, Any]:
        way, number = request.match_info["way"], asked["out_trade_no"]
        is_good = (
            re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", number)
            and (asked["appid"], asked["mchid"]) == (APP_ID, MCH_ID)
            and 0 < len(asked["description"]) <= 127
            and "?" not in asked["notify_url"]
            and asked["amount"]["currency"] == "CNY"
            and type(asked["amount"]["total"]) is int
            and asked["amount"]["total"] > 0
            and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", asked["time_expire"])
            and asked["scene_info"]["payer_client_ip"]
            and (way != "jsapi" or asked["payer"]["openid"])
            and (way != "h5" or asked["scene_info"]["h5_info"]["type"])
        )
        if not is_good:
            raise Refused(400, "PARAM_ERROR")
        known = self.orders.get(number)
        if known is not None and known["asked"] != asked["amount"]:
            raise Refused(400, "INVALID_REQUEST")
        if known is not None and known["trade_state"] != "NOTPAY":
            raise Refused(400, "ORDERPAID" if known["trade_state"] == "SUCCESS" else "ORDER_CLOSED")
        self.orders.setdefault(
            number,
            {
                "appid": APP_ID,
                "mchid": MCH_ID,
                "out_trade_no": number,
                "trade_type": {"jsapi": "JSAPI", "h5": "MWEB", "native": "NATIVE"}[way],
                "trade_state": "NOTPAY",
                "trade_state_desc": "订单未支付",
                "amount": {"total": asked["amount"]["total"], "currency": "CNY"},
                "asked": asked["amount"],
            },
        )
        answers = {
            "jsapi": {"prepay_id": f"wx30100000{number}"},
            "h5": {"h5_url": f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{number}&package=1"},
            "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={number[:10]}"},
        }
        return 200, answers[way]

    def _found(self, request: web.Request) -> dict[str, Any]:
        order = self.orders.get(request.match_info["number"])
        if order is None:
            raise Refused(404, "ORDER_NOT_EXIST")
        return order

    def _query(self, request: web.Request, _: Any) -> tuple[int, Any]:
        if request.query["mchid"] != MCH_ID:
            raise Refused(404, "MCH_NOT_EXISTS")
        return 200, self.told(self._found(request)["out_trade_no"])

    def _close(self, request: web.Request, asked: dict[str, Any]) -> tuple[int, Any]:
        assert asked == {"mchid": MCH_ID}
        order = self._found(request)
        refusals = {"SUCCESS": "ORDERPAID", "REFUND": "ORDERPAID", "CLOSED": "ORDER_CLOSED", "USERPAYING": "USERPAYING"}
        if order["trade_state"] in refusals:
            raise Refused(400, refusals[order["trade_state"]])
        order["trade_state"] = "CLOSED"
        return 204, None

    def _refund(self, _: web.Request, asked: dict[str, Any]) -> tuple[int, Any]:
        number, order = asked["out_refund_no"], self.orders.get(asked["out_trade_no"])
        if order is None or order["trade_state"] not in ("SUCCESS", "REFUND"):
            raise Refused(404, "RESOURCE_NOT_EXISTS")
        mine = [each for each in self.refunds.values() if each["out_trade_no"] == asked["out_trade_no"]]
        if number not in self.refunds:
            left = order["amount"]["total"] - sum(each["amount"]["refund"] for each in mine)
            wrong = asked["amount"]["total"] != order["amount"]["total"] or asked["amount"]["refund"] > left
            if wrong or len(mine) >= REFUNDS_MAX:
                raise Refused(400, "INVALID_REQUEST")
            self.refunds[number] = {
                "refund_id": f"50300000{len(self.refunds):020}",
                "out_refund_no": number,
                "transaction_id": order["transaction_id"],
                "out_trade_no": asked["out_trade_no"],
                "channel": "ORIGINAL",
                "user_received_account": "支付用户零钱",
                "create_time": "2026-11-30T10:30:00+08:00",
                "status": self.refund_status,
                "amount": {
                    **asked["amount"],
                    "payer_total": asked["amount"]["total"],
                    "payer_refund": asked["amount"]["refund"],
                },
            }
            order["trade_state"] = "REFUND"
        elif self.refunds[number]["amount"]["refund"] != asked["amount"]["refund"]:
            raise Refused(400, "INVALID_REQUEST")
        return 200, self.refunds[number]

    def _query_refund(self, request: web.Request, _: Any) -> tuple[int, Any]:
        if request.match_info["number"] not in self.refunds:
            raise Refused(404, "RESOURCE_NOT_EXISTS")
        return 200, self.refunds[request.match_info["number"]]

    # --- bills ---

    def _bill(self, request: web.Request, _: Any) -> tuple[int, Any]:
        asked = request.query
        assert (asked["bill_type"], asked["tar_type"]) == ("ALL", "GZIP")
        if asked["bill_date"] not in self.bills:
            raise Refused(400, "NO_STATEMENT_EXIST")
        return 200, {
            "hash_type": "SHA1",
            "hash_value": self.bill_hash or hashlib.sha1(self.bills[asked["bill_date"]]).hexdigest(),
            "download_url": f"{self.bill_host or self.url}/v3/billdownload/file?token={asked['bill_date']}&tartype=gzip",
        }

    async def _download(self, request: web.Request) -> web.Response:
        self.calls.append(f"GET {request.path}")
        self._check(request, b"")
        return web.Response(body=self.bill_pieces(gzip.compress(self.bills[request.query["token"]])))


def bill_of(*rows: dict[str, str]) -> bytes:
    """A bill; what is not said of a row is as it is for a payment of ¥59.90."""
    usual = {
        "交易时间": "2026-11-29 20:00:05",
        "公众账号ID": APP_ID,
        "商户号": MCH_ID,
        "特约商户号": "0",
        "微信订单号": "4200000001202611290000000001",
        "用户标识": "o-buyer",
        "交易类型": "JSAPI",
        "交易状态": "SUCCESS",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": "59.90",
        "代金券金额": "0.00",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": "村里直播",
        "手续费": "0.35940",
        "费率": "0.60%",
        "订单金额": "59.90",
        "申请退款金额": "0.00",
    }
    names = HEADER.split(",")
    lines = [",".join(f"`{(usual | row).get(name, '')}" for name in names) for row in rows]
    sums = f"`{len(rows)},`0.00,`0.00,`0.00,`0.00,`0.00,`0.00"
    return ("\ufeff" + "\r\n".join([HEADER, *lines, SUMS, sums]) + "\r\n").encode()


@asynccontextmanager
async def wechatpay_double() -> AsyncIterator[WechatpayDouble]:
    """One that is served on loopback."""
    double = WechatpayDouble()
    async with TestServer(double.application()) as server:
        double.url = str(server.make_url("/")).rstrip("/")
        yield double
        double.is_slow = False
