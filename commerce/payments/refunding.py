"""Money back: a refund is begun here, in the transaction of whoever decides it; refund_asking.py then asks the provider.

    row = await begin(tx, order=..., payment=..., kind="late", key="late:" + payment, amount_minor=..., ...)

Refunds of one payment never sum up to more than it brought in: looked at here under the lock of the payment's row, and
held by the database for whoever writes (migrations/, count_refund). A key is a refund once: with the same key again
`begin` gives the same row.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from commerce.payments import findings, store
from commerce.payments.errors import (
    AboveCaptured,
    ChargedBack,
    PaymentNotFound,
    RefundOver,
    SecondPerson,
    TooManyRefunds,
)
from commerce.payments.findings import Finding
from commerce.payments.machine import REFUND
from commerce.payments.refund_rows import RefundKind, RefundRow
from commerce.payments.store import PaymentRow, locked
from livehub.base.db import Connection, Transaction
from livehub.base.errors import KeyReused
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.people import persons

Q = queries(__file__, "refunds.sql")

AT_ONCE = 0
CHARGED_BACK = "charged_back"  # why a refund has failed
REFUNDS_MAX = {"wechatpay": 50}  # parts in which a provider gives a payment back


def row_of(record: Any) -> RefundRow:
    """A row of `refunds`, with its payment's columns."""
    return RefundRow(**{name: record[name] for name in RefundRow.__struct_fields__})


async def begin(  # noqa: PLR0913  (each is a column)
    tx: Transaction,
    *,
    order: str,
    payment: str,
    kind: RefundKind,
    key: str,
    amount_minor: int,
    reason: str,
    by: str | None,
    needs_approval: bool,
    now_ms: int,
) -> RefundRow:
    """A refund of `amount_minor` (more than 0) of what `payment` brought in. `key`: what it is for, naturally
    ("late:{payment}"); `by`: the person who asks for it, None: nobody. `now_ms`: business time.

    What the buyer's bank has taken back already does not go back again: what somebody asks for is refused, what follows by
    itself begins as `failed`, with a finding, and can be tried again once the dispute is won.

    Raises AboveCaptured (`left_minor`), ChargedBack, TooManyRefunds (`limit`), PaymentNotFound for one that is not of that
    order, and KeyReused when the key was another refund's.
    """
    if amount_minor <= 0:
        raise ValueError("a refund is of something")
    paid_in = await locked(tx.connection, payment)
    if paid_in is None or paid_in.order != order:
        raise PaymentNotFound
    known = await by_key(tx.connection, key)
    if known is not None:
        if (known.payment, known.amount_minor, known.kind) != (payment, amount_minor, kind):
            raise KeyReused
        return known
    if amount_minor > paid_in.left_minor:
        raise AboveCaptured(details={"left_minor": paid_in.left_minor})
    is_there = amount_minor <= paid_in.there_minor
    if not is_there and by is not None:
        raise _charged_back(paid_in, paid_in.there_minor)
    limit = REFUNDS_MAX.get(paid_in.provider)
    if limit is not None and await tx.connection.fetchval(Q["refunds_count"], payment) >= limit:
        raise TooManyRefunds(details={"limit": limit})
    id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
    state = "approval" if needs_approval else "processing" if is_there else "failed"
    await tx.connection.execute(
        Q["insert_refund"], id_, order, payment, kind, key, amount_minor, paid_in.currency, reason, state, by, now_ms, AT_ONCE
    )  # fmt: skip
    row = await by_key(tx.connection, key)
    if row is None or row.id != id_:  # another payment's, begun at the same moment
        raise KeyReused
    if not is_there:
        await findings.note(tx.connection, [_not_there(row)], now_ms=now_ms)
    return row


def _charged_back(paid_in: PaymentRow, left_minor: int) -> ChargedBack:
    return ChargedBack(details={"charged_back_minor": paid_in.charged_back_minor, "left_minor": left_minor})


def _not_there(row: RefundRow) -> Finding:
    return Finding(
        key=f"refund_failed:{row.id}:{row.created_ms}", kind="refund_failed", provider=row.provider, payment=row.payment,
        refund=row.id, order=row.order, amount_minor=row.amount_minor, currency=row.currency, details={"why": CHARGED_BACK},
    )  # fmt: skip


async def approve(tx: Transaction, refund: str, *, by: str, now_ms: int) -> RefundRow | None:
    """A second person lets it go; None: there is none of that id. Raises SecondPerson, RefundOver, ChargedBack."""
    return await _decide(tx, refund, "approved", by=by, now_ms=now_ms)


