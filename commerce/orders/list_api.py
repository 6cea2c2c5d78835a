"""Orders as staff look for them: a page at a time, their sums, and all of a filter as a file."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import msgspec
from asyncpg import Record

from commerce.list_cells import amount
from commerce.orders.list_schemas import ListedLine, ListedOrder, ListedOrders, OrdersQuery, OrderSum, OrderSums
from commerce.orders.list_store import Wanted, exported, ids_of, listed, products_called, sums
from commerce.orders.machine import STATES
from commerce.orders.schemas import PlacedDelivery
from commerce.typed import typed
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso, page
from livehub.base.moment import moment
from livehub.base.streamed import Streamed
from livehub.people import audit, list_files, persons
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.people.masks import masked_phone

COLUMNS = (
    "number", "state", "created_at", "paid_at", "cancelled_at", "cancel_reason", "room", "person", "person_name", "phone",
    "items", "units",
    "currency", "goods", "discount", "delivery_fee", "delivery_discount", "total", "paid", "refunded", "delivery", "note",
)  # fmt: skip
DIGITS_MIN = 4  # of a phone's end
WHOLE_PHONE_DIGITS_MIN = 7


class OrderListApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._lists_max = config.lists_max
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        may, errors = Permission.SEE_ORDERS, (BadRequest,)
        return [
            get("/api/orders", self.list, reply=ListedOrders, may=may, query=OrdersQuery, errors=errors),
            get("/api/orders/sums", self.sums, reply=OrderSums, may=may, query=OrdersQuery, errors=errors),
        ]

    async def list(self, call: Call[None]) -> ListedOrders | Streamed:
        """Orders, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file."""
        asked: OrdersQuery = call.query
        async with self._database.connection() as connection:
            wanted = await _wanted(connection, asked, asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "orders", COLUMNS, self._pages(wanted))
        most = asked.most(self._lists_max)
        async with self._database.connection() as connection:
            ids, is_more = page(await ids_of(connection, wanted, most + 1), most)
            rows = await listed(connection, ids)
            names = await persons.names_of(connection, (row["person"] for row in rows))
        if wanted.digits is not None and len(wanted.digits) >= WHOLE_PHONE_DIGITS_MIN:
            people = sorted({row["person"] for row in rows})
            if not any(row["number"] == wanted.digits for row in rows):
                await audit.searched_for(
                    self._database, wanted.digits, people, what="orders", by=call.person, now_ms=call.now_ms
                )
        return ListedOrders(items=[_order(row, names) for row in rows], next=ids[-1] if is_more else None)

    async def sums(self, call: Call[None]) -> OrderSums:
        """What the orders of a filter come to, all pages together."""
        async with self._database.connection() as connection:
            rows = await sums(connection, await _wanted(connection, call.query, None))
        return OrderSums(items=[OrderSum(**row) for row in rows])

    async def _pages(self, wanted: Wanted) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        """While one page is written PostgreSQL finds the next."""
        coming = asyncio.create_task(self._page(wanted))
        try:
            while True:
                ids, rows, names = await coming
                if not ids:
                    return
                wanted = msgspec.structs.replace(wanted, below_id=ids[-1])
                coming = asyncio.create_task(self._page(wanted))
                await asyncio.sleep(0)  # so that it has asked
                yield [_cells(row, names) for row in rows]
        finally:
            coming.cancel()

    async def _page(self, wanted: Wanted) -> tuple[Sequence[str], Sequence[Record], Mapping[str, str]]:
        async with self._database.connection() as connection:
            ids = await ids_of(connection, wanted, ROWS_PER_QUERY)
            rows = await exported(connection, ids)
            return ids, rows, await persons.names_of(connection, (row["person"] for row in rows))


async def _wanted(connection: Connection, asked: OrdersQuery, after: str | None) -> Wanted:
    """Raises BadRequest."""
    states = _states(asked.state)
    products = [asked.product] if asked.product is not None else None
    digits = None
    if asked.q is not None:
        digits = _digits(asked.q)
        if digits is None:
            called = await products_called(connection, asked.q.strip())
            products = called if products is None else [each for each in called if each in products]
    below_id = _id_at(asked.to)
    if after is not None:
        below_id = after if below_id is None else min(after, below_id)
    return Wanted(
        states=states,
        from_id=_id_at(asked.from_) or "",
        below_id=below_id or Wanted().below_id,
        products=products,
        room=asked.room,
        digits=digits,
        person=asked.person,
    )


def _states(text: str | None) -> Sequence[str]:
    if text is None:
        return STATES
    states = sorted(set(text.split(",")))
    if not set(states) <= set(STATES):
        raise BadRequest(f"state: is of {', '.join(STATES)}, with commas between several.")
    return states


def _digits(text: str) -> str | None:
    """What somebody typed who reads a number off a screen; None: it is no number."""
    number = typed(text)
    return number if len(number) >= DIGITS_MIN and number.isascii() and number.isdecimal() else None


def _id_at(at: datetime | None) -> str | None:
    """Orders from that moment on have this id or a later one."""
    return None if at is None else ordered_id(max(0, round(at.timestamp() * 1000)), bytes(CHANCE_BYTES))


def _order(row: Record, names: Mapping[str, str]) -> ListedOrder:
    kept = {name: row[name] for name in ListedOrder.__struct_fields__ if name in row}
    return ListedOrder(
        **kept
        | {
            "person_name": names.get(row["person"], ""),
            "phone": masked_phone(row["phone"] or ""),
            "lines": msgspec.json.decode(row["lines"], type=list[ListedLine]),
            "delivery": _delivery(row),
            "note": row["note"] or "",
            "created_at": iso(row["created_ms"]) or "",
            "paid_at": iso(row["paid_ms"]),
            "cancelled_at": iso(row["cancelled_ms"]),
        }
    )


def _delivery(row: Record) -> PlacedDelivery | None:
    return None if row["delivery"] is None else msgspec.json.decode(row["delivery"], type=PlacedDelivery)


def _cells(row: Record, names: Mapping[str, str]) -> list[csv.Cell]:
    currency = row["currency"]
    delivery = _delivery(row)
    return [
        row["number"], row["state"], moment(row["created_ms"]), moment(row["paid_ms"]), moment(row["cancelled_ms"]),
        row["cancel_reason"], row["room"], row["person"], names.get(row["person"]), masked_phone(row["phone"] or ""),
        row["items"], row["units"],
        currency,
        *(
            amount(row[f"{name}_minor"], currency)
            for name in ("goods", "discount", "delivery", "delivery_discount", "total", "paid", "refunded")
        ),
        None if delivery is None else " ".join(filter(None, (delivery.method, delivery.name, delivery.start))), row["note"],
    ]  # fmt: skip
