"""HTTP: refunds of an order, the list of the staff, and the second person."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from asyncpg import Record

from commerce.list_cells import cells, headings
from commerce.orders import store as orders
from commerce.orders.errors import OrderNotFound, OrderState
from commerce.orders.list_schemas import ListedLine
from commerce.orders.list_store import goods_of, in_one_cell
from commerce.payments import refunding
from commerce.payments import store as payment_store
from commerce.payments.errors import AboveCaptured, ChargedBack, RefundOver, SecondPerson
from commerce.payments.refund_rows import RefundRow
from commerce.payments.store import PaymentRow
from commerce.refunds import refunds, schemas, store
from commerce.refunds.deciding import (
    LineUnits,
    UnitBack,
    Weighed,
    delivery_left_minor,
    left_minor,
    units_left,
)
from commerce.refunds.errors import NothingToRefund, NotWeighed, RefundExceeds, RefundNotFound
from commerce.refunds.settings import RefundsConfig
from commerce.refunds.store import Q, Standing
from commerce.typed import typed
from livehub.base import csv
from livehub.base.auth import Identity, Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, KeyReused, TextEmpty
from livehub.base.lists import iso, page, place
from livehub.base.streamed import Streamed
from livehub.base.text import clean
from livehub.hub.rooms.schemas import Nothing
from livehub.people import audit, list_files, persons
from livehub.people.audit import Act
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

COLUMNS = (
    "id", "number", "person", "person_name", "items", "kind", "state", "amount_minor", "currency", "provider", "reason",
    "asked_by", "asked_by_name", "approved_by", "approved_by_name", "rejected_by", "rejected_by_name", "created_at",
    "paid_at",
)  # fmt: skip


class RefundsApi:
    def __init__(self, config: RefundsConfig, core: Config, database: Database, files: ListFiles) -> None:
        self._config = config
        self._core = core
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        of_order, one = "/api/orders/{order}/refunds", "/api/refunds/{refund}"
        decided = (RefundNotFound, RefundOver)
        return [
            post(
                of_order, self.begin, may=Permission.REFUND, body=schemas.RefundRequest, reply=schemas.Refund, status=201,
                errors=(OrderNotFound, OrderState, RefundExceeds, NothingToRefund, ChargedBack, TextEmpty, KeyReused),
            ),
            get(of_order, self.of_order, may=Permission.BUY, reply=schemas.RefundsOfOrder, errors=(OrderNotFound,)),
            get(
                "/api/refunds", self.all, may=Permission.SEE_ORDERS, reply=schemas.RefundList, query=schemas.RefundQuery,
                errors=(BadRequest,),
            ),
            get(one, self.look, may=Permission.BUY, reply=schemas.Refund, errors=(RefundNotFound,)),
            post(
                f"{one}/approve", self.approve, may=Permission.REFUND, body=Nothing, reply=schemas.Refund,
                errors=(*decided, SecondPerson, ChargedBack),
            ),
            post(
                f"{one}/reject", self.reject, may=Permission.REFUND, body=schemas.RejectRequest, reply=schemas.Refund,
                errors=(*decided, TextEmpty),
            ),
            post(
                f"{one}/retry", self.retry, may=Permission.REFUND, body=Nothing, reply=schemas.Refund,
                errors=(*decided, AboveCaptured, ChargedBack),
            ),
            post(
                "/api/orders/{order}/weights", self.weigh, may=Permission.PICK, body=schemas.WeightsRequest,
                reply=schemas.WeightsSettled, errors=(OrderNotFound, OrderState, RefundExceeds, NotWeighed, ChargedBack),
            ),
        ]  # fmt: skip

    # --- acts of the staff ---

    async def begin(self, call: Call[schemas.RefundRequest]) -> schemas.Refund:
        """Pay back units of an order. The same key is the same refund, for ever."""
        body, db, key = call.body, call.tx.connection, call.kept_key()
        if key is not None and (known := await store.of_key(db, key)) is not None:
            row = await refunding.refund_of(db, known)
            assert row is not None, "its terms are kept with it"
            return await self._shown(db, row, call.person)
        wanted = refunds.Wanted(
            lines=[LineUnits(line=each.line, units=each.units) for each in body.lines],
            reason=clean(body.reason, schemas.REASON_CHARS_MAX),
            restock=body.restock,
            is_at_fault=body.at_fault,
            key=key,
        )
        begun = await refunds.begin(
            call.tx, call.path["order"], wanted, by=call.person, alone_max_minor=self._config.refund_alone_max_minor,
            now_ms=call.now_ms,
        )  # fmt: skip
        await audit.record(db, [refund_act(begun)], by=call.person, now_ms=call.now_ms)
        return await self._shown(db, begun.row, call.person)

    async def approve(self, call: Call[Nothing]) -> schemas.Refund:
        """Let go a refund that somebody else has asked for."""
        row = await refunds.approve(call.tx, call.path["refund"], by=call.person, now_ms=call.now_ms)
        return await self._decided(call, "refund_approve", row, was="approval")

    async def reject(self, call: Call[schemas.RejectRequest]) -> schemas.Refund:
        """Do not let it go; its units can be refunded again."""
        why = clean(call.body.reason, schemas.REASON_CHARS_MAX)
        row = await refunds.reject(call.tx, call.path["refund"], by=call.person, now_ms=call.now_ms)
        return await self._decided(call, "refund_reject", row, was="approval", why=why)

    async def retry(self, call: Call[Nothing]) -> schemas.Refund:
        """Ask the provider again for one that failed there, under the same number."""
        row = await refunding.retry(call.tx, call.path["refund"], now_ms=call.now_ms)
        if row is None:
            raise RefundNotFound
        return await self._decided(call, "refund_retry", row, was="failed")

    async def weigh(self, call: Call[schemas.WeightsRequest]) -> schemas.WeightsSettled:
        """Settle units that are sold by weight: what they weigh less goes back."""
        weighed = [Weighed(line=each.line, unit=each.unit, grams=each.grams) for each in call.body.units]
        back, row = await refunds.settle_weights(
            call.tx, call.path["order"], weighed, by=call.person, alone_max_minor=self._config.refund_alone_max_minor,
            now_ms=call.now_ms,
        )  # fmt: skip
        amount = sum(each.amount_minor for each in back)
        if back:
            act = Act(type="weigh", subject=call.path["order"], after={"units": len(back), "amount_minor": amount})
            await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)
        shown = None if row is None else await self._shown(call.tx.connection, row, call.person)
        return schemas.WeightsSettled(amount_minor=amount, refund=shown)

    async def _decided(self, call: Call[Any], type_: str, row: RefundRow, *, was: str, why: str = "") -> schemas.Refund:
        data = {"order": row.order, "amount_minor": row.amount_minor, "currency": row.currency}
        act = Act(type=type_, subject=row.id, was=was, became=row.state, about_id=row.person, why=why, data=data)
        await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return await self._shown(call.tx.connection, row, call.person)

    # --- looks ---

    async def of_order(self, call: Call[None]) -> schemas.RefundsOfOrder:
        """The refunds of an order of one's own, or of any for the staff."""
        async with self._database.connection() as connection:
            order = await orders.order_of(connection, call.path["order"])
            if order.person != call.person.id and not call.person.may(Permission.SEE_ORDERS):
                raise OrderNotFound
            rows = await refunding.of_order(connection, order.id)
            standing = await store.standing(connection, order)
            paid_in = None if order.payment is None else await payment_store.payment(connection, order.payment)
            items = await self._all_shown(connection, rows, call.person)
            alone = None
            if call.person.may(Permission.REFUND):
                begun = await connection.fetchrow(Q["refunds_begun"], order.id, call.person.id)
                assert begun is not None
                alone = max(0, self._config.refund_alone_max_minor - begun["alone_minor"])
                if await persons.is_among(connection, call.person.id, [order.person]):
                    alone = 0
        is_paid = order.paid_ms is not None and order.state != "cancelled"
        return schemas.RefundsOfOrder(
            items=items,
            currency=order.currency,
            paid_minor=order.paid_minor,
            refunded_minor=order.refunded_minor,
            left_minor=_left_minor(standing, paid_in) if is_paid else 0,
            units=[
                schemas.UnitLeft(line=each.line, unit=each.unit, amount_minor=each.amount_minor)
                for each in (units_left(standing.sold, standing.given) if is_paid else ())
            ],
            delivery_left_minor=delivery_left_minor(standing.sold, standing.given) if is_paid else 0,
            alone_left_minor=alone,
            charged_back_minor=0 if paid_in is None else max(0, paid_in.charged_back_minor),
        )

    async def look(self, call: Call[None]) -> schemas.Refund:
        """A refund of one's own, or any for the staff."""
        async with self._database.connection() as connection:
            row = await refunding.refund_of(connection, call.path["refund"])
            if row is None or (row.person != call.person.id and not call.person.may(Permission.SEE_ORDERS)):
                raise RefundNotFound
            return await self._shown(connection, row, call.person)

    async def all(self, call: Call[None]) -> schemas.RefundList | Streamed:
        """Refunds, latest first; as CSV or XLSX if the client asks for that."""
        asked: schemas.RefundQuery = call.query
        start = place(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "refunds", headings(COLUMNS), self._pages(asked, start))
        most = asked.most(self._core.lists_max)
        rows, has_more = page(await self._found(asked, start, most + 1), most)
        return schemas.RefundList(
            items=await self._all_listed(rows),
            next=f"{rows[-1]['created_ms']}.{rows[-1]['id']}" if has_more else None,
        )

    async def _found(self, asked: schemas.RefundQuery, start: tuple[int, str] | None, most: int) -> Sequence[Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(
                Q["refunds"], asked.state, typed(asked.q) or None, asked.since, asked.until, *(start or (None, None)), most
            )  # fmt: skip

    async def _all_listed(self, rows: Sequence[Record]) -> list[schemas.ListedRefund]:
        async with self._database.connection() as connection:
            units = await store.shown_units_of(connection, [row["id"] for row in rows])
            goods = await goods_of(connection, {id_: Counter(each.line for each in units[id_]) for id_ in units})
            names = await persons.names_of(
                connection, (row[name] for row in rows for name in ("person", "asked_by", "approved_by", "rejected_by"))
            )
        return [_listed(row, goods[row["id"]], names) for row in rows]

    async def _pages(
        self, asked: schemas.RefundQuery, start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while rows := await self._found(asked, start, ROWS_PER_QUERY):
            yield [_cells(each) for each in await self._all_listed(rows)]
            start = (rows[-1]["created_ms"], rows[-1]["id"])

    async def _shown(self, connection: Connection, row: RefundRow, by: Identity) -> schemas.Refund:
        return (await self._all_shown(connection, [row], by))[0]

    async def _all_shown(self, connection: Connection, rows: Sequence[RefundRow], by: Identity) -> list[schemas.Refund]:
        ids = [row.id for row in rows]
        units = await store.shown_units_of(connection, ids)
        terms = {each["refund"]: each for each in await connection.fetch(Q["terms"], ids)}
        names: Mapping[str, str] | None = None
        if by.may(Permission.SEE_ORDERS):
            names = await names_in(connection, rows)
        return [shown(row, terms.get(row.id), units[row.id], staff=names) for row in rows]


async def names_in(connection: Connection, rows: Sequence[RefundRow]) -> dict[str, str]:
    """What those are called who asked for refunds, and approved them."""
    return await persons.names_of(connection, (each for row in rows for each in (row.asked_by, row.approved_by)))


def shown(
    row: RefundRow, terms: Record | None, units: Sequence[UnitBack], *, staff: Mapping[str, str] | None
) -> schemas.Refund:
    """A refund as calls show it. `terms`: of one of goods; `staff`: what those are called who decide about it, for the staff
    alone; None: for nobody else to know.
    """
    is_staff, called = staff is not None, staff or {}
    by_line: dict[str, list[UnitBack]] = {}
    for each in units:
        by_line.setdefault(each.line, []).append(each)
    return schemas.Refund(
        id=row.id,
        order=row.order,
        kind=row.kind,
        state=row.state,
        amount_minor=row.amount_minor,
        currency=row.currency,
        provider=row.provider,
        reason=row.reason,
        lines=[
            schemas.RefundedLine(
                line=line,
                units=tuple(each.unit for each in of_line),
                amount_minor=sum(each.amount_minor for each in of_line),
                unit_amounts_minor=tuple(each.amount_minor for each in of_line),
            )
            for line, of_line in by_line.items()
        ],
        delivery_minor=0 if terms is None else terms["delivery_minor"],
        restock=None if terms is None else terms["restock"],
        is_rejected=row.rejected_by is not None,
        created_at=iso(row.created_ms) or "",
        paid_at=iso(row.paid_ms),
        asked_by=row.asked_by if is_staff else None,
        approved_by=row.approved_by if is_staff else None,
        asked_by_name=called.get(row.asked_by or ""),
        approved_by_name=called.get(row.approved_by or ""),
    )


def _left_minor(standing: Standing, paid_in: PaymentRow | None) -> int:
    """What of an order can be refunded yet; no more than the buyer's bank has left of its payment."""
    left = left_minor(standing.sold, standing.given)
    return left if paid_in is None else min(left, paid_in.there_minor)


def refund_act(begun: refunds.Begun) -> Act:
    """That a refund was begun, for the audit log."""
    row = begun.row
    after = {"amount_minor": row.amount_minor, "currency": row.currency, "units": len(begun.decided.units)}
    data = {"order": row.order}
    return Act(
        type="refund", subject=row.id, became=row.state, about_id=row.person, after=after, why=row.reason, data=data
    )


def _cells(shown: schemas.ListedRefund) -> list[csv.Cell]:
    return cells(shown, COLUMNS, items=in_one_cell(shown.goods))


def _listed(row: Record, goods: list[ListedLine], names: Mapping[str, str]) -> schemas.ListedRefund:
    return schemas.ListedRefund(
        id=row["id"],
        order=row["order_id"],
        number=row["number"],
        person=row["person"],
        person_name=names.get(row["person"], ""),
        goods=goods,
        kind=row["kind"],
        state=row["state"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        provider=row["provider"],
        reason=row["reason"],
        is_rejected=row["rejected_by"] is not None,
        asked_by=row["asked_by"],
        asked_by_name=names.get(row["asked_by"], ""),
        approved_by=row["approved_by"],
        approved_by_name=names.get(row["approved_by"], ""),
        rejected_by=row["rejected_by"],
        rejected_by_name=names.get(row["rejected_by"], ""),
        created_at=iso(row["created_ms"]) or "",
        paid_at=iso(row["paid_ms"]),
    )
