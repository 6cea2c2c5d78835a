"""Hears of payments and refunds: what a provider tells, or answers, is compared with what was asked for before it counts.

paid, the right sum                 Payables.paid, which does all that follows in one transaction
paid, another sum or currency       nobody gets anything for it: a finding, and the money stands in suspense in the ledger
paid twice, by one attempt          the second money becomes an attempt of its own, which is paid, too; orders send it back
closed, failed                      the attempt is
"""

import hashlib
import logging
import re
import secrets

from msgspec.structs import replace

from commerce.ledger.posting import post
from commerce.ledger.transfers import Transfer, charged_back, misdirected, reinstated
from commerce.payments import findings, store
from commerce.payments.errors import RefundOver
from commerce.payments.findings import Finding, FindingKind
from commerce.payments.look_ups import LookUps
from commerce.payments.machine import REFUND
from commerce.payments.payables import NoticeKey, PaidIn, Payables
from commerce.payments.provider import Notice, RefundStatus, Status
from commerce.payments.refund_rows import RefundRow
from commerce.payments.refunding import accept, change, locked_refund
from commerce.payments.store import PaymentRow
from livehub.base.db import Transaction
from livehub.base.errors import Unavailable
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.module import Context

log = logging.getLogger("commerce.payments")

CURRENCY = re.compile(r"[A-Z]{3}")  # what is none is money of no ledger: the finding says what was said

DISPUTED: dict[str, FindingKind] = {"chargeback": "chargeback", "reinstated": "chargeback_won"}


