"""Orders as calls show them. Pure: no I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from commerce.catalogue.selling import Sellable
from commerce.coupons.wallet import WalletCoupon
from commerce.delivery.choosing import Choice
from commerce.orders import schemas
from commerce.orders.drafting import DraftLine
from commerce.orders.rows import FrozenAddress, LineRow, OrderRow
from commerce.payments.refund_rows import RefundRow
from commerce.payments.store import PaymentRow
from commerce.pricing.prices import PricedLine, Unusable
from livehub.base.lists import iso


def summary(
    order: OrderRow,
    lines: Sequence[LineRow],
    refunded: Mapping[str, Sequence[int]] | None = None,
    replaced: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, Any]:
    """The fields of a summary. `refunded`, `replaced`: units by line."""
    gone, again = refunded or {}, replaced or {}
    return {
        "id": order.id,
        "number": order.number,
        "state": order.state,
        "room": order.room,
        "currency": order.currency,
        "lines": [_line(line, gone.get(line.id, ()), again.get(line.id, ())) for line in lines],
        "goods_minor": order.goods_minor,
        "discount_minor": order.discount_minor,
        "delivery_minor": order.delivery_minor,
        "delivery_discount_minor": order.delivery_discount_minor,
        "total_minor": order.total_minor,
        "paid_minor": order.paid_minor,
        "refunded_minor": order.refunded_minor,
        "coupon": order.coupon,
        "delivery_coupon": order.delivery_coupon,
        "delivery": order.delivery,
        "slot": order.slot,
        "closes_ts": order.closes_ms,
        "closes_at": moment(order.closes_ms),
        "created_at": moment(order.created_ms),
        "paid_at": iso(order.paid_ms),
        "cancelled_at": iso(order.cancelled_ms),
        "cancel_reason": order.cancel_reason,
        "version": order.version,
        "replaces": order.replaces,
    }


def order(
    order: OrderRow,
    lines: Sequence[LineRow],
    *,
    timeline: list[schemas.OrderChange],
    payments: Sequence[PaymentRow] = (),
    refunds: Sequence[RefundRow] = (),
    refunded: Mapping[str, Sequence[int]] | None = None,
    replaced: Mapping[str, Sequence[int]] | None = None,
) -> schemas.Order:
    """An order with all that became of it."""
    return schemas.Order(
        **summary(order, lines, refunded, replaced),
        person=order.person,
        stock=order.stock_state,
        address=_address(order.address),
        note=order.note or "",
        timeline=timeline,
        payments=[_payment(each) for each in payments],
        refunds=[_refund(each) for each in refunds],
    )


def quote_line(line: DraftLine, priced: PricedLine) -> schemas.QuoteLine:
    """A line that is not ordered yet."""
    return schemas.QuoteLine(
        product=priced.product,
        sale=None if line.terms is None else line.terms.sale,
        **_words(line.sellable),
        qty=priced.qty,
        qty_max=line.qty_max,
        unit_price_minor=priced.unit_price_minor,
        amount_minor=priced.amount_minor,
        discount_minor=priced.discount_minor,
        paid_minor=priced.paid_minor,
        unit_shares_minor=priced.unit_shares_minor,
        is_weighed=line.sellable.weighed is not None,
        is_gift=line.is_gift,
    )


def gone_gift(line: DraftLine) -> schemas.GoneGift:
    """A gift that does not come."""
    return schemas.GoneGift(product=line.sellable.product, **_words(line.sellable), qty=line.qty)


def _words(sellable: Sellable) -> dict[str, Any]:
    names = ("title", "titles", "image", "unit", "unit_names", "variant", "variant_names")
    return {name: getattr(sellable, name) for name in names}


def coupon(one: WalletCoupon, unusable: Unusable | None) -> schemas.CouponChoice:
    """A coupon of the wallet. `unusable`: why it takes nothing off here."""
    terms = one.terms
    return schemas.CouponChoice(
        id=terms.id,
        title=one.title,
        titles=one.titles,
        kind=terms.kind,
        amount_minor=terms.amount_minor,
        basis_points=terms.basis_points,
        cap_minor=terms.cap_minor,
        min_spend_minor=terms.min_spend_minor,
        ends_at=iso(one.ends_ms),
        reason=one.reason or (None if unusable is None else unusable.reason),
        missing_minor=0 if unusable is None else unusable.missing_minor,
    )


def delivery(choice: Choice | None) -> schemas.PlacedDelivery | None:
    """How it comes, as an order freezes it."""
    if choice is None:
        return None
    return schemas.PlacedDelivery(
        method=choice.method,
        area=choice.area,
        point=choice.point,
        name=choice.name,
        names=choice.names,
        address=choice.line,
        start=iso(choice.from_ms),
        until=iso(choice.until_ms),
    )


def moment(ms: int) -> str:
    """ISO 8601."""
    return iso(ms) or ""


def _line(line: LineRow, refunded: Sequence[int], replaced: Sequence[int]) -> schemas.OrderLine:
    return schemas.OrderLine(
        id=line.id,
        product=line.product,
        sale=line.sale,
        title=line.title,
        titles=line.titles or UNSET,
        image=line.image,
        unit=line.unit,
        unit_names=line.unit_names or UNSET,
        variant=line.variant,
        variant_names=line.variant_names or UNSET,
        sku=line.sku,
        qty=line.qty,
        unit_price_minor=line.unit_price_minor,
        amount_minor=line.amount_minor,
        discount_minor=line.discount_minor,
        paid_minor=line.paid_minor,
        unit_shares_minor=line.unit_shares_minor,
        is_weighed=line.weighed is not None,
        is_gift=line.is_gift,
        tax_minor=line.tax_minor,
        batch=line.batch or UNSET,
        refunded_units=tuple(refunded),
        replaced_units=tuple(replaced),
    )


def _address(address: FrozenAddress | None) -> schemas.OrderAddress | None:
    if address is None:
        return None
    return schemas.OrderAddress(**{name: getattr(address, name) for name in schemas.OrderAddress.__struct_fields__})


def _payment(payment: PaymentRow) -> schemas.OrderPayment:
    return schemas.OrderPayment(
        id=payment.id,
        provider=payment.provider,
        state=payment.state,
        amount_minor=payment.amount_minor,
        created_at=moment(payment.created_ms),
        paid_at=iso(payment.paid_ms),
    )


def _refund(refund: RefundRow) -> schemas.OrderRefund:
    return schemas.OrderRefund(
        id=refund.id,
        kind=refund.kind,
        state=refund.state,
        amount_minor=refund.amount_minor,
        created_at=moment(refund.created_ms),
        paid_at=iso(refund.paid_ms),
    )
