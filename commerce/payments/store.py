"""Payments as PostgreSQL has them.

mark_paid(tx, paid)      in the transaction in which orders become paid; says which of them are new
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from commerce.payments.machine import PAYMENT, before
from commerce.payments.payables import NoticeKey, PaidIn
from commerce.payments.provider import Attempt, Created
from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries

Q = queries(__file__, "payments.sql")

NEVER_MS = 2**62  # when a provider is asked about what we know all of


class PaymentRow(Struct, frozen=True, kw_only=True):
    """An attempt to pay an order. `charged_back_minor`: taken back by the buyer's bank, less what it gave back. Times are Unix
    ms of business time, but for `paid_real_ms`.
    """

    id: str
    order: str
    person: str
    provider: str
    key: str
    fingerprint: bytes
    state: Literal["open", "paid", "failed", "closed"]
    amount_minor: int
    currency: str
    description: str
    return_path: str
    ref: str | None = None
    how: Literal["url", "jsapi", "qr"] | None = None
    url: str | None = None
    params: dict[str, str] | None = None
    created_ms: int
    closes_ms: int
    paid_ms: int | None = None
    paid_real_ms: int | None = None
    tries: int = 0
    refunding_minor: int = 0
    charged_back_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What has not gone back, and is not on its way, by refunds."""
        return self.amount_minor - self.refunding_minor if self.state == "paid" else 0

    @property
    def there_minor(self) -> int:
        """What of that the buyer's bank has left with us."""
        return max(0, self.left_minor - max(0, self.charged_back_minor))

    def attempt(self) -> Attempt:
        """As its provider is asked about it."""
        return Attempt(
            id=self.id,
            order=self.order,
            provider=self.provider,
            amount_minor=self.amount_minor,
            currency=self.currency,
            ref=self.ref,
        )


def row_of(record: Any) -> PaymentRow:
    """A row that has every column of `payments`."""
    fields = {name: record[name] for name in PaymentRow.__struct_fields__}
    if fields["params"] is not None:
        fields["params"] = msgspec.json.decode(fields["params"])
    return PaymentRow(**fields)


async def payment(connection: Connection, id_: str) -> PaymentRow | None:
    """The payment of that id."""
    record = await connection.fetchrow(Q["payment"], id_)
    return None if record is None else row_of(record)


async def by_ref(connection: Connection, provider: str, ref: str) -> PaymentRow | None:
    """The payment that its provider has that number of; none is kept for looking it up quickly."""
    record = await connection.fetchrow(Q["payment_by_ref"], provider, ref)
    return None if record is None else row_of(record)


async def locked(connection: Connection, id_: str) -> PaymentRow | None:
    """The same, its row locked until the transaction ends."""
    record = await connection.fetchrow(Q["payment_for_update"], id_)
    return None if record is None else row_of(record)


async def of_order(connection: Connection, order: str, *, most: int) -> list[PaymentRow]:
    """The attempts to pay an order, the latest first."""
    return [row_of(record) for record in await connection.fetch(Q["of_order"], order, most)]


async def open_of_order(connection: Connection, order: str) -> tuple[list[PaymentRow], bool]:
    """All its attempts that are open, the latest first; and whether one is paid."""
    records = await connection.fetch(Q["open_of_order"], order)
    return [row_of(record) for record in records if record["state"] == "open"], any(
        record["state"] == "paid" for record in records
    )


async def by_keys(
    connection: Connection, asked: Sequence[tuple[str, str, str]]
) -> list[tuple[PaymentRow | None, int, bool]]:
    """For each (person, key, order): the attempt that was begun under that key, whenever that was; how many the order has; and
    whether the key is of another request."""
    records = await connection.fetch(Q["by_keys"], *(list(column) for column in zip(*asked, strict=True)))
    return [
        (None if record["id"] is None else row_of(record), record["attempts"], record["is_other"]) for record in records
    ]


async def told(
    connection: Connection, asked: Sequence[tuple[str | None, str, str]]
) -> list[tuple[PaymentRow | None, str | None]]:
    """For each notice, (payment, provider, its id): the payment it is about; and, if it was heard before, by which delivery."""
    records = await connection.fetch(Q["told"], *(list(column) for column in zip(*asked, strict=True)))
    return [(None if record["id"] is None else row_of(record), record["told_by"]) for record in records]


