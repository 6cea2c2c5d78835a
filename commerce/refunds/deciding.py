"""What a refund comes to. Pure: no I/O, no clock.

Each unit of an order has its share of what was paid, stored when the order was made. A refund reads these shares and computes
nothing anew: no coupon's threshold is looked at again, nothing is clawed back. No unit is paid back twice, or both sent again
and paid back; PostgreSQL holds the first with a unique index on (line, unit).

    unit       its share, less what went back because it weighed less
    the rest   units that nothing was paid for (gifts) go with the last one that was
    delivery   what was paid for it, once: with the last unit of the order, or when we are at fault
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from commerce.pricing.prices import weight_refund
from commerce.refunds.errors import NothingToRefund, NotWeighed, RefundExceeds
from livehub.base.errors import BadRequest


class SoldLine(Struct, frozen=True, kw_only=True):
    """A line of an order. `grams`: of one unit, as it was charged; None: it is not sold by weight."""

    id: str
    product: str
    unit_price_minor: int
    unit_shares_minor: tuple[int, ...]
    components: tuple[tuple[str, int], ...] = ()
    grams: int | None = None


class SoldOrder(Struct, frozen=True, kw_only=True):
    """What was paid. `delivery_minor`: the fee before what is off it."""

    lines: tuple[SoldLine, ...]
    delivery_minor: int
    delivery_discount_minor: int

    @property
    def paid_minor(self) -> int:
        goods = sum(sum(line.unit_shares_minor) for line in self.lines)
        return goods + self.delivery_minor - self.delivery_discount_minor


class Given(Struct, frozen=True, kw_only=True):
    """What went back already, or is about to. `pending`: of the units those for which a second person is still to be asked.
    `weights`: by (line, unit), of those still not paid back as a whole, too. `replaced`: units that were sent again instead.
    """

    units: Mapping[str, frozenset[int]] = {}
    pending: Mapping[str, frozenset[int]] = {}
    weights: Mapping[tuple[str, int], int] = {}
    replaced: Mapping[str, frozenset[int]] = {}
    delivery_minor: int = 0


class LineUnits(Struct, frozen=True, kw_only=True):
    """Units of a line: which, the first being 0; or how many of those that are left."""

    line: str
    units: tuple[int, ...] | int


class UnitBack(Struct, frozen=True, kw_only=True):
    """A unit that goes back into money."""

    line: str
    unit: int
    amount_minor: int


class Decided(Struct, frozen=True, kw_only=True):
    """`amount_minor = goods_minor - discount_minor + delivery_minor`; `goods_minor`: at the price before discounts;
    `delivery_minor`: what was paid for it.
    """

    units: tuple[UnitBack, ...]
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    amount_minor: int


def decide(order: SoldOrder, given: Given, asked: Sequence[LineUnits], *, is_at_fault: bool) -> Decided:
    """What goes back for the units that were asked for. `is_at_fault`: the fee, too, even alone.

    Raises RefundExceeds for a unit that is not there, went back or was sent again, NothingToRefund when it comes to nothing,
    BadRequest for a line that is not the order's or named twice.
    """
    units = units_of(order, given, asked)
    units += _free_rest(order, given, units)
    prices = {line.id: line.unit_price_minor for line in order.lines}
    goods = sum(prices[back.line] - given.weights.get((back.line, back.unit), 0) for back in units)
    delivery = delivery_left_minor(order, given) if is_at_fault or is_whole(order, given, units) else 0
    amount = sum(back.amount_minor for back in units)
    if amount + delivery <= 0:
        raise NothingToRefund
    return Decided(
        units=units,
        goods_minor=goods,
        discount_minor=goods - amount,
        delivery_minor=delivery,
        amount_minor=amount + delivery,
    )


def _free_rest(order: SoldOrder, given: Given, units: Sequence[UnitBack]) -> tuple[UnitBack, ...]:
    """What is left of the order after these units, when nothing is left to be paid back for it; none while something is, or may
    be because a second person is still to be asked.
    """
    gone = {(back.line, back.unit) for back in units}
    rest = [
        (line.id, unit, share - given.weights.get((line.id, unit), 0))
        for line in order.lines
        for unit, share in enumerate(line.unit_shares_minor)
        if unit not in _taken(given, line.id) and (line.id, unit) not in gone
    ]
    if any(given.pending.values()) or any(share > 0 for _, _, share in rest):
        return ()
    return tuple(
        UnitBack(line=line, unit=unit, amount_minor=0) for line, unit, _ in rest if unit not in _settled(given, line)
    )


def units_of(order: SoldOrder, given: Given, asked: Sequence[LineUnits]) -> tuple[UnitBack, ...]:
    """The units that are named, each with what is left of its share. Raises RefundExceeds, BadRequest, as `decide` does."""
    lines = {line.id: line for line in order.lines}
    if len({each.line for each in asked}) < len(asked):
        raise BadRequest("lines: a line may be named once only.")
    units: list[UnitBack] = []
    for each in asked:
        line = lines.get(each.line)
        if line is None:
            raise BadRequest("lines: a line that is not in this order.")
        for unit in _units(line, given, each.units, left_minor=left_minor(order, given)):
            off = given.weights.get((line.id, unit), 0)
            units.append(UnitBack(line=line.id, unit=unit, amount_minor=line.unit_shares_minor[unit] - off))
    return tuple(units)


def is_whole(order: SoldOrder, given: Given, units: Sequence[UnitBack]) -> bool:
    """Whether nothing of the order is left after these units; while a second person may still keep some of it, there is."""
    gone = {
        (line, unit) for line, taken in given.units.items() for unit in taken - given.pending.get(line, frozenset())
    }
    gone |= {(back.line, back.unit) for back in units}
    return len(gone) == sum(len(line.unit_shares_minor) for line in order.lines)


def left_minor(order: SoldOrder, given: Given) -> int:
    """What is left of an order."""
    gone = sum(
        share if unit in _taken(given, line.id) else given.weights.get((line.id, unit), 0)
        for line in order.lines
        for unit, share in enumerate(line.unit_shares_minor)
    )
    return order.paid_minor - gone - given.delivery_minor


def units_left(order: SoldOrder, given: Given) -> list[UnitBack]:
    """Every unit that has not gone back, and was not sent again, with what is left of its share."""
    return [
        UnitBack(line=line.id, unit=unit, amount_minor=share - given.weights.get((line.id, unit), 0))
        for line in order.lines
        for unit, share in enumerate(line.unit_shares_minor)
        if unit not in _settled(given, line.id)
    ]


class Weighed(Struct, frozen=True, kw_only=True):
    """What a unit of a line really weighs, in grams."""

    line: str
    unit: int
    grams: int


def weigh(order: SoldOrder, given: Given, weighed: Sequence[Weighed]) -> list[UnitBack]:
    """What goes back for each because it weighs less than was charged: 0 when it weighs as much, or more.

    Raises RefundExceeds for a unit that is not there or went back as a whole, NotWeighed for a line that is sold by piece.
    """
    lines = {line.id: line for line in order.lines}
    if len({(each.line, each.unit) for each in weighed}) < len(weighed):
        raise BadRequest("units: a unit may be weighed once only.")
    back: list[UnitBack] = []
    for each in weighed:
        line = lines.get(each.line)
        if line is None:
            raise BadRequest("units: a line that is not in this order.")
        if line.grams is None:
            raise NotWeighed(details={"line": line.id})
        (unit,) = _units(line, given, (each.unit,), left_minor=left_minor(order, given))
        amount = weight_refund(line.unit_shares_minor[unit], line.grams, each.grams)
        back.append(UnitBack(line=line.id, unit=unit, amount_minor=amount))
    return back


def products_of(order: SoldOrder, units: Sequence[UnitBack]) -> dict[str, int]:
    """Which products these units are, and how many of each: a bundle's are its components."""
    lines = {line.id: line for line in order.lines}
    found: dict[str, int] = {}
    for back in units:
        line = lines[back.line]
        for product, qty in line.components or ((line.product, 1),):
            found[product] = found.get(product, 0) + qty
    return found


def _units(line: SoldLine, given: Given, asked: tuple[int, ...] | int, *, left_minor: int) -> Sequence[int]:
    settled = _settled(given, line.id)
    free = [unit for unit in range(len(line.unit_shares_minor)) if unit not in settled]
    wanted = tuple(free[:asked]) if isinstance(asked, int) else asked
    if len(set(wanted)) < len(wanted):
        raise BadRequest("lines: a unit may be named once only.")
    gone = sorted(set(wanted) - set(free))
    if gone or (isinstance(asked, int) and len(wanted) < asked):
        raise RefundExceeds(details={"line": line.id, "units": gone, "left_minor": left_minor})
    return wanted


def _taken(given: Given, line: str) -> frozenset[int]:
    return given.units.get(line, frozenset())


def _settled(given: Given, line: str) -> frozenset[int]:
    """Units that were made good: paid back, or sent again. None is twice."""
    return _taken(given, line) | given.replaced.get(line, frozenset())


def delivery_left_minor(order: SoldOrder, given: Given) -> int:
    """What of the fee has not gone back."""
    return max(0, order.delivery_minor - order.delivery_discount_minor - given.delivery_minor)
