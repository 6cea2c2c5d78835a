"""The sandbox's books in PostgreSQL: what is opened and pressed is written many at a time."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from commerce.payments.errors import PaymentNotFound, PaymentOver
from commerce.payments.sandbox.acting import (
    TIMES,
    Account,
    Action,
    Capture,
    Message,
    RefundAccount,
    act,
    message,
    refund_notice,
)
from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries

Q = queries(__file__, "sandbox.sql")

CHANNEL = "livehub_sandbox"


class Press(Struct, frozen=True, kw_only=True):
    """A button that somebody presses; see acting.act."""

    payment: str
    action: Action
    notify: str = "once"
    delay_ms: int = 0


class Books:
    """`real_s`: Unix seconds. `told_of`: called when there are notices to tell."""

    def __init__(
        self,
        database: Database,
        real_s: Callable[[], float] = time.time,
        *,
        pays_at_once: bool,
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._database = database
        self._real_s = real_s
        self._pays_at_once = pays_at_once
        self.told_of: Callable[[], None] = lambda: None
        self._openings: GroupCommit[Account, bool] = GroupCommit(
            "sandbox payments", self._open, batch_max=batch_max, pending_max=waiting_max
        )
        self._presses: GroupCommit[Press, Account] = GroupCommit(
            "sandbox presses", self._press, batch_max=batch_max, pending_max=waiting_max
        )

    def start(self) -> None:
        self._openings.start()
        self._presses.start()

    async def stop(self) -> None:
        await self._openings.stop()
        await self._presses.stop()

    def now_ms(self) -> int:
        """Real time, as providers have it."""
        return int(self._real_s() * 1000)

    def new_id(self) -> str:
        return ordered_id(self.now_ms(), secrets.token_bytes(CHANCE_BYTES))

    async def opened(self, account: Account) -> None:
        """Open a payment; one that is there stays as it is. Raises Unavailable."""
        await self._openings.add(account)

    async def pressed(self, press: Press) -> Account:
        """The payment after that. Raises PaymentNotFound, PaymentOver (`state`), Unavailable."""
        return await self._presses.add(press)

    async def account(self, payment: str) -> Account | None:
        """The payment as it is now."""
        async with self._database.connection() as connection:
            record = await connection.fetchrow(Q["payment"], payment)
        return None if record is None else _account(record).at(self.now_ms())

    async def first_capture(self, payment: str) -> Capture | None:
        """The money that a payment has brought in."""
        async with self._database.connection() as connection:
            record = await connection.fetchrow(Q["first_capture"], payment)
        return None if record is None else Capture(**dict(record))

    async def closed(self, account: Account) -> Account:
        """What a payment is once nobody can pay it any more; `account`: as what it is kept if there is none."""
        async with self._database.transaction() as tx:
            await insert(tx.connection, [account])
            (record,) = await tx.connection.fetch(Q["payments_for_update"], [account.id])
            now = _account(record)
            if now.state == "open":
                await tx.connection.execute(Q["update_payments"], [now.id], ["closed"], [now.ref], [now.refunds])
                return account
        return now

    async def _open(self, accounts: list[Account]) -> list[bool | LivehubError]:
        async with self._database.batch.transaction() as tx:
            new = await insert(tx.connection, accounts)
            if self._pays_at_once:
                await self._pressed(tx, [Press(payment=id_, action="pay") for id_ in sorted(new)])
        return [account.id in new for account in accounts]

    async def _press(self, presses: list[Press]) -> list[Account | LivehubError]:
        async with self._database.batch.transaction() as tx:
            return await self._pressed(tx, presses)

    async def _pressed(self, tx: Transaction, presses: Sequence[Press]) -> list[Account | LivehubError]:
        records = await tx.connection.fetch(Q["payments_for_update"], sorted({press.payment for press in presses}))
        now_ms = self.now_ms()
        accounts = {record["id"]: _account(record).at(now_ms) for record in records}
        captures: list[Capture] = []
        messages: list[Message] = []
        answers: list[Account | LivehubError] = []
        changed: set[str] = set()
        for press in presses:
            account = accounts.get(press.payment)
            if account is None:
                answers.append(PaymentNotFound())
                continue
            if press.action in ("refund_paid", "refund_failed"):
                messages += await self._end_refunds(tx, account, press, now_ms)
                answers.append(account)
                continue
            done = act(
                account, press.action, notify=press.notify, delay_ms=press.delay_ms, now_ms=now_ms, new_id=self.new_id
            )
            if done is None:
                answers.append(PaymentOver(details={"state": account.state}))
                continue
            accounts[account.id] = done.account
            changed.add(account.id)
            captures += done.captures
            messages += done.messages
            answers.append(done.account)
        await _write(tx.connection, [accounts[id_] for id_ in sorted(changed)], captures)
        await self.tell(tx, messages)
        return answers

    async def _end_refunds(self, tx: Transaction, account: Account, press: Press, now_ms: int) -> list[Message]:
        state = "paid" if press.action == "refund_paid" else "failed"
        records = await tx.connection.fetch(Q["end_refunds"], account.id, state, now_ms)
        due_ms = now_ms + press.delay_ms
        return [
            message(account, notice, new_id=self.new_id, due_ms=due_ms)
            for record in records
            for notice in (refund_notice(RefundAccount(**dict(record)), self.new_id(), now_ms),)
            for _ in range(TIMES[press.notify])
        ]

    async def tell(self, tx: Transaction, messages: Sequence[Message]) -> None:
        """Keep what is to be told, and wake whoever tells it."""
        if messages:
            names = Message.__struct_fields__
            await tx.connection.execute(
                Q["insert_notices"], *([getattr(each, name) for each in messages] for name in names)
            )
            tx.after_commit(lambda: tx.notifier.notify(CHANNEL))
            tx.after_commit(self.told_of)


async def insert(connection: Connection, accounts: Sequence[Account]) -> set[str]:
    """The ids of those that were not there."""
    names = (
        "id", "amount_minor", "currency", "description", "state", "ref", "notify_url", "return_url", "created_ms", "closes_ms"
    )  # fmt: skip
    records = await connection.fetch(
        Q["insert_payments"], *([getattr(each, name) for each in accounts] for name in names)
    )
    return {record["id"] for record in records}


async def _write(connection: Connection, accounts: Sequence[Account], captures: Sequence[Capture]) -> None:
    if accounts:
        names: tuple[str, ...] = ("id", "state", "ref", "refunds")
        await connection.execute(Q["update_payments"], *([getattr(each, name) for each in accounts] for name in names))
    if captures:
        names = Capture.__struct_fields__
        await connection.execute(Q["insert_captures"], *([getattr(each, name) for each in captures] for name in names))


def _account(record: Any) -> Account:
    return Account(**dict(record))
