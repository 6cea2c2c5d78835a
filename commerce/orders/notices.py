"""What buyers are told of their orders. Pure: no I/O."""

from msgspec import Struct

from commerce.orders.rows import OrderRow
from livehub.base.money import EXPONENTS, Money
from livehub.base.notice_templates import NoticeKind, NoticeTemplate, NoticeWords
from livehub.notify.planning import Notice


class OrderNotice(Struct, frozen=True, kw_only=True):
    """An order and an amount."""

    order: str
    number: str
    amount: Money


def _template(name: str, kind: NoticeKind, *, zh: tuple[str, str], en: tuple[str, str]) -> NoticeTemplate[OrderNotice]:
    words = {"zh": NoticeWords(title=zh[0], text=zh[1]), "en": NoticeWords(title=en[0], text=en[1])}
    return NoticeTemplate(name=name, kind=kind, fields=OrderNotice, link="/orders/{order}", words=words)


ORDER_PAID = _template(
    "order_paid",
    NoticeKind.MONEY,
    zh=("支付成功", "订单 {number} 已支付 {amount}，我们开始备货了。"),
    en=("Payment received", "Order {number} is paid: {amount}. We are getting it ready."),
)
ORDER_PAID_LATE = _template(
    "order_paid_late",
    NoticeKind.MONEY,
    zh=("支付成功，商品已为您留好", "订单 {number} 的付款 {amount} 到账晚了一步，好在还有货，订单已恢复。"),
    en=(
        "Paid, and still in stock",
        "Your {amount} for order {number} arrived after its time was up. Everything was still there, so the order is yours.",
    ),
)
LATE_MONEY_BACK = _template(
    "late_money_back",
    NoticeKind.MONEY,
    zh=("付款到账太晚，正在原路退款", "订单 {number} 的 {amount} 到账时商品已售出，全款将原路退回，无需操作。"),
    en=(
        "Paid too late: your money is on its way back",
        "Your {amount} for order {number} arrived after the goods were gone. All of it goes back the way it came.",
    ),
)
MONEY_BACK_COUPON = _template(
    "money_back_coupon",
    NoticeKind.MONEY,
    zh=("优惠券已用于其他订单，正在原路退款", "订单 {number} 的优惠券已不能再用，{amount} 全款将原路退回，无需操作。"),
    en=(
        "Coupon used elsewhere: your money is on its way back",
        "The coupon of order {number} could not be used any more. All of your {amount} goes back the way it came.",
    ),
)
DOUBLE_MONEY_BACK = _template(
    "double_money_back",
    NoticeKind.MONEY,
    zh=("重复付款，正在原路退款", "订单 {number} 多付的 {amount} 将原路退回，订单不受影响。"),
    en=(
        "Paid twice: one payment is on its way back",
        "Order {number} was paid already. The second payment of {amount} goes back the way it came.",
    ),
)
FEE_BACK = _template(
    "delivery_fee_back",
    NoticeKind.MONEY,
    zh=("配送费已退", "同一地址同一时段只收一次配送费，订单 {number} 的 {amount} 将原路退回。"),
    en=(
        "One delivery, one fee",
        "Your orders come together, so the delivery fee of order {number}, {amount}, goes back the way it came.",
    ),
)
REFUND_PAID = _template(
    "refund_paid",
    NoticeKind.MONEY,
    zh=("退款已原路退回", "订单 {number} 退款 {amount} 已原路退回，通常 1-3 个工作日到账。"),
    en=(
        "Refund sent",
        "{amount} of order {number} went back the way you paid. It usually arrives in 1 to 3 working days.",
    ),
)
ORDER_TIMED_OUT = _template(
    "order_timed_out",
    NoticeKind.ORDER,
    zh=("超时未支付，订单已自动取消", "订单 {number}（{amount}）已取消，用过的优惠券已退回您的卡包。"),
    en=(
        "Order cancelled: not paid in time",
        "Order {number} ({amount}) was cancelled. Any coupon in it is back in your wallet.",
    ),
)
ORDER_CANCELLED = _template(
    "order_cancelled",
    NoticeKind.ORDER,
    zh=("订单已由商家取消", "订单 {number}（{amount}）已取消，用过的优惠券已退回您的卡包。"),
    en=(
        "The shop cancelled your order",
        "Order {number} ({amount}) was cancelled. Any coupon in it is back in your wallet.",
    ),
)
REPLACEMENT_CANCELLED = _template(
    "replacement_cancelled",
    NoticeKind.ORDER,
    zh=("补发已取消", "补发订单 {number} 已取消，您的售后申请将重新处理。"),
    en=("Replacement cancelled", "Order {number} will not be sent after all. We are looking at your claim again."),
)

TEMPLATES = (
    ORDER_PAID, ORDER_PAID_LATE, LATE_MONEY_BACK, MONEY_BACK_COUPON, DOUBLE_MONEY_BACK, FEE_BACK, REFUND_PAID, ORDER_TIMED_OUT,
    ORDER_CANCELLED, REPLACEMENT_CANCELLED,
)  # fmt: skip


def notice(
    template: NoticeTemplate[OrderNotice], order: OrderRow, amount_minor: int, *, of: str
) -> Notice[OrderNotice]:
    """Tell the buyer. `of`: what is told once: the order, a payment, a refund."""
    amount = Money(amount_minor, order.currency, EXPONENTS.get(order.currency, 2))
    fields = OrderNotice(order=order.id, number=spaced(order.number), amount=amount)
    return Notice(person=order.person, template=template, fields=fields, key=f"{template.name}:{of}")


def spaced(number: str) -> str:
    """An order's number as people read it: 4071 8823 9150."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