async def reject(tx: Transaction, refund: str, *, by: str, now_ms: int) -> RefundRow | None:
    """A second person does not, or whoever asked for it takes it back. Raises RefundOver."""
    return await _decide(tx, refund, "rejected", by=by, now_ms=now_ms)


async def retry(tx: Transaction, refund: str, *, now_ms: int) -> RefundRow | None:
    """Ask the provider again for one that failed, under the same number; None: there is none of that id. Raises RefundOver,
    ChargedBack.
    """
    row = await locked_refund(tx.connection, refund)
    if row is None:
        return None
    if row.rejected_by is not None:
        raise RefundOver(details={"state": row.state})
    return await change(tx, row, "retried", now_ms=now_ms)


async def _decide(tx: Transaction, refund: str, event: str, *, by: str, now_ms: int) -> RefundRow | None:
    row = await locked_refund(tx.connection, refund)
    if row is None:
        return None
    if event == "approved" and await persons.is_among(tx.connection, by, (row.asked_by, row.person)):
        raise SecondPerson
    return await change(tx, row, event, now_ms=now_ms, by=by)


async def change(
    tx: Transaction, row: RefundRow, event: str, *, now_ms: int, by: str | None = None, ref: str | None = None
) -> RefundRow:
    """What `event` makes of a refund whose row is locked. `by`: who approves or rejects. Raises RefundOver (`state`) when it
    makes nothing of it, also of one that failed and for which nothing of the payment is left; ChargedBack when it were to go
    and the buyer's bank has the money already.
    """
    state = REFUND.get((row.state, event))
    if state is None or (row.state == "failed" and row.amount_minor > await left_minor(tx.connection, row.payment)):
        raise RefundOver(details={"state": row.state})
    if event in ("approved", "retried"):
        await _check_is_there(tx.connection, row)
    approver, rejecter = by if event == "approved" else None, by if event == "rejected" else None
    await tx.connection.execute(Q["change_refund"], row.id, state, approver, ref, now_ms, AT_ONCE, rejecter)
    changed = await refund_of(tx.connection, row.id)
    assert changed is not None
    return changed


async def is_there(connection: Connection, row: RefundRow) -> bool:
    """Whether a refund can go: the buyer's bank has not taken its money back already."""
    paid_in = await store.payment(connection, row.payment)
    return paid_in is not None and row.amount_minor <= _there_for(paid_in, row)


async def _check_is_there(connection: Connection, row: RefundRow) -> None:
    paid_in = await store.payment(connection, row.payment)
    assert paid_in is not None, "payments are kept"
    if row.amount_minor > (there_minor := _there_for(paid_in, row)):
        raise _charged_back(paid_in, there_minor)


def _there_for(paid_in: PaymentRow, row: RefundRow) -> int:
    """What of its payment is there for a refund: others, unless they have failed, go before it."""
    own_minor = 0 if row.state == "failed" else row.amount_minor
    return max(0, paid_in.left_minor + own_minor - max(0, paid_in.charged_back_minor))


async def accept(tx: Transaction, refund: str, ref: str | None) -> None:
    """The provider has it: from now on it is asked what became of it."""
    await tx.connection.execute(Q["accept_refund"], refund, ref)


async def due(connection: Connection, pauses_ms: Sequence[int], *, most: int, now_real_ms: int) -> list[RefundRow]:
    """Refunds to ask for, or about, now; for the pause that follows nobody else gets them."""
    return [
        row_of(record)
        for record in await connection.fetch(Q["due_refunds"], now_real_ms, list(pauses_ms), most, store.NEVER_MS)
    ]


async def left_minor(connection: Connection, payment: str) -> int:
    """What of a payment has not gone back, and is not on its way. For whoever has the lock of its row."""
    row = await store.payment(connection, payment)
    return 0 if row is None else row.left_minor


async def by_key(connection: Connection, key: str) -> RefundRow | None:
    """The refund of that key."""
    record = await connection.fetchrow(Q["refund_by_key"], key)
    return None if record is None else row_of(record)


async def refund_of(connection: Connection, id_: str) -> RefundRow | None:
    """The refund of that id."""
    record = await connection.fetchrow(Q["refund"], id_)
    return None if record is None else row_of(record)


async def locked_refund(connection: Connection, id_: str) -> RefundRow | None:
    """The same, its row and its payment's locked until the transaction ends."""
    record = await connection.fetchrow(Q["refund_for_update"], id_)
    return None if record is None else row_of(record)


async def of_order(connection: Connection, order: str) -> list[RefundRow]:
    """All refunds of an order, in their order."""
    return [row_of(record) for record in await connection.fetch(Q["refunds_of_order"], order)]
