"""Hears of payments: what a provider tells, or answers, is compared with what was asked for before it counts."""

import logging

from commerce.payments import findings, store
from commerce.payments.findings import Finding, FindingKind
from commerce.payments.payables import NoticeKey, PaidIn, Payables
from commerce.payments.provider import Status
from commerce.payments.store import PaymentRow
from livehub.base.errors import Unavailable
from livehub.base.module import Context

log = logging.getLogger("commerce.payments")


class Hearing:
    """One for a process. What is paid for is asked for late: its module comes after ours in the list."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = context.database
        self._clock = context.clock

    @property
    def payables(self) -> Payables:
        """Raises Unavailable where nothing can be paid for."""
        found: Payables | None = self._context.port(Payables)
        if found is None:
            raise Unavailable("Nothing can be paid for here.")
        return found

    async def heard(self, row: PaymentRow, status: Status, *, notice: NoticeKey | None = None) -> Status:
        """What is made of it: the same, or `failed` if money came that is not what was asked for. Raises Unavailable."""
        if status.state == "paid":
            wrong = _wrong(row, status)
            if wrong is not None:
                await self._misfit(row, status, wrong, notice)
                return Status(state="failed")
            paid = PaidIn(
                payment=row.id,
                order=row.order,
                person=row.person,
                provider=row.provider,
                ref=status.ref or row.ref,
                amount_minor=row.amount_minor,
                currency=row.currency,
                at_ms=self._now_ms(),
                paid_real_ms=status.paid_at_ms,
                notice=notice,
            )
            if row.state != "paid":
                await self.payables.paid(paid)
            elif notice is not None:
                async with self._database.batch.transaction() as tx:
                    await store.note_notice(tx.connection, row.provider, notice, row.id, now_real_ms=self._real_ms())
        elif status.state == "closed" or status.state == "failed":
            async with self._database.batch.transaction() as tx:
                await store.end(tx.connection, row.id, status.state, now_ms=self._now_ms())
        return status

    async def _misfit(self, row: PaymentRow, status: Status, kind: FindingKind, notice: NoticeKey | None) -> None:
        """Nobody gets anything for it; the staff see it."""
        found = Finding(
            key=f"{kind}:{row.id}:{status.amount_minor}:{status.currency}",
            kind=kind,
            provider=row.provider,
            payment=row.id,
            order=row.order,
            amount_minor=status.amount_minor,
            currency=status.currency,
            details={"asked_minor": row.amount_minor, "asked_currency": row.currency, "ref": status.ref},
        )
        log.warning("payments.misfit", extra={"kind": kind, "payment": row.id, "provider": row.provider})
        async with self._database.batch.transaction() as tx:
            await store.end(tx.connection, row.id, "failed", now_ms=self._now_ms())
            await findings.note(tx.connection, [found], now_ms=self._now_ms())
            if notice is not None:
                await store.note_notice(tx.connection, row.provider, notice, row.id, now_real_ms=self._real_ms())

    def _now_ms(self) -> int:
        return int(self._clock.now_s() * 1000)

    def _real_ms(self) -> int:
        return int(self._clock.real_s() * 1000)


def _wrong(row: PaymentRow, status: Status) -> FindingKind | None:
    if status.currency != row.currency:
        return "wrong_currency"
    return "wrong_amount" if status.amount_minor != row.amount_minor else None
