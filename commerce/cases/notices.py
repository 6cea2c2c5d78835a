"""What buyers are told of their cases and invoices. Pure: no I/O."""

from typing import Any, Literal

from msgspec import Struct

from commerce.cases.machine import Decision
from commerce.orders.notices import spaced
from livehub.base.money import Money
from livehub.base.notice_templates import Moment, NoticeKind, NoticeTemplate, NoticeWords
from livehub.notify.planning import Notice


class CaseNotice(Struct, frozen=True, kw_only=True):
    """A case, its order's number, and what the staff say. `order`: the one to look at; `gift`: what the coupon is called."""

    case: str
    order: str
    number: str
    note: str
    gift: str = ""


def _template(name: str, *, zh: tuple[str, str], en: tuple[str, str]) -> NoticeTemplate[CaseNotice]:
    words = {"zh": NoticeWords(title=zh[0], text=zh[1]), "en": NoticeWords(title=en[0], text=en[1])}
    return NoticeTemplate(name=name, kind=NoticeKind.ORDER, fields=CaseNotice, link="/orders/{order}", words=words)


DECIDED: dict[Decision, NoticeTemplate[CaseNotice]] = {
    "refund": _template(
        "case_refund",
        zh=("售后已通过：退款", "订单 {number} 的售后申请已通过，退款将原路退回。{note}"),
        en=(
            "Your claim is accepted: refund",
            "We accepted your claim for order {number}. The money goes back the way you paid. {note}",
        ),
    ),
    "replace": _template(
        "case_replace",
        zh=("售后已通过：补发", "订单 {number} 的售后申请已通过，补发的商品已下单，无需付款。{note}"),
        en=(
            "Your claim is accepted: replacement",
            "We accepted your claim for order {number}. A replacement is on order, at no cost to you. {note}",
        ),
    ),
    "gift": _template(
        "case_gift",
        zh=("售后已处理", "订单 {number} 的售后申请已处理，一张「{gift}」优惠券已放入您的卡包。{note}"),
        en=(
            "Your claim is settled",
            "We looked at your claim for order {number}. A coupon is in your wallet: {gift}. {note}",
        ),
    ),
    "reject": _template(
        "case_reject",
        zh=("售后申请未通过", "很抱歉，订单 {number} 的售后申请未通过，您可以申诉一次。{note}"),
        en=(
            "Your claim was not accepted",
            "We are sorry: we could not accept your claim for order {number}. You can appeal once. {note}",
        ),
    ),
}
REJECTED_AGAIN = _template(
    "case_reject_again",
    zh=("申诉未通过", "很抱歉，订单 {number} 的售后申诉未通过，这是最终结果。{note}"),
    en=(
        "Your appeal was not accepted",
        "We are sorry: after your appeal the answer for order {number} stays the same. {note}",
    ),
)
FAPIAO_ISSUED = _template(
    "fapiao_issued",
    zh=("发票已开具", "订单 {number} 的发票已开具并发送到您的邮箱，发票号码 {note}。"),
    en=(
        "Invoice issued",
        "The invoice for order {number} was issued and sent to your e-mail address. Its number is {note}.",
    ),
)
FAPIAO_REJECTED = _template(
    "fapiao_rejected",
    zh=("发票未能开具", "订单 {number} 的发票未能开具：{note}"),
    en=("Invoice not issued", "The invoice for order {number} could not be issued: {note}"),
)  # fmt: skip


class WarmGoods(Struct, frozen=True, kw_only=True):
    """An order of which something was too warm or too cold on the way. `celsius`: as measured; `amount`: of a coupon."""

    order: str
    number: str
    at: Moment
    celsius: str
    amount: Money


def _warm_goods(name: str, *, zh: str, en: str) -> NoticeTemplate[WarmGoods]:
    said_zh = "订单 {number} 中的部分商品在运输途中温度超出规定范围：{at} 测得 {celsius} °C。"
    said_en = "Part of order {number} was outside its temperature range on the way: {celsius} °C on {at}. "
    words = {
        "zh": NoticeWords(title="冷链温度异常", text=said_zh + zh),
        "en": NoticeWords(title="Your food got too warm or too cold", text=said_en + en),
    }
    return NoticeTemplate(name=name, kind=NoticeKind.ORDER, fields=WarmGoods, link="/orders/{order}", words=words)


WARM_GOODS: dict[Literal["none", "coupon", "replacement", "refund"], NoticeTemplate[WarmGoods]] = {
    "none": _warm_goods(
        "cold_chain_breach",
        zh="收到后如有任何问题，请在订单中申请售后。",
        en="If anything is wrong when it arrives, tell us in your order.",
    ),
    "coupon": _warm_goods(
        "cold_chain_breach_coupon",
        zh="我们很抱歉，将赠送您一张 {amount} 的优惠券，稍后即可在卡包中查看。",
        en="We are sorry: you get a coupon of {amount}. It will be in your wallet in a few minutes.",
    ),
    "replacement": _warm_goods(
        "cold_chain_breach_replacement",
        zh="我们很抱歉，正在为您申请补发，结果会尽快告知。",
        en="We are sorry: we are asking for a replacement for you, and will tell you soon.",
    ),
    "refund": _warm_goods(
        "cold_chain_breach_refund",
        zh="我们很抱歉，正在为您申请退款，结果会尽快告知。",
        en="We are sorry: we are asking for a refund for you, and will tell you soon.",
    ),
}


TEMPLATES: tuple[NoticeTemplate[Any], ...] = (
    *DECIDED.values(),
    REJECTED_AGAIN,
    FAPIAO_ISSUED,
    FAPIAO_REJECTED,
    *WARM_GOODS.values(),
)


def told(
    template: NoticeTemplate[CaseNotice],
    *,
    person: str,
    of: str,
    order: str,
    number: str,
    note: str,
    at_ms: int,
    gift: str = "",
) -> Notice[CaseNotice]:
    """Tell the buyer. `of`: the case, or the invoice."""
    fields = CaseNotice(case=of, order=order, number=spaced(number), note=note, gift=gift)
    return Notice(person=person, template=template, fields=fields, key=f"{template.name}:{of}:{at_ms}")
