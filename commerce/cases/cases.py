"""What buyers and staff do with cases, each in the transaction of its call, with the case's row locked."""

import secrets
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Literal

from asyncpg import Record, UniqueViolationError
from msgspec import Struct

from commerce.cases import notices
from commerce.cases.errors import CaseNotFound, CaseState, CaseTooLate, PhotosNeeded, UnitsTaken
from commerce.cases.events import CaseDecided, CaseOpened
from commerce.cases.gifts import gift_card
from commerce.cases.machine import Decision, Kind, Reason, Step, after, needs_photo
from commerce.cases.settings import CasesConfig
from commerce.coupons.coupons import Coupons
from commerce.orders import store as orders
from commerce.orders.errors import OrderNotFound, OrderState
from commerce.orders.replacing import Replacing
from commerce.orders.rows import OrderRow
from commerce.refunds import refunds
from commerce.refunds import store as refund_store
from commerce.refunds.deciding import LineUnits, UnitBack, units_of
from commerce.refunds.errors import RefundExceeds
from livehub.base.auth import Identity
from livehub.base.db import Connection, Transaction
from livehub.base.errors import ForOneself
from livehub.base.events import emit
from livehub.base.idempotency import RowKey
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.hub.rooms.prizes import Prize
from livehub.notify.notify import Notify
from livehub.people import persons
from livehub.room.models import CouponCard

Q = queries(__file__, "cases.sql")

TO_CLOSE_MAX = 200


class Wish(Struct, frozen=True, kw_only=True):
    """What a buyer asks for. `key`: under which. `is_known`: the shop knows it by itself, so that no picture is needed."""

    lines: Sequence[LineUnits]
    kind: Kind
    reason: Reason
    text: str
    photos: Sequence[str]
    key: RowKey | None = None
    is_known: bool = False


