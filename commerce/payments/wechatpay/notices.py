"""A notice of WeChat Pay, verified: who signed it, how old it is, what is in it, and whether that is ours.

In this order, so that nothing is done for a stranger: its five headers (signed.py), its signature over the bytes as they
came, its resource decrypted under the APIv3 key, its merchant and app. Decides by itself: nobody is called. Whatever is
wrong is NoticeRefused (401), told in the log; WeChat Pay tells again later what it means to tell.
"""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from commerce.payments.errors import NoticeRefused
from commerce.payments.provider import Notice
from commerce.payments.wechatpay.answers import REFUNDS, RefundTold, Transaction, unix_ms
from commerce.payments.wechatpay.gateway import Gateway
from commerce.payments.wechatpay.settings import WechatpayConfig
from commerce.payments.wechatpay.signed import fault_of, signing

log = logging.getLogger("livehub.payments.wechatpay")

T = TypeVar("T", bound=Struct)


class Envelope(Struct, frozen=True, kw_only=True):
    """What is looked at around the resource."""

    id: str
    event_type: str


def read(config: WechatpayConfig, gateway: Gateway, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
    """What it says. Raises NoticeRefused."""
    age_s_max = config.payment_notice_age_s_max
    fault = fault_of(headers, serial=config.wechatpay_public_key_id, now_s=now_s, s_max=age_s_max)
    if fault is not None:
        raise _refused(fault)
    picked = signing(headers)
    resource = gateway.opened(picked, body)
    if resource is None:
        raise _refused("signature")
    envelope = _decoded(body, Envelope)
    delivery = f"{picked['Wechatpay-Timestamp']}.{picked['Wechatpay-Nonce']}"
    told: dict[str, Any] = {"id": envelope.id, "delivery": delivery}
    if envelope.event_type.startswith("TRANSACTION."):
        return _payment(config, _decoded(resource, Transaction), told)
    if envelope.event_type.startswith("REFUND."):
        return _refund(config, _decoded(resource, RefundTold), told)
    log.info("wechatpay.notice_other", extra={"type": envelope.event_type[:40]})
    return Notice(kind="other", **told)


def _payment(config: WechatpayConfig, paid: Transaction, told: dict[str, Any]) -> Notice:
    if (paid.mchid, paid.appid) != (config.wechatpay_mch_id, config.wechatpay_app_id):
        raise _refused("account")
    status = paid.status()
    return Notice(
        kind="payment",
        about=paid.out_trade_no,
        state=status.state,
        amount_minor=status.amount_minor,
        currency=status.currency,
        ref=status.ref,
        at_ms=status.paid_at_ms,
        **told,
    )


def _refund(config: WechatpayConfig, refund: RefundTold, told: dict[str, Any]) -> Notice:
    if refund.mchid != config.wechatpay_mch_id:
        raise _refused("account")
    return Notice(
        kind="refund",
        about=refund.out_refund_no,
        state=REFUNDS.get(refund.refund_status, "unknown"),
        amount_minor=refund.amount.refund,
        currency=refund.amount.currency,
        ref=refund.refund_id,
        at_ms=unix_ms(refund.success_time),
        **told,
    )


def _decoded(data: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _refused("content") from error


def _refused(fault: str) -> NoticeRefused:
    log.warning("wechatpay.notice_refused", extra={"reason": fault})
    return NoticeRefused()
