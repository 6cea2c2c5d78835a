"""What a bill says that we know otherwise, as findings for the staff. Pure: no I/O."""

from datetime import date
from typing import Any, Literal

import msgspec

from commerce.payments.findings import Finding
from commerce.payments.provider import BillRow

Row = Any  # of the database: a mapping
What = Literal["unknown_payment", "unknown_refund", "not_paid", "not_refunded", "amount", "twice", "late", "more"]


def of_payment(provider: str, day: date, unlike: Row) -> Finding:
    """`unlike`: a row of the query of that name."""
    found = _finding(provider, day, _what("payment", unlike), unlike["id"], unlike, _ours(unlike))
    return msgspec.structs.replace(found, payment=unlike["id"], order=unlike["order_id"])


def of_refund(provider: str, day: date, unlike: Row) -> Finding:
    """The same."""
    found = _finding(provider, day, _what("refund", unlike), unlike["id"], unlike, _ours(unlike))
    return msgspec.structs.replace(found, payment=unlike["payment"], refund=unlike["id"], order=unlike["order_id"])


def twice(provider: str, day: date, row: Row) -> Finding:
    """A row that was there before, of another day or with other figures."""
    known = {name: row[f"known_{name}"] for name in ("day", "minor", "currency", "ref")}
    found = _finding(provider, day, "twice", row["id"], row, {"known": known, "ref": row["ref"]})
    is_payment = row["kind"] == "payment"
    return msgspec.structs.replace(
        found,
        key=f"{found.key}:{day.isoformat()}:{row['ref']}",
        payment=row["id"] if is_payment else None,
        refund=None if is_payment else row["id"],
    )


def late(provider: str, day: date, *, tries: int, fault: str) -> Finding:
    """A bill that cannot be had."""
    return _finding(provider, day, "late", "", {}, {"tries": tries, "fault": fault})


def more(provider: str, day: date, *, untold: int) -> Finding:
    """So many findings that the rest is only counted."""
    return _finding(provider, day, "more", "", {}, {"untold": untold})


def first_of_each(rows: list[BillRow]) -> tuple[list[BillRow], list[BillRow]]:
    """Of rows about the same the first, and the others."""
    first: dict[tuple[str, str], BillRow] = {}
    others = [row for row in rows if first.setdefault((row.kind, row.id), row) is not row]
    return list(first.values()), others


def _ours(unlike: Row) -> dict[str, Any]:
    return {"state": unlike["state"], "our_minor": unlike["our_minor"], "our_currency": unlike["our_currency"]}


def _what(kind: Literal["payment", "refund"], unlike: Row) -> What:
    if unlike["state"] is None:
        return "unknown_payment" if kind == "payment" else "unknown_refund"
    if (unlike["our_minor"], unlike["our_currency"]) != (unlike["amount_minor"], unlike["currency"]):
        return "amount"
    return "not_paid" if kind == "payment" else "not_refunded"


def _finding(provider: str, day: date, what: What, id_: str, money: Row, details: dict[str, Any]) -> Finding:
    return Finding(
        key=f"bill:{provider}:{what}:{id_ or day.isoformat()}",
        kind="bill",
        provider=provider,
        amount_minor=money["amount_minor"] if money else None,
        currency=money["currency"] if money else None,
        details={"what": what, "day": day.isoformat(), **details},
    )