class Hearing:
    """One for a process. What is paid for is asked for late: its module comes after ours in the list."""

    def __init__(self, context: Context, look_ups: LookUps) -> None:
        self._context = context
        self._look_ups = look_ups
        self._database = context.database
        self._clock = context.clock

    @property
    def payables(self) -> Payables:
        """Raises Unavailable where nothing can be paid for."""
        found: Payables | None = self._context.port(Payables)
        if found is None:
            raise Unavailable("Nothing can be paid for here.")
        return found

    # --- payments ---

    async def heard(self, row: PaymentRow, status: Status, *, notice: NoticeKey | None = None) -> Status:
        """What is made of it: the same, or `failed` if the money is not what was asked for. Raises Unavailable."""
        if status.state == "paid":
            return await self._heard_paid(row, status, notice)
        if status.state == "closed" or status.state == "failed":
            async with self._database.batch.transaction() as tx:
                await store.end(tx.connection, row.id, status.state, now_ms=self._now_ms())
                await self._note(tx, row.provider, row.id, notice)
        elif notice is not None:
            async with self._database.batch.transaction() as tx:
                await self._note(tx, row.provider, row.id, notice)
        return status

    async def _heard_paid(self, row: PaymentRow, status: Status, notice: NoticeKey | None) -> Status:
        wrong = _wrong(row, status)
        if wrong is not None:
            await self._misfit(row, status, wrong, notice)
            return Status(state="failed")
        if row.state != "paid":
            await self._pay(row, status, notice)
            if status.capture is None:
                return status
            now, told_by = await self._look_ups.told(row.id, row.provider, "" if notice is None else notice.id)
            if told_by is not None:
                return status  # with its own money: had another one paid it, this notice was not remembered yet
            assert now is not None, "payments are kept"
            row = now
        if status.capture is not None and status.capture != row.ref:
            second = await self._second(row, status.capture)
            if second.state != "paid":
                await self._pay(second, status, notice)
                return status
        if notice is not None:
            async with self._database.batch.transaction() as tx:
                await self._note(tx, row.provider, row.id, notice)
        return status

    async def _pay(self, row: PaymentRow, status: Status, notice: NoticeKey | None) -> None:
        await self.payables.paid(
            PaidIn(
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
        )

    async def _second(self, row: PaymentRow, capture: str) -> PaymentRow:
        """An attempt for money that an attempt brought in besides; the same for the same money."""
        now_ms, key = self._now_ms(), f"second:{row.id}:{capture}"
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        again = PaymentRow(
            id=id_, order=row.order, person=row.person, provider=row.provider, key=key,
            fingerprint=hashlib.sha256(key.encode()).digest(), state="open", amount_minor=row.amount_minor,
            currency=row.currency, description=row.description, return_path=row.return_path, created_ms=now_ms,
            closes_ms=now_ms,
        )  # fmt: skip
        found = Finding(
            key=key, kind="double_payment", provider=row.provider, payment=row.id, order=row.order,
            amount_minor=row.amount_minor, currency=row.currency, details={"ref": capture},
        )  # fmt: skip
        async with self._database.batch.transaction() as tx:
            await store.insert(tx.connection, [again], next_try_real_ms=[store.NEVER_MS])
            await findings.note(tx.connection, [found], now_ms=now_ms)
            ((second, _, _),) = await store.by_keys(tx.connection, [(row.person, key, row.order)])
        assert second is not None, "it is there by now"
        return second

    async def _misfit(self, row: PaymentRow, status: Status, kind: FindingKind, notice: NoticeKey | None) -> None:
        of, ref = f"{row.id}:{status.amount_minor}:{status.currency}", status.capture or status.ref
        found = Finding(
            key=f"{kind}:{of}",
            kind=kind,
            provider=row.provider,
            payment=row.id,
            order=row.order,
            amount_minor=status.amount_minor,
            currency=status.currency,
            details={"asked_minor": row.amount_minor, "asked_currency": row.currency, "ref": ref},
        )
        async with self._database.batch.transaction() as tx:
            await store.end(tx.connection, row.id, "failed", now_ms=self._now_ms())
            await self._found_money(tx, found, of)
            await self._note(tx, row.provider, row.id, notice)

    async def unknown(self, provider: str, notice: Notice, key: NoticeKey) -> None:
        """Of a payment, or a refund, that is none of ours."""
        kind: FindingKind = "unknown_refund" if notice.kind == "refund" else "unknown_payment"
        is_money = kind == "unknown_payment" and notice.state == "paid"
        of = f"{notice.about}:{notice.amount_minor}:{notice.currency}"
        found = Finding(
            key=f"{kind}:{provider}:{of}" if is_money or notice.kind == "refund" else f"{kind}:{provider}:{of}:{notice.kind}",
            kind=kind, provider=provider,
            payment=notice.about if notice.kind != "refund" else None,
            refund=notice.about if notice.kind == "refund" else None,
            amount_minor=notice.amount_minor, currency=notice.currency,
            details={"ref": notice.capture or notice.ref, "state": notice.state},
        )  # fmt: skip
        async with self._database.batch.transaction() as tx:
            await (self._found_money(tx, found, of) if is_money else self._found(tx, found, None))
            await self._note(tx, provider, notice.about, key)

    async def by_ref(self, provider: str, ref: str) -> PaymentRow | None:
        """The payment that its provider has that number of. Raises Unavailable."""
        async with self._database.connection() as connection:
            return await store.by_ref(connection, provider, ref)

    async def disputed(self, row: PaymentRow, notice: Notice, key: NoticeKey) -> None:
        """The buyer's bank took money back, however much of it, or gave it back; whichever of both is heard of first."""
        is_back = notice.kind == "reinstated"
        of, kind, transfer = notice.dispute or notice.id, DISPUTED[notice.kind], reinstated if is_back else charged_back
        found = Finding(
            key=f"{kind}:{row.provider}:{of}", kind=kind, provider=row.provider, payment=row.id, order=row.order,
            amount_minor=notice.amount_minor, currency=notice.currency,
            details={"paid_minor": row.amount_minor, "ref": notice.ref},
        )  # fmt: skip
        async with self._database.batch.transaction() as tx:
            if await self._found(tx, found, None):
                is_known = notice.amount_minor is not None and notice.currency == row.currency
                minor = notice.amount_minor if is_known and notice.amount_minor is not None else row.amount_minor
                await store.charge_back(tx.connection, row.id, -minor if is_back else minor)
                if notice.amount_minor and CURRENCY.fullmatch(notice.currency or ""):
                    assert notice.currency is not None
                    await post(tx.connection, [
                        transfer(
                            notice=of, provider=row.provider, amount_minor=notice.amount_minor, currency=notice.currency,
                            at_ms=self._now_ms(), order=row.order,
                        )
                    ])  # fmt: skip
            await self._note(tx, row.provider, row.id, key)

    async def _found_money(self, tx: Transaction, found: Finding, of: str) -> None:
        """Money that is told again is one finding; other money of the same sum, by its provider's number, another."""
        ref = found.details["ref"]
        if await findings.is_of_other_money(tx.connection, found.key, ref):
            found, of = replace(found, key=f"{found.key}:{ref}"), f"{of}:{ref}"
        await self._found(tx, found, of)

    async def _found(self, tx: Transaction, found: Finding, misdirected_as: str | None) -> bool:
        """Keep a finding, and, under that name, its money in suspense; whether it is new."""
        now_ms = self._now_ms()
        is_new = bool(await findings.note(tx.connection, [found], now_ms=now_ms))
        if is_new:
            log.warning(
                "payments.finding", extra={"kind": found.kind, "payment": found.payment, "provider": found.provider}
            )
        if is_new and misdirected_as is not None and found.amount_minor and CURRENCY.fullmatch(found.currency or ""):
            assert found.currency is not None
            transfer: Transfer = misdirected(
                notice=misdirected_as, provider=found.provider, amount_minor=found.amount_minor,
                currency=found.currency, at_ms=now_ms, order=found.order,
            )  # fmt: skip
            await post(tx.connection, [transfer])
        return is_new

    # --- refunds ---

    async def heard_of_refund(
        self, refund: str, status: RefundStatus, *, provider: str, notice: Notice | None = None
    ) -> RefundRow | None:
        """What the refund is then; None: that provider has none of that id. Raises Unavailable."""
        async with self._database.batch.transaction() as tx:
            row = await locked_refund(tx.connection, refund)
            if row is None or row.provider != provider:
                return None
            row = await self._changed(tx, row, status, notice)
            if notice is not None:
                await self._note(tx, row.provider, row.id, NoticeKey(id=notice.id, delivery=notice.delivery))
        return row

    async def _changed(self, tx: Transaction, row: RefundRow, status: RefundStatus, notice: Notice | None) -> RefundRow:
        now_ms = self._now_ms()
        said = (row.amount_minor, row.currency) if notice is None else (notice.amount_minor, notice.currency)
        if said != (row.amount_minor, row.currency):
            await self._found(
                tx, _of_refund(row, "wrong_amount", {"said_minor": said[0], "said_currency": said[1]}), None
            )
            return row
        if status.state == "processing":
            if row.state == "processing":
                await accept(tx, row.id, status.ref)
            return row
        if status.state == "unknown" or (row.state, status.state) not in REFUND:
            return row
        if row.rejected_by is not None:
            await self._found(tx, _of_refund(row, "refund_above", {"why": "rejected"}), None)
            return row
        try:
            changed = await change(tx, row, status.state, now_ms=now_ms, ref=status.ref)
        except RefundOver as refusal:
            await self._found(tx, _of_refund(row, "refund_above", dict(refusal.details)), None)
            return row
        if status.state == "failed":
            of_failure = {"why": status.why, "tries": row.tries}
            await self._found(tx, _of_refund(row, "refund_failed", of_failure, key=f"{row.id}:{now_ms}"), None)
        await self.payables.refunded(tx, changed)
        return changed

    async def _note(self, tx: Transaction, provider: str, about: str, notice: NoticeKey | None) -> None:
        if notice is not None:
            real_ms = int(self._clock.real_s() * 1000)
            await store.note_notice(tx.connection, provider, notice, about, now_real_ms=real_ms)

    def _now_ms(self) -> int:
        return int(self._clock.now_s() * 1000)


def _of_refund(row: RefundRow, kind: FindingKind, details: dict[str, object], *, key: str = "") -> Finding:
    return Finding(
        key=f"{kind}:{key or row.id}", kind=kind, provider=row.provider, payment=row.payment, refund=row.id,
        order=row.order, amount_minor=row.amount_minor, currency=row.currency, details=details,
    )  # fmt: skip


def _wrong(row: PaymentRow, status: Status) -> FindingKind | None:
    if status.currency != row.currency:
        return "wrong_currency"
    return "wrong_amount" if status.amount_minor != row.amount_minor else None
