"""What lines cost: one function for the cart, the checkout, the order and whatever refunds it later. Pure: no I/O, no clock.

    sale price > coupon on goods > delivery fee > coupon on the fee        one coupon of each sort at most

- Amounts are integers of minor units. A percentage is rounded half up, once, on the whole discount. The discount is split over
  the lines by largest remainder of their amounts, ties to the earlier line, and within a line over its units in the same way.
- A coupon's threshold looks at the goods that it is for, at their sale prices, before coupons; so does the least that is
  delivered, or a coupon could make a cart too small that was not. Delivery is free from so much *after* coupons.
- Nothing is ever below 0: not a unit, a line, the fee or the total.
- What each unit was paid stands in the order. A refund reads it (`refund_of`) and computes nothing anew.

Sum of a line's unit shares = what is paid for the line; sum of the lines + fee - what is off the fee = total.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from commerce.money import half_up, share_of, split, split_evenly
from livehub.room.models import CouponKind

ORDER_UNITS_MAX = 10_000  # of all lines of an order: each unit has a share of its own

Reason = Literal["other_currency", "nothing_eligible", "below_min_spend", "no_delivery_fee"]
"""Why a coupon takes nothing off this cart."""


class Line(Struct, frozen=True, kw_only=True):
    """So many units at the price that is asked now. `takes_coupons`: no for a sale that does not combine with coupons."""

    id: str
    product: str
    qty: int
    unit_price_minor: int
    takes_coupons: bool = True


class CouponTerms(Struct, frozen=True, kw_only=True):
    """What a coupon takes off, and where.

    `fixed`: `amount_minor` off the goods. `percent`: `basis_points` (1,000 are 10 %) off the goods, at most `cap_minor`.
    `delivery`: `amount_minor` off the fee; 0: all of it.
    `products`: those it is for; None: all. `ends_ms`: when it is over, Unix ms; of equal ones the earlier is used first.
    """

    id: str
    kind: CouponKind
    currency: str
    amount_minor: int = 0
    basis_points: int = 0
    cap_minor: int | None = None
    min_spend_minor: int = 0
    products: tuple[str, ...] | None = None
    ends_ms: int | None = None


class DeliveryRule(Struct, frozen=True, kw_only=True):
    """What delivery costs there. `free_from_minor`: of goods after coupons; None: never free. `minimum_minor`: of goods before
    coupons. `is_paid_already`: with another order of the same delivery, which then asks for no fee and no minimum.
    """

    fee_minor: int
    free_from_minor: int | None = None
    minimum_minor: int = 0
    is_paid_already: bool = False


class PricedLine(Struct, frozen=True, kw_only=True):
    """`amount_minor - discount_minor = paid_minor`, which is the sum of `unit_shares_minor`, one for each unit."""

    id: str
    product: str
    qty: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int
    paid_minor: int
    unit_shares_minor: tuple[int, ...]


class Quote(Struct, frozen=True, kw_only=True):
    """What it costs. `coupon`, `delivery_coupon`: those that take something off; None: there was none, or it is not usable
    here (`why_not`). `free_delivery_missing_minor`: so much more and the fee that is asked is none; None: no fee is asked, or
    it is never free. `minimum_missing_minor`: so much more before anything is delivered.
    """

    currency: str
    lines: tuple[PricedLine, ...]
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    delivery_discount_minor: int
    total_minor: int
    coupon: str | None
    delivery_coupon: str | None
    free_delivery_missing_minor: int | None
    minimum_missing_minor: int


class Unusable(Struct, frozen=True, kw_only=True):
    """Why a coupon takes nothing off here. `missing_minor`: with `below_min_spend`, how much more of its goods it takes."""

    reason: Reason
    missing_minor: int = 0


def price(
    lines: Sequence[Line],
    *,
    currency: str,
    coupon: CouponTerms | None = None,
    delivery: DeliveryRule | None = None,
    delivery_coupon: CouponTerms | None = None,
) -> Quote:
    """What the lines cost. A coupon that is not usable here takes nothing off, and is not named in the quote.

    Raises ValueError for fewer than one unit, a negative amount, and a coupon of the other sort.
    """
    for line in lines:
        if line.qty < 1 or line.unit_price_minor < 0:
            raise ValueError(f"{line.qty} units at {line.unit_price_minor}")
    if (coupon and coupon.kind == "delivery") or (delivery_coupon and delivery_coupon.kind != "delivery"):
        raise ValueError("a coupon on goods where one on the fee belongs, or the other way round")
    amounts = [line.qty * line.unit_price_minor for line in lines]
    goods = sum(amounts)
    eligible = _eligible(coupon, lines, amounts) if coupon else []
    discount = _goods_discount(coupon, sum(eligible), currency) if coupon else 0
    discounts = split(discount, eligible) if discount else [0] * len(lines)
    fee, missing = _fee(delivery, goods - discount)
    off_fee = _fee_discount(delivery_coupon, lines, amounts, fee, currency) if delivery_coupon else 0
    return Quote(
        currency=currency,
        lines=tuple(_priced(line, amount, off) for line, amount, off in zip(lines, amounts, discounts, strict=True)),
        goods_minor=goods,
        discount_minor=discount,
        delivery_minor=fee,
        delivery_discount_minor=off_fee,
        total_minor=goods - discount + fee - off_fee,
        coupon=coupon.id if coupon and discount else None,
        delivery_coupon=delivery_coupon.id if delivery_coupon and off_fee else None,
        free_delivery_missing_minor=missing if fee > off_fee else None,
        minimum_missing_minor=_minimum_missing(delivery, goods),
    )


def why_not(
    terms: CouponTerms,
    lines: Sequence[Line],
    *,
    currency: str,
    coupon: CouponTerms | None = None,
    delivery: DeliveryRule | None = None,
) -> Unusable | None:
    """Why a coupon takes nothing off this cart; None: it does. `coupon`: the one on goods beside it, on which it depends
    whether a fee is asked off which one on the fee could take something.
    """
    if terms.currency != currency:
        return Unusable(reason="other_currency")
    amounts = [line.qty * line.unit_price_minor for line in lines]
    eligible = sum(_eligible(terms, lines, amounts))
    if eligible == 0:
        return Unusable(reason="nothing_eligible")
    if eligible < terms.min_spend_minor:
        return Unusable(reason="below_min_spend", missing_minor=terms.min_spend_minor - eligible)
    if terms.kind != "delivery":
        return None if _off(terms, eligible) else Unusable(reason="nothing_eligible")
    if _fee(delivery, sum(amounts) - _discount_of(coupon, lines, amounts, currency))[0] == 0:
        return Unusable(reason="no_delivery_fee")
    return None


def best(
    wallet: Sequence[CouponTerms], lines: Sequence[Line], *, currency: str, delivery: DeliveryRule | None = None
) -> tuple[CouponTerms | None, CouponTerms | None]:
    """The coupon on goods and the one on the fee that make the total least.

    Of equal totals: fewer coupons, then those that are over sooner, then by id, so that the same wallet has one answer.
    """
    amounts = [line.qty * line.unit_price_minor for line in lines]
    goods = sum(amounts)
    on_goods = [(terms, _discount_of(terms, lines, amounts, currency)) for terms in wallet if terms.kind != "delivery"]
    on_fee = [terms for terms in wallet if terms.kind == "delivery"]
    found: list[tuple[tuple[int, int, tuple[float, ...], tuple[str, ...]], CouponTerms | None, CouponTerms | None]] = []
    for coupon, discount in [(None, 0), *((terms, off) for terms, off in on_goods if off)]:
        fee, _ = _fee(delivery, goods - discount)
        offs = [(terms, _fee_discount(terms, lines, amounts, fee, currency)) for terms in on_fee] if fee else []
        for other, off_fee in [(None, 0), *((terms, off) for terms, off in offs if off)]:
            used = [terms for terms in (coupon, other) if terms is not None]
            ends = tuple(float("inf") if terms.ends_ms is None else terms.ends_ms for terms in used)
            rank = (goods - discount + fee - off_fee, len(used), ends, tuple(terms.id for terms in used))
            found.append((rank, coupon, other))
    _, coupon, other = min(found, key=lambda one: one[0])
    return coupon, other


def weighed_price(grams: int, per_kg_minor: int) -> int:
    """What so many grams cost, rounded half up, once: weights are added up before, never prices of single grams."""
    return half_up(grams * per_kg_minor, 1000)


def weight_refund(paid_minor: int, charged_g: int, actual_g: int) -> int:
    """What goes back of what was paid for `charged_g` grams when they weigh `actual_g`; 0 when they weigh more."""
    if charged_g <= 0 or actual_g < 0:
        raise ValueError(f"{actual_g} g of {charged_g} g")
    return paid_minor - half_up(paid_minor * min(actual_g, charged_g), charged_g)


def refund_of(unit_shares_minor: Sequence[int], units: Sequence[int]) -> int:
    """What was paid for these units of a line, the first being 0. Raises ValueError for one not there, or named twice."""
    if len(set(units)) != len(units) or any(not 0 <= unit < len(unit_shares_minor) for unit in units):
        raise ValueError(f"units {list(units)} of {len(unit_shares_minor)}")
    return sum(unit_shares_minor[unit] for unit in units)


def _priced(line: Line, amount: int, discount: int) -> PricedLine:
    shares = tuple(line.unit_price_minor - off for off in split_evenly(discount, line.qty))
    return PricedLine(
        id=line.id,
        product=line.product,
        qty=line.qty,
        unit_price_minor=line.unit_price_minor,
        amount_minor=amount,
        discount_minor=discount,
        paid_minor=amount - discount,
        unit_shares_minor=shares,
    )


def _eligible(terms: CouponTerms, lines: Sequence[Line], amounts: Sequence[int]) -> list[int]:
    """Of each line the amount that the coupon is for. One on the fee takes nothing off the goods, so it looks at all."""
    products, is_any = terms.products, terms.kind == "delivery"
    return [
        amount if (is_any or line.takes_coupons) and (products is None or line.product in products) else 0
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _off(terms: CouponTerms, eligible_minor: int) -> int:
    off = terms.amount_minor if terms.kind == "fixed" else share_of(eligible_minor, terms.basis_points)
    if terms.kind == "percent" and terms.cap_minor is not None:
        off = min(off, terms.cap_minor)
    return max(0, min(off, eligible_minor))


def _goods_discount(terms: CouponTerms, eligible_minor: int, currency: str) -> int:
    is_usable = terms.currency == currency and eligible_minor >= terms.min_spend_minor
    return _off(terms, eligible_minor) if is_usable else 0


def _discount_of(terms: CouponTerms | None, lines: Sequence[Line], amounts: Sequence[int], currency: str) -> int:
    return 0 if terms is None else _goods_discount(terms, sum(_eligible(terms, lines, amounts)), currency)


def _fee(delivery: DeliveryRule | None, goods_paid_minor: int) -> tuple[int, int | None]:
    """The fee, and how much more of goods makes it none."""
    if delivery is None or delivery.is_paid_already:
        return 0, None
    free_from = delivery.free_from_minor
    if free_from is not None and goods_paid_minor >= free_from:
        return 0, None
    return delivery.fee_minor, None if free_from is None else free_from - goods_paid_minor


def _fee_discount(
    terms: CouponTerms, lines: Sequence[Line], amounts: Sequence[int], fee_minor: int, currency: str
) -> int:
    eligible = sum(_eligible(terms, lines, amounts))
    if terms.currency != currency or eligible == 0 or eligible < terms.min_spend_minor:
        return 0
    return min(terms.amount_minor or fee_minor, fee_minor)


def _minimum_missing(delivery: DeliveryRule | None, goods_minor: int) -> int:
    if delivery is None or delivery.is_paid_already:
        return 0
    return max(0, delivery.minimum_minor - goods_minor)
