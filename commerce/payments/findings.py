"""What does not fit, for the staff to look at: money of another amount, of a payment that nobody knows, refunds that failed."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from commerce.payments.schemas import FindingShown
from livehub.base.db import Connection
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso
from livehub.base.sql import queries
from livehub.people import persons

Q = queries(__file__, "findings.sql")

FindingKind = Literal[
    "wrong_amount",
    "wrong_currency",
    "unknown_payment",
    "unknown_refund",
    "double_payment",
    "late_payment",
    "refund_failed",
    "refund_above",
    "chargeback",
    "chargeback_won",
    "bill",
]


class Finding(Struct, frozen=True, kw_only=True):
    """`key`: what it is about, naturally, so that the same thing found again is not told twice. `amount_minor`: of
    the money that is, not of what should be; that is in `details`.
    """

    key: str
    kind: FindingKind
    provider: str
    payment: str | None = None
    refund: str | None = None
    order: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    details: dict[str, Any] = {}


async def of_order(connection: Connection, order: str, *, most: int) -> list[FindingShown]:
    """What does not fit about the money of an order, the latest first."""
    rows = await connection.fetch(Q["findings_of_order"], order, most)
    names = await persons.names_of(connection, [row["resolved_by"] for row in rows])
    return [shown(row, names) for row in rows]


def shown(row: Any, names: Mapping[str, str]) -> FindingShown:
    """A row of `payment_findings`. `names`: of people, by id."""
    fields = {name: value for name, value in row.items() if name != "is_new"}
    found_ms, resolved_ms, details = (fields.pop(name) for name in ("found_ms", "resolved_ms", "details"))
    return FindingShown(
        **fields,
        resolved_by_name=names.get(fields["resolved_by"], ""),
        details=msgspec.json.decode(details),
        found_at=iso(found_ms) or "",
        resolved_at=iso(resolved_ms),
    )


async def is_of_other_money(connection: Connection, key: str, ref: str | None) -> bool:
    """Whether the finding of that key is of money that its provider has another number of. Until the transaction ends, nobody
    else asks this of the key.
    """
    await connection.execute(Q["lock_key"], key)
    return bool(await connection.fetchval(Q["is_of_other_money"], key, ref))


async def note(connection: Connection, findings: Sequence[Finding], *, now_ms: int) -> set[str]:
    """Keep them; the keys of those that are new. `now_ms`: business time."""
    if not findings:
        return set()
    records = await connection.fetch(
        Q["insert_findings"],
        [ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)) for _ in findings],
        *([getattr(each, name) for each in findings] for name in (
            "key", "kind", "provider", "payment", "refund", "order", "amount_minor", "currency"
        )),
        [msgspec.json.encode(each.details).decode() for each in findings],
        now_ms,
    )  # fmt: skip
    return {record["key"] for record in records}