class Verdict(Struct, frozen=True, kw_only=True):
    """What the staff decide. `lines`: none for all of the case; `coupon`: what a gift is; `slot`: the window that a
    replacement comes in, if not the next one.
    """

    decision: Decision
    lines: Sequence[LineUnits]
    note: str
    restock: bool | None
    is_at_fault: bool | None
    coupon: Prize | None = None
    slot: str | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What a decision has led to: money, an order, a coupon, or nothing."""

    refund: refunds.Begun | None = None
    replacement: OrderRow | None = None
    coupon: CouponCard | None = None


class Cases:
    """`alone_max_minor`: what one person may pay back, or give away, alone. `zone`: the shop's."""

    def __init__(
        self,
        config: CasesConfig,
        notify: Notify,
        *,
        replacing: Replacing,
        coupons: Coupons,
        alone_max_minor: int,
        zone: tzinfo,
    ) -> None:
        self._config = config
        self._notify = notify
        self._replacing = replacing
        self._coupons = coupons
        self._alone_max_minor = alone_max_minor
        self._zone = zone

    # --- buyers ---

    async def open(self, tx: Transaction, order: str, wish: Wish, *, by: Identity, now_ms: int) -> str:
        """A new case about an order of one's own. Raises OrderNotFound, OrderState, CaseTooLate, PhotosNeeded, UnitsTaken."""
        db = tx.connection
        row = await orders.locked(tx, order)
        if row.person != by.id:
            raise OrderNotFound
        if row.paid_ms is None or row.state == "cancelled":
            raise OrderState(details={"state": row.state})
        delivered_ms: int | None = await db.fetchval(Q["delivered"], order)
        self._check_time(wish, delivered_ms, now_ms)
        standing = await refund_store.standing(db, row)
        try:
            units = units_of(standing.sold, standing.given, wish.lines)
        except RefundExceeds as refusal:
            raise UnitsTaken(details=refusal.details) from refusal
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        due_ms = now_ms + self._config.case_answer_s * 1000
        await db.execute(
            Q["insert_case"], id_, order, by.id, wish.kind, wish.reason, wish.text, now_ms, due_ms,
            *refund_store.columns_of(wish.key),
        )  # fmt: skip
        await self._insert_lines(tx, id_, units)
        await db.execute(Q["insert_photos"], id_, list(wish.photos))
        opened = CaseOpened(case=id_, order=order, person=by.id, kind=wish.kind, reason=wish.reason, at_ms=now_ms)
        await emit(tx, opened, key=order)
        return id_

    def _check_time(self, wish: Wish, delivered_ms: int | None, now_ms: int) -> None:
        if delivered_ms is not None and now_ms > (until_ms := delivered_ms + self._config.case_open_s * 1000):
            raise CaseTooLate(details={"until": iso(until_ms)})
        no_photo_s = self._config.case_no_photo_s
        if not (wish.photos or wish.is_known) and needs_photo(
            wish.reason, delivered_ms=delivered_ms, now_ms=now_ms, no_photo_s=no_photo_s
        ):
            raise PhotosNeeded

    @staticmethod
    async def _insert_lines(tx: Transaction, case: str, units: Sequence[UnitBack]) -> None:
        lines = [each.line for each in units], [each.unit for each in units]
        try:
            async with tx.savepoint():
                await tx.connection.execute(Q["insert_case_lines"], case, *lines)
        except UniqueViolationError as error:
            raise UnitsTaken from error

    async def withdraw(self, tx: Transaction, case: str, *, by: Identity, now_ms: int) -> None:
        """Take back one's own case, while nobody has decided. Raises CaseNotFound, CaseState."""
        row = await held(tx.connection, case, of=by)
        await self._step(tx, row, "withdraw", by=by.id, now_ms=now_ms)

    async def appeal(self, tx: Transaction, case: str, text: str, *, by: Identity, now_ms: int) -> None:
        """Ask for another look after a rejection, once, in time. Raises CaseNotFound, CaseState, UnitsTaken."""
        row = await held(tx.connection, case, of=by)
        if not can_appeal(row, self._config.case_appeal_s, now_ms=now_ms):
            raise CaseState(details={"state": row["state"]})
        await self._set_open(tx, case)
        due_ms = now_ms + self._config.case_answer_s * 1000
        await tx.connection.execute(Q["appeal"], case, text, by.id, now_ms, due_ms)

    # --- staff ---

    async def see(self, tx: Transaction, case: str, *, by: Identity, now_ms: int) -> bool:
        """Somebody looks after it now; whether nobody had. Raises CaseNotFound, CaseState."""
        row = await held(tx.connection, case)
        if row["state"] != "open":
            raise CaseState(details={"state": row["state"]})
        if row["seen_ms"] is not None:
            return False
        await tx.connection.execute(Q["see"], case, by.id, now_ms)
        return True

    async def decide(self, tx: Transaction, case: str, verdict: Verdict, *, by: Identity, now_ms: int) -> Outcome:
        """Decide a case, once, and never one's own; what it leads to is begun, sent or given in the same transaction.

        Raises CaseNotFound, CaseState, ForOneself, what a refund may, and Replacing.send; BadRequest and GiftTooLarge of a
        coupon.
        """
        row = await held(tx.connection, case)
        if after(row["state"], "decide") is None:
            raise CaseState(details={"state": row["state"]})
        if await persons.is_among(tx.connection, by.id, [row["person"]]):
            raise ForOneself
        lines = verdict.lines or await self._lines(tx.connection, case)
        outcome = await self._carry_out(tx, row, verdict, lines, by=by, now_ms=now_ms)
        refund = None if outcome.refund is None else outcome.refund.row.id
        replacement = None if outcome.replacement is None else outcome.replacement.id
        coupon = None if outcome.coupon is None else outcome.coupon.id
        await tx.connection.execute(
            Q["decide"], case, verdict.decision, verdict.note, refund, by.id, now_ms, replacement, coupon
        )
        await tx.connection.execute(Q["end_lines"], case)
        decided = CaseDecided(
            case=case, order=row["order_id"], person=row["person"], decision=verdict.decision,
            lines=tuple((each.line, each.units) for each in lines if not isinstance(each.units, int)),
            refund=refund, replacement=replacement, coupon=coupon, at_ms=now_ms,
        )  # fmt: skip
        await emit(tx, decided, key=row["order_id"])
        is_final = verdict.decision == "reject" and row["appealed_ms"] is not None
        template = notices.REJECTED_AGAIN if is_final else notices.DECIDED[verdict.decision]
        told = notices.told(
            template, person=row["person"], of=case, order=replacement or row["order_id"], number=row["number"],
            note=verdict.note, gift="" if outcome.coupon is None else outcome.coupon.title, at_ms=now_ms,
        )  # fmt: skip
        await self._notify.notify(tx, [told], now_ms=now_ms)
        return outcome

    async def _carry_out(
        self, tx: Transaction, row: Record, verdict: Verdict, lines: Sequence[LineUnits], *, by: Identity, now_ms: int
    ) -> Outcome:
        case = row["id"]
        match verdict.decision:
            case "refund":
                is_at_fault = row["reason"] == "undelivered" if verdict.is_at_fault is None else verdict.is_at_fault
                wanted = refunds.Wanted(
                    lines=lines, reason=row["reason"], restock=verdict.restock, is_at_fault=is_at_fault, case=case
                )
                begun = await refunds.begin(
                    tx, row["order_id"], wanted, by=by, alone_max_minor=self._alone_max_minor, now_ms=now_ms
                )
                return Outcome(refund=begun)
            case "replace":
                standing = await refund_store.hold(tx, row["order_id"])
                if standing.order.state == "cancelled":
                    raise OrderState(details={"state": standing.order.state})
                units: dict[str, list[int]] = {}
                for each in units_of(standing.sold, standing.given, lines):
                    units.setdefault(each.line, []).append(each.unit)
                sent = await self._replacing.send(
                    tx, standing.order, units, case=case, by=by.id, now_ms=now_ms, slot=verdict.slot
                )
                return Outcome(replacement=sent)
            case "gift":
                card = gift_card(
                    verdict.coupon, case, row["currency"], alone_max_minor=self._alone_max_minor, zone=self._zone,
                    now_ms=now_ms,
                )  # fmt: skip
                await self._coupons.grant(tx, None, card, [row["person"]], now_ms=now_ms)
                return Outcome(coupon=card)
            case "reject":
                return Outcome()

    async def close(self, tx: Transaction, case: str, *, by: str | None, now_ms: int) -> None:
        """Nothing more is to come of it. Raises CaseNotFound, CaseState."""
        await self._step(tx, await held(tx.connection, case), "close", by=by, now_ms=now_ms)

    # --- by itself ---

    async def close_settled(self, tx: Transaction, *, now_ms: int) -> int:
        """Close decided cases of which nothing is to come; how many."""
        before_ms = now_ms - self._config.case_appeal_s * 1000
        rows = await tx.connection.fetch(Q["to_close"], before_ms, TO_CLOSE_MAX)
        for row in rows:
            await self.close(tx, row["id"], by=None, now_ms=now_ms)
        return len(rows)

    async def refund_rejected(self, tx: Transaction, refund: str, *, now_ms: int) -> None:
        """The second person did not let the refund of a case go: it is to be decided anew."""
        case = await tx.connection.fetchval(Q["case_of_refund"], refund)
        if case is None:
            return
        row = await held(tx.connection, case)
        if row["refund"] == refund and after(row["state"], "refund_rejected") is not None:
            await self._reopen(tx, row, "refund_rejected", now_ms=now_ms)

    async def replacement_cancelled(self, tx: Transaction, order: str, *, now_ms: int) -> None:
        """What was to be sent instead is not: the case is to be decided anew."""
        case = await tx.connection.fetchval(Q["case_of_replacement"], order)
        if case is None:
            return
        row = await held(tx.connection, case)
        if row["replacement"] == order and after(row["state"], "replacement_cancelled") is not None:
            await self._reopen(tx, row, "replacement_cancelled", now_ms=now_ms)

    async def _reopen(
        self, tx: Transaction, row: Record, step: Literal["refund_rejected", "replacement_cancelled"], *, now_ms: int
    ) -> None:
        try:
            await self._set_open(tx, row["id"])
        except UnitsTaken:  # the buyer has opened another one about them meanwhile
            await self._step(tx, row, "close", by=None, now_ms=now_ms)
            return
        due_ms = now_ms + self._config.case_answer_s * 1000
        await tx.connection.execute(Q["reopen"], row["id"], now_ms, due_ms, step)

    @staticmethod
    async def _set_open(tx: Transaction, case: str) -> None:
        """Its units are in an open case again. Raises UnitsTaken when another one has them by now."""
        try:
            async with tx.savepoint():
                await tx.connection.execute(Q["reopen_lines"], case)
        except UniqueViolationError as error:
            raise UnitsTaken from error

    @staticmethod
    async def _step(tx: Transaction, row: Record, step: Step, *, by: str | None, now_ms: int) -> None:
        state = after(row["state"], step)
        if state is None:
            raise CaseState(details={"state": row["state"]})
        await tx.connection.execute(Q["step"], row["id"], state, step, by, now_ms)
        await tx.connection.execute(Q["end_lines"], row["id"])

    @staticmethod
    async def _lines(connection: Connection, case: str) -> list[LineUnits]:
        units: dict[str, tuple[int, ...]] = {}
        for row in await connection.fetch(Q["lines"], [case]):
            units[row["line"]] = (*units.get(row["line"], ()), row["unit"])
        return [LineUnits(line=line, units=which) for line, which in units.items()]


async def of_key(connection: Connection, key: RowKey) -> str | None:
    """The case that was opened under that key. Raises KeyReused if it was another request's."""
    row = await connection.fetchrow(Q["of_key"], key.digest)
    if row is None:
        return None
    key.check(row["fingerprint"])
    return str(row["id"])


async def held(connection: Connection, case: str, *, of: Identity | None = None) -> Record:
    """A case, its row locked until the transaction ends. `of`: only if it is theirs. Raises CaseNotFound."""
    row = await connection.fetchrow(Q["case_for_update"], case)
    if row is None or (of is not None and row["person"] != of.id):
        raise CaseNotFound
    return row


def can_appeal(row: Any, appeal_s: int, *, now_ms: int) -> bool:
    """Whether the buyer may ask for another look: after a rejection, once, in time."""
    is_rejected = row["state"] == "decided" and row["decision"] == "reject" and row["appealed_ms"] is None
    return is_rejected and now_ms <= row["decided_ms"] + appeal_s * 1000
