"""What is to be bought, out of a tap's hold and lines of a cart: lines with their prices, and the units to hold. Pure: no I/O.

A product that stands on two lines of a cart counts together. What a tap holds is held already, the components of a
bundle as the sale has them included: only gifts are taken beyond that. Everything beyond the tap is one request to the stock
engine, had whole or not at all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct, structs

from commerce.catalogue.selling import Sellable, gift_units, stock_units
from commerce.flashsale.requests import Units
from commerce.orders.errors import NotOnSale, OrderTooLarge, SeveralCurrencies
from commerce.pricing.prices import ORDER_UNITS_MAX, Line, PricedLine, Quote
from commerce.sales.lines import stock
from livehub.room.models import AMOUNT_MINOR_MAX

RESOURCES_MAX = 64  # that the stock engine decides on at once


class SaleTerms(Struct, frozen=True, kw_only=True):
    """What a sale says of each of its units. `components`: of a bundle, (product, how many), held with it."""

    sale: str
    room: str
    product: str
    price_minor: int
    currency: str
    takes_coupons: bool
    batch: str | None
    components: tuple[tuple[str, int], ...] = ()


class Want(Struct, frozen=True, kw_only=True):
    """So many units of a product; `terms`: of the sale in which they are held."""

    product: str
    qty: int
    terms: SaleTerms | None = None


class DraftLine(Struct, frozen=True, kw_only=True):
    """A line of what is to be an order. `qty_max`: how many of it that takes, None: it is a sale's, or a gift."""

    sellable: Sellable
    qty: int
    qty_max: int | None = None
    unit_price_minor: int
    terms: SaleTerms | None = None
    is_gift: bool = False


class Draft(Struct, frozen=True, kw_only=True):
    """`units`: what is to be held beyond what the tap holds. `gone`: gifts that would have come with it, and are given away."""

    lines: tuple[DraftLine, ...]
    currency: str
    units: tuple[Units, ...]
    gone: tuple[DraftLine, ...] = ()

    @property
    def room(self) -> str | None:
        """Where it is sold; None: out of a cart."""
        return next((line.terms.room for line in self.lines if line.terms is not None), None)

    @property
    def gone_gifts(self) -> frozenset[str]:
        """Products that don't come as gifts."""
        return frozenset(line.sellable.product for line in self.gone)

    def is_gift_that_is_gone(self, product: str, left: int) -> bool:
        """Whether so many units of a product are enough for all of it that is bought, and not for what is a gift."""
        gift = sum(line.qty for line in self.lines if line.is_gift and line.sellable.product == product)
        units = next((each.units for each in self.units if each.resource == stock(product)), 0)
        return gift > 0 and units - gift <= left < units

    def priced_as(self) -> list[Line]:
        """As prices are made of it, gifts included, which cost nothing."""
        return [
            Line(
                id=str(position),
                product=line.sellable.product,
                qty=line.qty,
                unit_price_minor=line.unit_price_minor,
                takes_coupons=not line.is_gift and (line.terms is None or line.terms.takes_coupons),
            )
            for position, line in enumerate(self.lines)
        ]


def wanted(held: Iterable[Want], lines: Iterable[tuple[str, int]]) -> tuple[Want, ...]:
    """What the tap holds, then the lines of a cart, each product once."""
    qtys: dict[str, int] = {}
    for product, qty in lines:
        qtys[product] = qtys.get(product, 0) + qty
    return (*held, *(Want(product=product, qty=qty) for product, qty in qtys.items()))


def gifts_of(wants: Iterable[Want], sellables: Mapping[str, Sellable]) -> dict[str, int]:
    """Units of gifts that come with it, by product."""
    gifts: dict[str, int] = {}
    for want in wants:
        if (sellable := sellables.get(want.product)) is not None:
            _add(gifts, gift_units(sellable, want.qty))
    return gifts


def gone_gifts(wants: Iterable[Want], sellables: Mapping[str, Sellable], free: Mapping[str, int]) -> frozenset[str]:
    """Gifts of which there are too few for all that is wanted: none of them comes then. `free`: units by product."""
    wants = tuple(wants)
    bought: dict[str, int] = {}
    for want in wants:
        if want.terms is None and (sellable := sellables.get(want.product)) is not None:
            _add(bought, stock_units(sellable, want.qty))
    gifts = gifts_of(wants, sellables)
    return frozenset(gift for gift, qty in gifts.items() if free.get(gift, 0) - bought.get(gift, 0) < qty)


def draft(
    wants: Sequence[Want],
    sellables: Mapping[str, Sellable],
    *,
    lines_max: int,
    units_max: int,
    gone: Collection[str] = (),
) -> Draft:
    """`sellables`: those of the wants and of their gifts, by product; one that is missing cannot be bought. `units_max`: of one
    product; a sale has its own limit. `gone`: gifts that don't come.

    Raises NotOnSale, SeveralCurrencies, OrderTooLarge.
    """
    units: dict[str, int] = {}
    lines = []
    for want in wants:
        sellable = sellables.get(want.product)
        if sellable is None or (want.terms is None and not sellable.is_on_sale):
            raise NotOnSale(details={"product": want.product})
        if want.terms is None:
            if want.qty > units_max:
                raise OrderTooLarge(details={"product": want.product, "limit": units_max})
            _add(units, stock_units(sellable, want.qty))
        else:  # whatever the product has become since
            sellable = structs.replace(sellable, components=want.terms.components)
        price = sellable.price_minor if want.terms is None else want.terms.price_minor
        qty_max = units_max if want.terms is None else None
        lines.append(
            DraftLine(sellable=sellable, qty=want.qty, qty_max=qty_max, unit_price_minor=price, terms=want.terms)
        )
    missing = []
    for product, qty in gifts_of(wants, sellables).items():
        sellable = sellables.get(product)
        if sellable is None:
            raise NotOnSale(details={"product": product})
        line = DraftLine(sellable=sellable, qty=qty, unit_price_minor=0, is_gift=True)
        if product in gone:
            missing.append(line)
        else:
            _add(units, {product: qty})
            lines.append(line)
    currencies = {_currency(line) for line in lines if not line.is_gift}
    if len(currencies) > 1:
        raise SeveralCurrencies
    if len(lines) > lines_max or len(units) >= RESOURCES_MAX or sum(line.qty for line in lines) > ORDER_UNITS_MAX:
        raise OrderTooLarge
    if sum(line.qty * line.unit_price_minor for line in lines) > AMOUNT_MINOR_MAX:
        raise OrderTooLarge
    held = tuple(Units(stock(product), count) for product, count in units.items())
    return Draft(lines=tuple(lines), currency=currencies.pop(), units=held, gone=tuple(missing))


def priced(draft: Draft, quote: Quote) -> list[tuple[DraftLine, PricedLine]]:
    """Each line with its price."""
    return list(zip(draft.lines, quote.lines, strict=True))


def _currency(line: DraftLine) -> str:
    return line.sellable.currency if line.terms is None else line.terms.currency


def _add(units: dict[str, int], more: Mapping[str, int]) -> None:
    for product, count in more.items():
        units[product] = units.get(product, 0) + count
