"""Sales as PostgreSQL has them: the row that whoever changes a sale holds, and how a sale stands."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from commerce.flashsale.requests import Put, Resource, Units
from commerce.sales.errors import SaleNotFound
from commerce.sales.lines import Takes, quota, stock, takes_of
from commerce.sales.room_messages import SaleCard
from commerce.sales.schemas import Sale, SaleEdit, SalesQuery, SaleState
from commerce.sales.times import end_of
from livehub.base.db import Connection
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.room.models import Card, CardPart

Q = queries(__file__, "sales.sql")

LONG_PAST_MS = 1
NEVER_MS = 2**62  # when what is opened or closed by hand opens or closes, as long as nobody does


class SaleRow(Struct, frozen=True, kw_only=True):
    """A sale as it is stored. It can be bought from `opens_ms` to `closes_ms`; `opened_ms`, `closed_ms`: the room was told.
    `components`: of a bundle, as it was when the sale was made.
    """

    id: str
    room: str
    product: str
    price_minor: int
    currency: str
    units: int
    per_person_max: int
    opens_ms: int | None
    closes_ms: int | None
    coupons: bool
    batch: str | None
    components: tuple[CardPart, ...] | None = None
    opened_ms: int | None = None
    closed_ms: int | None = None
    version: int = 1

    @property
    def takes(self) -> Takes:
        """What each unit takes of the stock of products."""
        return takes_of(self.product, self.components)

    def state(self, now_ms: int) -> SaleState:
        """Whether it can be bought now."""
        return state_of(self.opens_ms, self.closes_ms, now_ms)

    def card(self, shown: Card, now_ms: int) -> SaleCard:
        """As the room shows it; `shown`: its product."""
        return SaleCard(
            id=self.id,
            card=msgspec.structs.replace(shown, components=self.components or UNSET),
            price_minor=self.price_minor,
            currency=self.currency,
            units=self.units,
            per_person_max=self.per_person_max,
            opens_ts=self.opens_ms,
            closes_ts=self.closes_ms,
            coupons=self.coupons,
            state=self.state(now_ms),
            batch=self.batch or UNSET,
        )

    def offer(self, now_ms: int) -> Put:
        """What the stock engine is asked: a quota of the stock that it takes, open in the sale's window. A moment that is past
        is told as long past: the engine's clock is its own, and who hears that a sale is open, or over, finds it so at once.
        """
        resource = Resource(
            id=quota(self.id),
            units=self.units,
            limits=(self.per_person_max, 0, 0),
            opens_ms=_for_engine(self.opens_ms, now_ms),
            closes_ms=_for_engine(self.closes_ms, now_ms),
        )
        return Put(resource, made_of=tuple(Units(stock(product), each) for product, each in self.takes))


def edited(row: SaleRow, edit: SaleEdit, zone: tzinfo, *, now_ms: int) -> SaleRow:
    """The sale as it becomes. Raises BadRequest."""
    units = row.units if edit.units is UNSET else edit.units
    per_person_max = row.per_person_max if edit.per_person_max is UNSET else edit.per_person_max
    closes_ms = row.closes_ms
    if edit.closes_at is not UNSET:
        closes_ms = end_of(row.opens_ms, edit.closes_at, zone, now_ms=now_ms)
    return msgspec.structs.replace(row, units=units, per_person_max=per_person_max, closes_ms=closes_ms)


def _for_engine(at_ms: int | None, now_ms: int) -> int:
    if at_ms is None:
        return NEVER_MS
    return at_ms if at_ms > now_ms else LONG_PAST_MS


def state_of(opens_ms: int | None, closes_ms: int | None, now_ms: int) -> SaleState:
    """Of a sale that can be bought in [opens_ms, closes_ms); None: not yet."""
    if closes_ms is not None and closes_ms <= now_ms:
        return "closed"
    return "open" if opens_ms is not None and opens_ms <= now_ms else "scheduled"


async def is_known(connection: Connection, sale: str) -> bool:
    """Whether there is such a sale."""
    return bool(await connection.fetch(Q["places"], [sale]))


async def insert(connection: Connection, row: SaleRow, *, by: str, now_ms: int) -> None:
    """Store a new sale."""
    fields = (getattr(row, name) for name in SaleRow.__struct_fields__ if name not in ("closed_ms", "version"))
    await connection.execute(Q["insert_sale"], *fields, now_ms, by)


async def locked(connection: Connection, sale: str) -> SaleRow:
    """The sale, its row locked until the transaction ends. Raises SaleNotFound."""
    row = await connection.fetchrow(Q["sale_for_update"], sale)
    if row is None:
        raise SaleNotFound
    return SaleRow(**dict(row) | {"components": components_of(row["components"])})


def components_of(text: str | None) -> tuple[CardPart, ...] | None:
    """Those of a sale's row; None: it is no bundle."""
    return None if text is None else msgspec.json.decode(text, type=tuple[CardPart, ...])


async def standing(connection: Connection, sale: str, *, now_ms: int) -> Sale:
    """A sale, and how it stands. Raises SaleNotFound."""
    row = await connection.fetchrow(Q["sale"], sale)
    if row is None:
        raise SaleNotFound
    return _sale(row, now_ms)


async def of_room(
    connection: Connection, room: str, most: int, *, asked: SalesQuery, after: str | None, now_ms: int
) -> list[Sale]:
    """The sales of a room, latest first, those that follow the sale `after`."""
    rows = await connection.fetch(Q["sales_of_room"], room, most, after, asked.q.strip(), asked.state, now_ms)
    return [_sale(row, now_ms) for row in rows]


async def units_of(connection: Connection, resources: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """(units, held, sold) of those that are known to the stock engine, as it has committed them."""
    rows = await connection.fetch(Q["stock"], list(resources))
    return {row["id"]: (row["units"], row["held"], row["sold"]) for row in rows}


def _sale(row: Any, now_ms: int) -> Sale:
    fields = dict(row)
    opens_ms, closes_ms = fields.pop("opens_ms"), fields.pop("closes_ms")
    return Sale(
        **fields,
        opens_ts=opens_ms,
        closes_ts=closes_ms,
        opens_at=iso(opens_ms),
        closes_at=iso(closes_ms),
        state=state_of(opens_ms, closes_ms, now_ms),
    )
