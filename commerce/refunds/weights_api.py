"""HTTP: what there is to weigh, for those who pick. They see goods and windows, and nothing of who gets them."""

from collections.abc import Mapping, Sequence

from asyncpg import Record
from msgspec import UNSET

from commerce.orders import store as orders
from commerce.orders.rows import LineRow
from commerce.refunds.schemas import LineToWeigh, OrdersToWeigh, OrderToWeigh, ToWeighQuery, UnitToWeigh
from commerce.refunds.store import Q
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.lists import page


class WeightsApi:
    def __init__(self, core: Config, database: Database) -> None:
        self._lists_max = core.lists_max
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/weights", self.to_weigh, may=Permission.PICK, reply=OrdersToWeigh, query=ToWeighQuery)]

    async def to_weigh(self, call: Call[None]) -> OrdersToWeigh:
        """Orders that are not on their way yet, with what of them is sold by weight, the oldest first."""
        asked: ToWeighQuery = call.query
        most = asked.most(self._lists_max)
        async with self._database.connection() as connection:
            found = await connection.fetch(Q["to_weigh"], asked.after or "", asked.number, most + 1)
            ids, is_more = page([str(row["id"]) for row in found], most)
            items = await _orders(connection, ids)
        return OrdersToWeigh(items=items, next=ids[-1] if is_more else None)


async def _orders(connection: Connection, ids: Sequence[str]) -> list[OrderToWeigh]:
    if not ids:
        return []
    rows = [orders.order_row(row) for row in await connection.fetch(Q["orders_to_weigh"], ids)]
    lines = await orders.lines_of(connection, ids)
    weights = {(row["line"], row["unit"]): row for row in await connection.fetch(Q["weights_of"], ids)}
    gone = {row["line"]: frozenset(row["units"]) for row in await connection.fetch(Q["units_gone"], ids)}
    replaced = await orders.replaced_units(connection, ids)
    return [
        OrderToWeigh(
            id=order.id,
            number=order.number,
            state=order.state,
            currency=order.currency,
            delivery=order.delivery,
            lines=[
                _line(line, weights, gone.get(line.id, frozenset()) | frozenset(replaced.get(line.id, ())))
                for line in lines[order.id]
                if line.weighed is not None
            ],
        )
        for order in rows
    ]


def _line(line: LineRow, weights: Mapping[tuple[str, int], Record], gone: frozenset[int]) -> LineToWeigh:
    assert line.weighed is not None
    units = []
    for unit, share in enumerate(line.unit_shares_minor):
        if unit in gone:
            continue
        weight = weights.get((line.id, unit))
        grams, amount = (None, 0) if weight is None else (weight["grams"], weight["amount_minor"])
        units.append(UnitToWeigh(unit=unit, paid_minor=share, grams=grams, amount_minor=amount))
    return LineToWeigh(
        line=line.id,
        product=line.product,
        title=line.title,
        titles=line.titles or UNSET,
        variant=line.variant,
        variant_names=line.variant_names or UNSET,
        image=line.image,
        grams=line.weighed.grams,
        units=units,
    )