async def due(connection: Connection, pauses_ms: Sequence[int], *, most: int, now_real_ms: int) -> list[PaymentRow]:
    """Attempts to ask about now; for the pause that follows nobody else gets them."""
    return [
        row_of(record)
        for record in await connection.fetch(Q["due_payments"], now_real_ms, list(pauses_ms), most, NEVER_MS)
    ]


async def wechat_ids(connection: Connection, person: str) -> tuple[str, ...]:
    """What WeChat calls somebody: a unionid, and `openid@appid` of each app that they have signed in by."""
    return tuple(record["subject"] for record in await connection.fetch(Q["wechat_ids"], person))


async def insert(
    connection: Connection,
    rows: Sequence[PaymentRow],
    *,
    next_try_real_ms: Sequence[int],
    attempts_max: int | None = None,
) -> set[str]:
    """Store new attempts; the ids of those whose key was free and, if there is an `attempts_max`, whose order has fewer."""
    records = await connection.fetch(
        Q["insert_payments"],
        *(
            [getattr(row, name) for row in rows]
            for name in (
                "id", "order", "person", "provider", "key", "fingerprint", "amount_minor", "currency", "description",
                "return_path", "created_ms", "closes_ms",
            )
        ),
        list(next_try_real_ms),
        attempts_max,
    )  # fmt: skip
    return {record["id"] for record in records}


async def set_created(connection: Connection, made: Sequence[tuple[str, Created]]) -> set[str]:
    """How attempts can be paid; the ids of those that are still open."""
    records = await connection.fetch(
        Q["set_created"],
        [id_ for id_, _ in made],
        [created.how for _, created in made],
        [created.url for _, created in made],
        [created.ref for _, created in made],
        [None if created.params is None else msgspec.json.encode(created.params).decode() for _, created in made],
    )
    return {record["id"] for record in records}


async def mark_paid(tx: Transaction, paid: Sequence[PaidIn], *, now_real_ms: int) -> list[bool]:
    """For each, in order, whether it is new: its payment was not paid before, and is now. In the transaction of all that
    follows, and before other rows of orders are written: it locks the payments, in the order of their ids.

    Notices are remembered, so that they count once; not those of money that came besides, which is still to be heard.
    `now_real_ms`: Unix ms, by which they are forgotten one day.
    """
    by_id: dict[str, PaidIn] = {}
    for each in paid:
        by_id.setdefault(each.payment, each)
    first = list(by_id.values())
    records = await tx.connection.fetch(
        Q["mark_paid"],
        [each.payment for each in first],
        [each.ref for each in first],
        [each.at_ms for each in first],
        [each.paid_real_ms if each.paid_real_ms is not None else now_real_ms for each in first],
        [each.amount_minor for each in first],
        [each.currency for each in first],
        before(PAYMENT, "paid"),
    )
    await _note_notices(tx.connection, paid, now_real_ms=now_real_ms)
    new = {record["id"] for record in records}
    return [each.payment in new and by_id[each.payment] is each for each in paid]


async def _note_notices(connection: Connection, paid: Sequence[PaidIn], *, now_real_ms: int) -> None:
    keys = [
        (each.provider, each.notice.id, each.notice.delivery, each.payment, each.ref) for each in paid if each.notice
    ]
    if keys:
        columns = (list(column) for column in zip(*keys, strict=True))
        await connection.execute(Q["insert_notices_of_paid"], *columns, now_real_ms)


async def note_notice(
    connection: Connection, provider: str, notice: NoticeKey, about: str, *, now_real_ms: int
) -> None:
    """Remember one."""
    await connection.execute(Q["insert_notices"], [provider], [notice.id], [notice.delivery], [about], now_real_ms)


async def end(connection: Connection, id_: str, state: Literal["failed", "closed"], *, now_ms: int) -> bool:
    """An attempt has failed, or was closed; whether that is new. One that is paid stays so."""
    return await connection.fetchval(Q["end_payment"], id_, state, now_ms, before(PAYMENT, state)) is not None


async def charge_back(connection: Connection, id_: str, amount_minor: int) -> None:
    """The buyer's bank has taken so much back; below 0: has given it back."""
    await connection.execute(Q["charge_back"], id_, amount_minor)
