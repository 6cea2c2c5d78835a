"""HTTP: one's own cart. Guests keep theirs in the browser, and put it here when they sign in.

It is a list of wishes: nothing is held, prices are those of now, and what cannot be bought any more is said and stays.
"""

from collections.abc import Iterable, Sequence

import msgspec

from commerce.catalogue.selling import Sellable, sellables, stock_units
from commerce.orders import schemas
from commerce.orders.errors import CartFull, NotOnSale
from commerce.orders.schemas import QTY_MAX, Cart, CartLine, CartRequest, WantedLine
from commerce.orders.settings import OrdersConfig
from commerce.orders.store import Q
from commerce.sales.lines import stock
from livehub.base.auth import Permission
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post

Lines = tuple[WantedLine, ...]


def summed(lines: Iterable[WantedLine]) -> Lines:
    """Each product once, in the order in which they come first; no more of one than an order takes. Pure."""
    qtys: dict[str, int] = {}
    for line in lines:
        qtys[line.product] = min(QTY_MAX, qtys.get(line.product, 0) + line.qty)
    return tuple(WantedLine(product=product, qty=qty) for product, qty in qtys.items())


class CartApi:
    def __init__(self, config: OrdersConfig, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [
            get("/api/me/cart", self.mine, may=Permission.BUY, reply=Cart),
            post(
                "/api/me/cart", self.put, may=Permission.BUY, body=CartRequest, reply=Cart, method="PUT",
                errors=(NotOnSale, CartFull),
            ),
        ]  # fmt: skip

    async def mine(self, call: Call[None]) -> Cart:
        """One's own cart."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["cart"], call.person.id)
            lines, version = ((), 0) if row is None else (_lines(row["lines"]), row["version"])
            return await shown(connection, lines, version, qty_max=self._config.order_product_units_max)

    async def put(self, call: Call[schemas.CartRequest]) -> Cart:
        """All that is to be in one's own cart; a product that is not known is refused, and nothing changes."""
        lines = summed(call.body.lines)
        if len(lines) > self._config.cart_lines_max:
            raise CartFull(details={"limit": self._config.cart_lines_max})
        db = call.tx.connection
        known = await sellables(db, [line.product for line in lines])
        for line in lines:
            if line.product not in known:
                raise NotOnSale(details={"product": line.product})
        version = await db.fetchval(Q["put_cart"], call.person.id, lines, call.now_ms)
        return await shown(db, lines, version, qty_max=self._config.order_product_units_max)


async def shown(connection: Connection, lines: Lines, version: int, *, qty_max: int) -> Cart:
    """A cart with its products as they are sold now; those that are gone for good are left out. `qty_max`: of one product in
    an order.
    """
    known = await sellables(connection, [line.product for line in lines])
    wanted = [(line, known[line.product]) for line in lines if line.product in known]
    units = {product for line, sellable in wanted for product in stock_units(sellable, 1)}
    rows = await connection.fetch(Q["stock_left"], [stock(product) for product in units])
    left = {row["id"]: row["free"] for row in rows}
    return Cart(lines=[_line(line, sellable, left, qty_max) for line, sellable in wanted], version=version)


async def merge(tx: Transaction, was: str, person: str, *, lines_max: int, now_ms: int) -> Sequence[str]:
    """What `was` had in the cart is in the person's, too. Gives both as they were, for `unmerge`; nothing without."""
    db = tx.connection
    rows = {who: await db.fetchrow(Q["cart_for_update"], who) for who in sorted((was, person))}
    theirs, own = rows[was], rows[person]
    if theirs is None:
        return ()
    before = () if own is None else _lines(own["lines"])
    both = summed((*before, *_lines(theirs["lines"])))[:lines_max]
    await db.execute(Q["put_cart"], person, both, now_ms)
    await db.execute(Q["drop_cart"], was)
    return [theirs["lines"]]


async def unmerge(tx: Transaction, was: str, did: Sequence[str], *, now_ms: int) -> None:
    """They are two after all: `was` has what they had, and the person keeps what is in the cart by now."""
    for lines in did:
        await tx.connection.execute(Q["put_cart"], was, _lines(lines), now_ms)


def _lines(stored: str) -> Lines:
    return msgspec.json.decode(stored, type=Lines)


def _line(line: WantedLine, sellable: Sellable, left: dict[str, int], qty_max: int) -> CartLine:
    needed = stock_units(sellable, 1)
    counted = [left.get(stock(product), 0) // each for product, each in needed.items()]
    return CartLine(
        product=line.product,
        qty=line.qty,
        title=sellable.title,
        titles=sellable.titles,
        image=sellable.image,
        unit=sellable.unit,
        unit_names=sellable.unit_names,
        price_minor=sellable.price_minor,
        currency=sellable.currency,
        is_weighed=sellable.weighed is not None,
        is_on_sale=sellable.is_on_sale,
        left=min(counted),
        qty_max=qty_max,
    )
