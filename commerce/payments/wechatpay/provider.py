"""WeChat Pay as a provider: JSAPI inside WeChat, H5 in other browsers of phones, a QR code (Native) elsewhere.

Our id of a payment is its out_trade_no, that of a refund its out_refund_no: asked again under the same number WeChat Pay
does nothing twice, and a refund that failed is tried again under the same number, as it asks for. A payment takes 50
refunds.

Nothing is loaded before `load` or the first call.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from commerce.payments.errors import PaymentRefused
from commerce.payments.provider import (
    Attempt,
    BillRow,
    BillTimes,
    Created,
    NewPayment,
    NewRefund,
    Notice,
    RefundStatus,
    Status,
)
from commerce.payments.wechatpay import bill_file, notices
from commerce.payments.wechatpay.answers import CURRENCY, Empty, Prepaid, Refund, Transaction
from commerce.payments.wechatpay.bill import BEIJING
from commerce.payments.wechatpay.gateway import Gateway, Refused, Way, away
from commerce.payments.wechatpay.keys import KeyFault
from commerce.payments.wechatpay.settings import WechatpayConfig

NAME = "wechatpay"
NOTICES_PATH = f"/api/payments/notices/{NAME}"
DESCRIPTION_CHARS_MAX = 127  # of `description`
REASON_CHARS_MAX = 80  # of a refund's `reason`
EXPIRES_MS_MIN = 90_000  # `time_expire` must be more than a minute ahead
NOT_THERE = frozenset({"ORDERNOTEXIST", "RESOURCENOTEXISTS"})
CLOSED = frozenset({"ORDERCLOSED"})
NOT_ENOUGH = "NOTENOUGH"  # the merchant's balance; more comes in


class WechatpayProvider:
    """One account; see Provider in commerce/payments/provider.py for what each method is to do."""

    name = NAME
    bill_times = BillTimes(zone=ZoneInfo("Asia/Shanghai"), ready_h=10)

    def __init__(self, config: WechatpayConfig, real_s: Callable[[], float] = time.time) -> None:
        self._config = config
        self._real_s = real_s
        self._gateway = Gateway(config, real_s)
        shop = config.public_url.rstrip("/")
        self._notify_url = f"{shop}{NOTICES_PATH}" if shop else None  # without one it is asked, and does not tell

    def load(self) -> None:
        """Load what else the first call would. Raises KeyFault when a key is damaged inside."""
        try:
            _ = self._gateway.library
        except ImportError:
            raise
        except Exception as error:  # the library's, which says which key
            raise KeyFault(str(error)) from error

    async def end(self) -> None:
        """Close its connections; the next call makes new ones."""
        await self._gateway.close()

    # --- payments ---

    async def create(self, payment: NewPayment) -> Created:
        """As the payer's place wants it. Raises PaymentRefused (`reason`: `sign_in_by_wechat` for somebody inside WeChat
        whose openid is not known: they sign in by it first), ProviderAway."""
        if payment.currency != CURRENCY:
            raise PaymentRefused(details={"reason": "currency"})
        if payment.payer.is_wechat:
            return await self._jsapi(payment)
        return await (self._h5(payment) if payment.payer.is_phone else self._native(payment))

    async def _jsapi(self, payment: NewPayment) -> Created:
        openid = openid_of(payment.payer.openids, self._config.wechatpay_app_id)
        if openid is None:
            raise PaymentRefused("Sign in by WeChat to pay here.", details={"reason": "sign_in_by_wechat"})
        prepaid = await self._order(payment, "jsapi", payer={"openid": openid}, scene_info=_scene(payment))
        return Created(how="jsapi", params=self._bridge(_given(prepaid.prepay_id)))

    async def _h5(self, payment: NewPayment) -> Created:
        prepaid = await self._order(payment, "h5", scene_info={**_scene(payment), "h5_info": {"type": "Wap"}})
        back = f"&redirect_url={quote(payment.return_url, safe='')}"
        return Created(how="url", url=_given(prepaid.h5_url) + back)

    async def _native(self, payment: NewPayment) -> Created:
        prepaid = await self._order(payment, "native", scene_info=_scene(payment))
        return Created(how="qr", url=_given(prepaid.code_url))

    async def _order(self, payment: NewPayment, kind: Way, **more: Any) -> Prepaid:
        expires_ms = max(payment.closes_ms, int(self._real_s() * 1000) + EXPIRES_MS_MIN)
        try:
            return await self._gateway.ask(
                lambda library: library.pay_by(
                    kind,
                    description=_one_line(payment.description, DESCRIPTION_CHARS_MAX) or "-",
                    out_trade_no=payment.id,
                    amount={"total": payment.amount_minor, "currency": payment.currency},
                    time_expire=rfc3339(expires_ms),
                    notify_url=payment.notify_url,
                    **more,
                ),
                Prepaid,
            )
        except Refused as refused:
            raise PaymentRefused(details={"reason": refused.code}) from None

    def _bridge(self, prepay_id: str) -> dict[str, str]:
        """What a page inside WeChat gives to `WeixinJSBridge.invoke("getBrandWCPayRequest", ...)`, signed."""
        app_id, package = self._config.wechatpay_app_id, f"prepay_id={prepay_id}"
        stamp, nonce = str(int(self._real_s())), secrets.token_hex(16)
        return {
            "appId": app_id,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._gateway.signed([app_id, stamp, nonce, package]),
        }

    async def query(self, payment: Attempt) -> Status:
        """What it is now. Raises ProviderAway."""
        try:
            told = await self._gateway.ask(lambda library: library.query(out_trade_no=payment.id), Transaction)
        except Refused as refused:
            if refused.code in NOT_THERE:
                return Status(state="unknown")
            raise away(f"asked about a payment: {refused.code}") from None
        ours = (self._config.wechatpay_mch_id, self._config.wechatpay_app_id, payment.id)
        if (told.mchid, told.appid, told.out_trade_no) != ours:
            raise away("an answer about something else")
        return told.status()

    async def close(self, payment: Attempt) -> Status:
        """Closed; or what it is where WeChat Pay would not: paid, or open still while the buyer types a password. Raises
        ProviderAway."""
        try:
            await self._gateway.ask(lambda library: library.close(payment.id), Empty)
        except Refused as refused:
            if refused.code in CLOSED or refused.code in NOT_THERE:
                return Status(state="closed")
            return await self.query(payment)
        return Status(state="closed")

    # --- refunds ---

    async def refund(self, refund: NewRefund) -> RefundStatus:
        """Asked again under the same number it is the same refund. Raises ProviderAway."""
        try:
            made = await self._gateway.ask(
                lambda library: library.refund(
                    out_refund_no=refund.id,
                    out_trade_no=refund.payment,
                    amount={
                        "refund": refund.amount_minor,
                        "total": refund.total_minor,
                        "currency": refund.currency,
                    },
                    reason=_one_line(refund.reason, REASON_CHARS_MAX) or None,
                    notify_url=refund.notify_url or self._notify_url,
                ),
                Refund,
            )
        except Refused as refused:
            if refused.code == NOT_ENOUGH:
                raise away("too little money in the account to pay back") from None
            return RefundStatus(state="failed", ref=refund.ref, why=refused.code)
        return self._told(refund, made)

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        """What it is now. Raises ProviderAway."""
        try:
            told = await self._gateway.ask(lambda library: library.query_refund(refund.id), Refund)
        except Refused as refused:
            if refused.code in NOT_THERE:
                return RefundStatus(state="unknown")
            raise away(f"asked about a refund: {refused.code}") from None
        return self._told(refund, told)

    @staticmethod
    def _told(refund: NewRefund, told: Refund) -> RefundStatus:
        if told.out_refund_no != refund.id or told.amount.refund != refund.amount_minor:
            raise away("an answer about another refund")
        return told.to_us()

    # --- what it tells by itself ---

    def bill(self, day: date) -> AsyncIterator[BillRow]:
        """All that was paid on a day in Beijing, and all refunds of it. Raises ProviderAway."""
        return bill_file.bill(self._config, self._gateway, day)

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        """See notices.py. Raises NoticeRefused."""
        return notices.read(self._config, self._gateway, headers, body, now_s=now_s)

    def acknowledged(self) -> tuple[int, bytes]:
        """WeChat Pay takes 204 without a body for yes."""
        return 204, b""


def openid_of(openids: tuple[str, ...], app_id: str) -> str | None:
    """Of the identities of somebody, `openid@appid`, that of this app."""
    found = (openid for openid, at, app in (each.rpartition("@") for each in openids) if at and app == app_id)
    return next(found, None)


def rfc3339(at_ms: int) -> str:
    """A moment, Unix ms, as WeChat Pay writes it: in Beijing, to the second."""
    return datetime.fromtimestamp(at_ms // 1000, BEIJING).isoformat()


def _scene(payment: NewPayment) -> dict[str, Any]:
    return {"payer_client_ip": payment.payer.ip}


def _given(what: str) -> str:
    if not what:
        raise away("an order without a way to pay it")
    return what


def _one_line(text: str, chars_max: int) -> str:
    """Without what would part values in a bill: breaks of lines, and backticks."""
    return " ".join(text.replace("`", "'").split())[:chars_max]
