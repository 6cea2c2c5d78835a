"""HTTP: after-sales cases, of buyers and for the staff."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from asyncpg import Record

from commerce.cases import schemas
from commerce.cases.cases import Cases, Q, Verdict, Wish, can_appeal, of_key
from commerce.cases.errors import CaseNotFound, CaseState, CaseTooLate, GiftTooLarge, PhotosNeeded, UnitsTaken
from commerce.cases.machine import reason_of
from commerce.cases.settings import CasesConfig
from commerce.delivery.errors import OutsideArea, SlotFull, SlotNotFound
from commerce.list_cells import cells, headings
from commerce.orders import store as orders
from commerce.orders.errors import OrderNotFound, OrderState, OrderTooLarge
from commerce.orders.list_schemas import ListedLine
from commerce.orders.list_store import goods_of, in_one_cell
from commerce.payments import refunding
from commerce.payments.errors import ChargedBack
from commerce.refunds import store as refund_store
from commerce.refunds.api import names_in, refund_act
from commerce.refunds.api import shown as refund_shown
from commerce.refunds.deciding import LineUnits
from commerce.refunds.errors import NothingToRefund, RefundExceeds
from commerce.refunds.schemas import Lines
from commerce.sales.errors import SoldOut
from commerce.typed import typed
from livehub.base import csv
from livehub.base.auth import Identity, Permission, require, require_fresh
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, Forbidden, ForOneself, KeyReused, SigninTooOld, TextEmpty, Unavailable
from livehub.base.lists import iso, page, place
from livehub.base.streamed import Streamed
from livehub.base.text import clean
from livehub.base.uploads.errors import UploadNotFound
from livehub.base.uploads.uses import ADDRESS_OR_ID, picture
from livehub.hub.rooms.schemas import Nothing
from livehub.people import audit, list_files, persons
from livehub.people.audit import Act
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

COLUMNS = (
    "id", "number", "person", "person_name", "items", "kind", "reason", "text", "state", "decision", "opened_at", "due_at",
    "decided_at", "decided_by", "decided_by_name",
)  # fmt: skip


class CasesApi:
    """`real_s`: Unix seconds, by which sign-ins go."""

    def __init__(
        self,
        config: CasesConfig,
        core: Config,
        database: Database,
        cases: Cases,
        files: ListFiles,
        real_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._core = core
        self._database = database
        self._cases = cases
        self._files = files
        self._real_s = real_s

    def endpoints(self) -> list[Endpoint]:
        one, care, own = "/api/cases/{case}", Permission.CARE, Permission.BUY
        return [
            post(
                "/api/orders/{order}/cases", self.open, may=own, body=schemas.CaseRequest, reply=schemas.Case, status=201,
                errors=(OrderNotFound, OrderState, CaseTooLate, PhotosNeeded, UnitsTaken, UploadNotFound, KeyReused),
            ),
            get("/api/me/cases", self.mine, may=own, reply=schemas.OwnCases, query=schemas.OwnCasesQuery),
            get(one, self.look, may=own, reply=schemas.Case, errors=(CaseNotFound,)),
            post(
                f"{one}/withdraw", self.withdraw, may=own, body=Nothing, reply=schemas.Case, errors=(CaseNotFound, CaseState)
            ),
            post(
                f"{one}/appeal", self.appeal, may=own, body=schemas.AppealRequest, reply=schemas.Case,
                errors=(CaseNotFound, CaseState, TextEmpty, UnitsTaken),
            ),
            get(
                "/api/cases", self.all, may=care, reply=schemas.CaseList, query=schemas.CaseQuery, errors=(BadRequest,)
            ),
            post(f"{one}/see", self.see, may=care, body=Nothing, reply=schemas.Case, errors=(CaseNotFound, CaseState)),
            post(
                f"{one}/decision", self.decide, may=care, body=schemas.DecisionRequest, reply=schemas.Case,
                errors=(
                    CaseNotFound, CaseState, RefundExceeds, NothingToRefund, ChargedBack, Forbidden, SigninTooOld, OrderState,
                    SoldOut, OrderTooLarge, GiftTooLarge, OutsideArea, SlotNotFound, SlotFull, BadRequest, ForOneself,
                    Unavailable,
                ),
            ),
            post(
                f"{one}/close", self.close, may=care, body=Nothing, reply=schemas.Case, errors=(CaseNotFound, CaseState)
            ),
        ]  # fmt: skip

    # --- buyers ---

    async def open(self, call: Call[schemas.CaseRequest]) -> schemas.Case:
        """Say what is wrong with an order of one's own. The same key is the same case, for ever."""
        body, db, key = call.body, call.tx.connection, call.kept_key()
        if key is not None and (known := await of_key(db, key)) is not None:
            return await self._shown(db, known, call.person, call.now_ms)
        photos = [await self._picture(call, given) for given in body.photos]
        wish = Wish(
            lines=_units(body.lines),
            kind=body.kind,
            reason=reason_of(body.reason),
            text=_text(body.text),
            photos=photos,
            key=key,
        )
        id_ = await self._cases.open(call.tx, call.path["order"], wish, by=call.person, now_ms=call.now_ms)
        return await self._shown(db, id_, call.person, call.now_ms)

    async def _picture(self, call: Call[Any], given: str) -> str:
        """Of uploads alone: no page of the staff fetches what somebody points them to."""
        if ADDRESS_OR_ID.fullmatch(given) is None:
            raise UploadNotFound(details={"field": "photos"})
        found = await picture(
            call.tx.connection, given, by=call.person, used_as="case", field="photos", now_ms=call.now_ms
        )
        assert found is not None
        return found

    async def withdraw(self, call: Call[Nothing]) -> schemas.Case:
        """Take back a case of one's own that nobody has decided."""
        await self._cases.withdraw(call.tx, call.path["case"], by=call.person, now_ms=call.now_ms)
        return await self._shown(call.tx.connection, call.path["case"], call.person, call.now_ms)

    async def appeal(self, call: Call[schemas.AppealRequest]) -> schemas.Case:
        """Ask for another look after a rejection, once."""
        text = clean(call.body.text, schemas.TEXT_CHARS_MAX)
        await self._cases.appeal(call.tx, call.path["case"], text, by=call.person, now_ms=call.now_ms)
        return await self._shown(call.tx.connection, call.path["case"], call.person, call.now_ms)

    async def mine(self, call: Call[None]) -> schemas.OwnCases:
        """One's own cases, latest first."""
        most = call.query.most(self._core.lists_max)
        async with self._database.connection() as connection:
            found = await connection.fetch(Q["own_cases"], call.person.id, call.query.after, most + 1, call.query.order)
            rows, has_more = page(found, most)
            photos = await _photos(connection, rows)
            goods = await _goods(connection, rows)
        items = [_summary(row, photos[row["id"]], goods[row["id"]], call.now_ms) for row in rows]
        return schemas.OwnCases(items=items, next=items[-1].id if has_more else None)

    async def look(self, call: Call[None]) -> schemas.Case:
        """A case of one's own, or any for the staff."""
        async with self._database.connection() as connection:
            return await self._shown(connection, call.path["case"], call.person, call.now_ms)

    # --- staff ---

    async def all(self, call: Call[None]) -> schemas.CaseList | Streamed:
        """Cases, latest first, or those to be decided by when they are due; as CSV or XLSX if the client asks for that."""
        asked: schemas.CaseQuery = call.query
        start = place(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "cases", headings(COLUMNS), self._pages(asked, start, call.now_ms))
        most = asked.most(self._core.lists_max)
        async with self._database.connection() as connection:
            found = await self._found(connection, asked, start, most + 1, call.now_ms)
            rows, has_more = page(found, most)
            photos = await _photos(connection, rows)
            goods, names = await _goods(connection, rows), await _names(connection, rows)
            counts = await connection.fetchrow(Q["counts"], call.now_ms)
        assert counts is not None
        return schemas.CaseList(
            items=[_summary(row, photos[row["id"]], goods[row["id"]], call.now_ms, names=names) for row in rows],
            open=counts["open"],
            overdue=counts["overdue"],
            next=_place(asked, rows[-1]) if has_more else None,
        )

    @staticmethod
    async def _found(
        connection: Connection, asked: schemas.CaseQuery, start: tuple[int, str] | None, most: int, now_ms: int
    ) -> Sequence[Record]:
        overdue_ms = now_ms if asked.overdue else None
        number = typed(asked.q) or None
        if asked.queue:
            return await connection.fetch(Q["queue"], number, asked.order, overdue_ms, *(start or (None, None)), most)
        return await connection.fetch(
            Q["cases"], asked.state, number, asked.order, overdue_ms, *(start or (None, None)), most
        )  # fmt: skip

    async def _pages(
        self, asked: schemas.CaseQuery, start: tuple[int, str] | None, now_ms: int
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while True:
            async with self._database.connection() as connection:
                rows = await self._found(connection, asked, start, ROWS_PER_QUERY, now_ms)
                goods, names = await _goods(connection, rows), await _names(connection, rows)
            if not rows:
                return
            shown = (_summary(row, [], goods[row["id"]], now_ms, names=names) for row in rows)
            yield [cells(each, COLUMNS, items=in_one_cell(each.goods)) for each in shown]
            start = place(_place(asked, rows[-1]))

    async def see(self, call: Call[Nothing]) -> schemas.Case:
        """Say that one looks after it: the buyer sees that somebody does."""
        case = call.path["case"]
        if await self._cases.see(call.tx, case, by=call.person, now_ms=call.now_ms):
            await self._record(call, Act(type="case_see", subject=case, was="new", became="seen"))
        return await self._shown(call.tx.connection, case, call.person, call.now_ms)

    async def decide(self, call: Call[schemas.DecisionRequest]) -> schemas.Case:
        """Decide a case: money, another one, a gift, or nothing."""
        body, case = call.body, call.path["case"]
        if body.slot is not None and body.decision != "replace":
            raise BadRequest("slot: it is for a replacement.")
        if body.decision in ("refund", "gift"):
            require(call.person, Permission.REFUND)
            require_fresh(call.person, now_s=self._real_s(), within_s=self._core.fresh_sign_in_s)
        verdict = Verdict(
            decision=body.decision,
            lines=_units(body.lines),
            note=_text(body.note),
            restock=body.restock,
            is_at_fault=body.at_fault,
            coupon=body.coupon,
            slot=body.slot,
        )
        outcome = await self._cases.decide(call.tx, case, verdict, by=call.person, now_ms=call.now_ms)
        begun, sent, coupon = outcome.refund, outcome.replacement, outcome.coupon
        data = {} if sent is None else {"replacement": sent.number}
        data |= {} if coupon is None else {"coupon": coupon.title}
        act = Act(type="case_decide", subject=case, was="open", became=body.decision, why=verdict.note, data=data)
        await self._record(call, act, *([] if begun is None else [refund_act(begun)]))
        return await self._shown(call.tx.connection, case, call.person, call.now_ms)

    async def close(self, call: Call[Nothing]) -> schemas.Case:
        """Nothing more is to come of a decided case, as of a replacement that has arrived."""
        case = call.path["case"]
        await self._cases.close(call.tx, case, by=call.person.id, now_ms=call.now_ms)
        await self._record(call, Act(type="case_close", subject=case, was="decided", became="closed"))
        return await self._shown(call.tx.connection, case, call.person, call.now_ms)

    @staticmethod
    async def _record(call: Call[Any], *acts: Act) -> None:
        await audit.record(call.tx.connection, acts, by=call.person, now_ms=call.now_ms)

    # --- one case ---

    async def _shown(self, connection: Connection, case: str, by: Identity, now_ms: int) -> schemas.Case:
        """Raises CaseNotFound for that of somebody else, too."""
        row = await connection.fetchrow(Q["case"], case)
        is_staff = by.may(Permission.CARE)
        if row is None or (row["person"] != by.id and not is_staff):
            raise CaseNotFound
        units: dict[str, list[int]] = {}
        for each in await connection.fetch(Q["lines"], [case]):
            units.setdefault(each["line"], []).append(each["unit"])
        refund = None if row["refund"] is None else await refunding.refund_of(connection, row["refund"])
        worth_minor = await refund_store.worth_minor(
            connection, await orders.order_of(connection, row["order_id"]), units
        )
        steps = await connection.fetch(Q["steps"], [case])
        refund_names = await names_in(connection, [] if refund is None else [refund])
        names = await persons.names_of(connection, [row["person"], *(step["by"] for step in steps)])
        return schemas.Case(
            id=case,
            order=row["order_id"],
            number=row["number"],
            person=row["person"],
            person_name=names.get(row["person"]) if is_staff else None,
            kind=row["kind"],
            reason=row["reason"],
            text=row["text"],
            photos=(await _photos(connection, [row]))[case],
            lines=[schemas.CaseLine(line=line, units=tuple(which)) for line, which in units.items()],
            state=row["state"],
            opened_at=iso(row["opened_ms"]) or "",
            due_at=iso(row["due_ms"]) or "",
            is_overdue=_is_overdue(row, now_ms),
            seen_at=iso(row["seen_ms"]),
            decision=row["decision"],
            decided_at=iso(row["decided_ms"]),
            note=row["note"],
            refund=None if refund is None else refund_shown(refund, None, [], staff=refund_names if is_staff else None),
            replacement=row["replacement"],
            coupon=row["coupon"],
            appeal=row["appeal"],
            can_appeal=can_appeal(row, self._config.case_appeal_s, now_ms=now_ms),
            max_refund_minor=worth_minor,
            currency=row["currency"],
            steps=[
                schemas.CaseStep(
                    at=iso(step["at_ms"]) or "",
                    step=step["step"],
                    decision=step["decision"],
                    by=step["by"] if is_staff else None,
                    by_name=names.get(step["by"]) if is_staff else None,
                )
                for step in steps
            ],
            version=row["version"],
        )


async def _photos(connection: Connection, rows: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for row in await connection.fetch(Q["photos"], list(found)):
        found[row["case_id"]].append(row["picture"])
    return found


async def _goods(connection: Connection, rows: Sequence[Record]) -> dict[str, list[ListedLine]]:
    units: dict[str, Counter[str]] = {row["id"]: Counter() for row in rows}
    for row in await connection.fetch(Q["lines"], list(units)):
        units[row["case_id"]][row["line"]] += 1
    return await goods_of(connection, units)


async def _names(connection: Connection, rows: Sequence[Record]) -> dict[str, str]:
    return await persons.names_of(connection, (row[name] for row in rows for name in ("person", "decided_by")))


def _summary(
    row: Record, photos: list[str], goods: list[ListedLine], now_ms: int, *, names: Mapping[str, str] | None = None
) -> schemas.CaseSummary:
    """`names`: of people, for the staff; None: it is the buyer who looks."""
    people = (
        {}
        if names is None
        else {
            "person": row["person"],
            "person_name": names.get(row["person"]),
            "decided_by": row["decided_by"],
            "decided_by_name": names.get(row["decided_by"]),
        }
    )
    return schemas.CaseSummary(
        id=row["id"],
        order=row["order_id"],
        number=row["number"],
        kind=row["kind"],
        reason=row["reason"],
        text=row["text"],
        photos=photos,
        state=row["state"],
        opened_at=iso(row["opened_ms"]) or "",
        due_at=iso(row["due_ms"]) or "",
        is_overdue=_is_overdue(row, now_ms),
        decision=row["decision"],
        decided_at=iso(row["decided_ms"]),
        goods=goods,
        **people,
    )


def _place(asked: schemas.CaseQuery, row: Record) -> str:
    """Where the list goes on after a row."""
    return f"{row['due_ms' if asked.queue else 'opened_ms']}.{row['id']}"


def _is_overdue(row: Record, now_ms: int) -> bool:
    return bool(row["state"] == "open" and row["due_ms"] < now_ms)


def _units(lines: Lines) -> list[LineUnits]:
    return [LineUnits(line=each.line, units=each.units) for each in lines]


def _text(text: str) -> str:
    return clean(text, schemas.TEXT_CHARS_MAX) if text.strip() else ""
