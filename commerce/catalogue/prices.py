"""What products were offered for, and when; and which price may be struck through beside a lower one.

A struck-through price is a promise that one pays less than usual. It may be no higher than the lowest price at which the
product was offered in the days before its price was cut, sales in rooms included (Interim Provisions on Regulating Promotions,
State Administration for Market Regulation of the PRC, 2020, art. 21: the lowest price of the 7 days before). So "first up, then
down" gives none. As long as the price goes only down from there, the struck-through one may stay.
"""

from msgspec import Struct

from commerce.catalogue.errors import ListPriceUnproven
from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "prices.sql")

DAY_MS = 86_400_000


class Offer(Struct, frozen=True, kw_only=True):
    """A usual price, and the one struck through beside it."""

    price_minor: int
    list_price_minor: int | None
    currency: str


def goes_on(was: Offer, now: Offer) -> bool:
    """Whether a promotion goes on: the struck-through price was there already, or a higher one, and the price does not rise."""
    return (
        was.list_price_minor is not None
        and now.list_price_minor is not None
        and was.currency == now.currency
        and now.list_price_minor <= was.list_price_minor
        and now.price_minor <= was.price_minor
    )


async def changed(connection: Connection, product: str, price_minor: int, currency: str, *, now_ms: int) -> None:
    """From now on it is offered for that; nothing changes when it is already."""
    row = await connection.fetchrow(Q["current_price"], product)
    if row is None or (row["price_minor"], row["currency"]) != (price_minor, currency):
        await connection.execute(Q["end_price"], product, now_ms)
        await connection.execute(Q["begin_price"], product, price_minor, currency, now_ms)


async def check_struck(
    connection: Connection, product: str, now: Offer, *, was: Offer | None, days: int, now_ms: int
) -> None:
    """Raise ListPriceUnproven unless the struck-through price may stand beside the new one. `was`: the offer before, unless
    the product is new. Call it before the new price is written.
    """
    if now.list_price_minor is None or (was is not None and goes_on(was, now)):
        return
    before_ms = now_ms + 1
    current = await connection.fetchrow(Q["current_price"], product)
    is_cut_already = current is not None and (current["price_minor"], current["currency"]) == (
        now.price_minor,
        now.currency,
    )
    if current is not None and is_cut_already and now_ms - current["from_ms"] < days * DAY_MS:
        before_ms = current["from_ms"]
    lowest_minor = await lowest(connection, product, now.currency, before_ms=before_ms, days=days)
    if lowest_minor is None or now.list_price_minor > lowest_minor:
        raise ListPriceUnproven(details={"lowest_minor": lowest_minor, "days": days})


async def sale_opened(
    connection: Connection,
    product: str,
    sale: str,
    price_minor: int,
    currency: str,
    *,
    from_ms: int,
    until_ms: int | None,
) -> None:
    """A sale of a room offers it for that, in [from_ms, until_ms), Unix ms; None: until it is closed."""
    await connection.execute(Q["begin_sale_price"], product, price_minor, currency, from_ms, until_ms, sale)


async def sale_end_moved(connection: Connection, sale: str, *, until_ms: int | None) -> None:
    """A sale that is offered ends at another moment; None: when it is closed."""
    await connection.execute(Q["move_sale_price_end"], sale, until_ms)


async def sale_closed(connection: Connection, sale: str, *, now_ms: int) -> None:
    """A sale is over, now at the latest."""
    await connection.execute(Q["end_sale_price"], sale, now_ms)


async def struck_beside(
    connection: Connection, product: str, sale: str, price_minor: int, currency: str, *, opens_ms: int, days: int
) -> int | None:
    """The price to strike through beside that of a sale: the lowest of the days before it opens, if that was higher."""
    lowest_minor = await lowest(connection, product, currency, before_ms=opens_ms + 1, days=days, but=sale)
    return lowest_minor if lowest_minor is not None and lowest_minor > price_minor else None


async def lowest(
    connection: Connection, product: str, currency: str, *, before_ms: int, days: int, but: str | None = None
) -> int | None:
    """The lowest price of the `days` before a moment (Unix ms, exclusive), but for that of one sale; None: it had none."""
    value: int | None = await connection.fetchval(
        Q["lowest_price"], product, currency, before_ms - days * DAY_MS, before_ms, but
    )
    return value
