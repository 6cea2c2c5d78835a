"""HTTP: invoices (fapiao) that buyers ask for, and the list that the staff issue them by.

Issuing is done in the tax office's own program, out of the exported list; its number, or why there is none, is said here.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any

from asyncpg import Record
from msgspec import Struct

from commerce.cases import notices, schemas
from commerce.cases.errors import FapiaoNotFound, FapiaoState, TaxNumberInvalid
from commerce.cases.tax_numbers import is_tax_number, plain
from commerce.list_cells import cells, headings
from commerce.orders import store as orders
from commerce.orders.errors import OrderNotFound, OrderState
from commerce.refunds import store as refund_store
from commerce.refunds.deciding import left_minor
from commerce.typed import typed
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, TextEmpty
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso, page, place
from livehub.base.sql import queries
from livehub.base.streamed import Streamed
from livehub.base.text import clean, one_line
from livehub.notify.notify import Notify
from livehub.people import audit, list_files
from livehub.people.audit import Act
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

Q = queries(__file__, "fapiao.sql")

COLUMNS = (
    "id", "order_number", "kind", "title", "tax_number", "email", "amount_minor", "currency", "state", "asked_at",
    "decided_at", "number", "note", "to_reverse_minor", "reversed_minor", "reversal_number",
)  # fmt: skip
TITLE_CHARS_MAX = 100


class FapiaoApi:
    def __init__(self, core: Config, database: Database, notify: Notify, files: ListFiles) -> None:
        self._core = core
        self._database = database
        self._notify = notify
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        of_order, one = "/api/orders/{order}/fapiao", "/api/fapiao/{fapiao}"
        return [
            post(
                of_order, self.ask, may=Permission.BUY, body=schemas.FapiaoRequest, reply=schemas.Fapiao, status=201,
                errors=(OrderNotFound, OrderState, FapiaoState, TaxNumberInvalid, TextEmpty),
            ),
            get(of_order, self.of_order, may=Permission.BUY, reply=schemas.Fapiao, errors=(OrderNotFound, FapiaoNotFound)),
            get("/api/me/fapiao", self.mine, may=Permission.BUY, reply=schemas.FapiaoList, query=schemas.OwnFapiaoQuery),
            get(
                "/api/fapiao", self.all, may=Permission.CARE, reply=schemas.FapiaoList, query=schemas.FapiaoQuery,
                errors=(BadRequest,),
            ),
            post(
                f"{one}/issued", self.issued, may=Permission.CARE, body=schemas.FapiaoIssued, reply=schemas.Fapiao,
                errors=(FapiaoNotFound, FapiaoState, TextEmpty),
            ),
            post(
                f"{one}/reversed", self.reversed, may=Permission.CARE, body=schemas.FapiaoReversed, reply=schemas.Fapiao,
                errors=(FapiaoNotFound, FapiaoState, TextEmpty),
            ),
            post(
                f"{one}/reject", self.reject, may=Permission.CARE, body=schemas.FapiaoRejected, reply=schemas.Fapiao,
                errors=(FapiaoNotFound, FapiaoState, TextEmpty),
            ),
        ]  # fmt: skip

    async def ask(self, call: Call[schemas.FapiaoRequest]) -> schemas.Fapiao:
        """Ask for an invoice for an order of one's own: for what was paid and is not refunded."""
        body, db = call.body, call.tx.connection
        title, tax_number = clean(body.title, TITLE_CHARS_MAX), _tax_number(body)
        order = await orders.locked(call.tx, call.path["order"])
        if order.person != call.person.id:
            raise OrderNotFound
        if order.paid_ms is None or order.state == "cancelled":
            raise OrderState(details={"state": order.state})
        standing = await refund_store.standing(db, order)
        amount = left_minor(standing.sold, standing.given)
        if amount <= 0:
            raise FapiaoState(details={"state": "refunded"})
        id_ = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        asked = (
            id_, order.id, call.person.id, body.kind, title, tax_number, body.email, amount, order.currency, call.now_ms
        )  # fmt: skip
        if await db.fetchval(Q["insert_fapiao"], *asked) is None:
            known = await db.fetchrow(Q["fapiao_of_order"], order.id)
            raise FapiaoState(details={"state": "requested" if known is None else known["state"]})
        return await _shown(db, id_)

    async def of_order(self, call: Call[None]) -> schemas.Fapiao:
        """The invoice of an order of one's own, as it was asked for last."""
        async with self._database.connection() as connection:
            order = await orders.order_of(connection, call.path["order"])
            if order.person != call.person.id and not call.person.may(Permission.CARE):
                raise OrderNotFound
            row = await connection.fetchrow(Q["fapiao_of_order"], order.id)
            if row is None:
                raise FapiaoNotFound
            return (await _all_shown(connection, [row]))[0]

    async def mine(self, call: Call[None]) -> schemas.FapiaoList:
        """One's own invoices, those that were not issued, too, latest first."""
        most = call.query.most(self._core.lists_max)
        async with self._database.connection() as connection:
            found = await connection.fetch(
                Q["own_fapiao"], call.person.id, call.query.order, call.query.after, most + 1
            )
            rows, has_more = page(found, most)
            items = await _all_shown(connection, rows)
        return schemas.FapiaoList(items=items, next=rows[-1]["id"] if has_more else None)

    async def all(self, call: Call[None]) -> schemas.FapiaoList | Streamed:
        """Invoices that were asked for, latest first; as CSV or XLSX if the client asks for that."""
        asked: schemas.FapiaoQuery = call.query
        start = place(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "fapiao", headings(COLUMNS), self._pages(asked, start))
        most = asked.most(self._core.lists_max)
        async with self._database.connection() as connection:
            rows, has_more = page(await self._found(connection, asked, start, most + 1), most)
            items = await _all_shown(connection, rows)
        return schemas.FapiaoList(items=items, next=_place(rows[-1]) if has_more else None)

    @staticmethod
    async def _found(
        connection: Connection, asked: schemas.FapiaoQuery, start: tuple[int, str] | None, most: int
    ) -> Sequence[Record]:
        return await connection.fetch(
            Q["all_fapiao"], asked.state, typed(asked.q) or None, *(start or (None, None)), most, asked.to_reverse
        )

    async def _pages(
        self, asked: schemas.FapiaoQuery, start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while True:
            async with self._database.connection() as connection:
                rows = await self._found(connection, asked, start, ROWS_PER_QUERY)
                shown = await _all_shown(connection, rows)
            if not rows:
                return
            yield [cells(each, COLUMNS) for each in shown]
            start = place(_place(rows[-1]))

    async def issued(self, call: Call[schemas.FapiaoIssued]) -> schemas.Fapiao:
        """Say that it was issued, and its number: for what is not refunded by now."""
        number = _line(call.body.number)
        return await self._decide(call, "issued", number=number, note="")

    async def reject(self, call: Call[schemas.FapiaoRejected]) -> schemas.Fapiao:
        """Say why there is none; the buyer may ask again."""
        note = clean(call.body.note, schemas.TEXT_CHARS_MAX)
        return await self._decide(call, "rejected", number=None, note=note)

    async def reversed(self, call: Call[schemas.FapiaoReversed]) -> schemas.Fapiao:
        """Say that a red-letter invoice was issued for what was refunded after the invoice, and its number."""
        number, id_, db = _line(call.body.number), call.path["fapiao"], call.tx.connection
        row = await _held(call.tx, id_)
        was = (await _all_shown(db, [row]))[0]
        if was.to_reverse_minor == 0 or was.to_reverse_minor != call.body.amount_minor:
            raise FapiaoState(details={"state": row["state"], "to_reverse_minor": was.to_reverse_minor})
        await db.execute(Q["reverse_fapiao"], id_, was.to_reverse_minor, number)
        data = {"number": number, "amount_minor": was.to_reverse_minor, "currency": was.currency}
        act = Act(type="fapiao_reversed", subject=id_, about_id=row["person"], data=data)
        await audit.record(db, [act], by=call.person, now_ms=call.now_ms)
        return await _shown(db, id_)

    async def _decide(self, call: Call[Any], state: str, *, number: str | None, note: str) -> schemas.Fapiao:
        db, id_ = call.tx.connection, call.path["fapiao"]
        row = await _held(call.tx, id_)
        if row["state"] != "requested":
            raise FapiaoState(details={"state": row["state"]})
        amount = None
        if state == "issued":
            amount = (await _left(db, [row]))[row["order_id"]].left_minor
            if amount <= 0:
                raise FapiaoState(details={"state": "refunded"})
        await db.execute(Q["decide_fapiao"], id_, state, number, note, call.person.id, call.now_ms, amount)
        act = Act(type=f"fapiao_{state}", subject=id_, was="requested", became=state, about_id=row["person"], why=note)
        await audit.record(db, [act], by=call.person, now_ms=call.now_ms)
        template = notices.FAPIAO_ISSUED if state == "issued" else notices.FAPIAO_REJECTED
        told = notices.told(
            template, person=row["person"], of=id_, order=row["order_id"], number=row["order_number"],
            note=number or note, at_ms=call.now_ms,
        )  # fmt: skip
        await self._notify.notify(call.tx, [told], now_ms=call.now_ms)
        return await _shown(db, id_)


async def _held(tx: Transaction, id_: str) -> Record:
    """An invoice, locked until the transaction ends, and before it its order, of which no refund is begun meanwhile: in this
    order, as whoever asks for one. Raises FapiaoNotFound.
    """
    known = await tx.connection.fetchrow(Q["fapiao"], id_)
    if known is None:
        raise FapiaoNotFound
    await orders.locked(tx, known["order_id"])
    row = await tx.connection.fetchrow(Q["fapiao_for_update"], id_)
    assert row is not None, "invoices are kept"
    return row


def _tax_number(body: schemas.FapiaoRequest) -> str | None:
    """A company's, checked; a person has none. Raises TaxNumberInvalid."""
    if body.kind == "personal":
        return None
    number = plain(body.tax_number or "")
    if not is_tax_number(number):
        raise TaxNumberInvalid
    return number


def _line(text: str) -> str:
    line = one_line(text)
    if not line:
        raise TextEmpty
    return line


def _place(row: Record) -> str:
    """Where the list goes on after a row."""
    return f"{row['asked_ms']}.{row['id']}"


class Left(Struct, frozen=True, kw_only=True):
    """Of what was paid for an order. `left_minor`: neither paid back nor about to be; `kept_minor`: also that for which a
    second person is still to be asked.
    """

    left_minor: int
    kept_minor: int


async def _left(connection: Connection, rows: Sequence[Record]) -> dict[str, Left]:
    """By order, of these invoices."""
    found = await connection.fetch(Q["left_of"], [row["order_id"] for row in rows])
    return {row["id"]: Left(left_minor=row["left_minor"], kept_minor=row["kept_minor"]) for row in found}


async def _shown(connection: Connection, id_: str) -> schemas.Fapiao:
    row = await connection.fetchrow(Q["fapiao"], id_)
    assert row is not None
    return (await _all_shown(connection, [row]))[0]


async def _all_shown(connection: Connection, rows: Sequence[Record]) -> list[schemas.Fapiao]:
    """Each with what it is for by now: a refund may have been begun since it was asked for, or since it was issued."""
    left = await _left(connection, rows) if rows else {}
    return [_fapiao(row, left[row["order_id"]]) for row in rows]


def _fapiao(row: Record, left: Left) -> schemas.Fapiao:
    """What is to be issued is for what is left; what was issued is as it was, and reversed for what is not kept of it."""
    is_open, is_issued = row["state"] == "requested", row["state"] == "issued"
    kept_minor = row["amount_minor"] - row["reversed_minor"]
    return schemas.Fapiao(
        id=row["id"],
        order=row["order_id"],
        order_number=row["order_number"],
        kind=row["kind"],
        title=row["title"],
        tax_number=row["tax_number"],
        email=row["email"],
        amount_minor=max(0, left.left_minor) if is_open else row["amount_minor"],
        currency=row["currency"],
        state=row["state"],
        asked_at=iso(row["asked_ms"]) or "",
        decided_at=iso(row["decided_ms"]),
        number=row["number"],
        note=row["note"],
        to_reverse_minor=max(0, kept_minor - max(0, left.kept_minor)) if is_issued else 0,
        reversed_minor=row["reversed_minor"],
        reversal_number=row["reversal_number"],
    )
