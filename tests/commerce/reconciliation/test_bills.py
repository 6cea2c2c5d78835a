"""What a provider's bill has otherwise than we is told; what both have is not, and neither is money in suspense."""

from datetime import date
from typing import Any

import pytest

from commerce.payments.provider import BillRow
from commerce.reconciliation.bills import difference, not_there

DAY = date(2026, 11, 29)
OURS: dict[str, Any] = {
    "id": "p1", "state": "paid", "amount_minor": 5_990, "currency": "CNY", "is_in_suspense": False,
}  # fmt: skip
NOTHING = dict.fromkeys(OURS) | {"is_in_suspense": False}


def row(amount_minor: int = 5_990, currency: str = "CNY") -> BillRow:
    return BillRow(kind="payment", id="p1", ref="w1", amount_minor=amount_minor, currency=currency, at_ms=1)


def told(ours: dict[str, Any], of: BillRow | None = None) -> str | None:
    found = difference("sandbox", DAY, of or row(), ours)
    return None if found is None else str(found)


SAID = "provider: the bill of sandbox of 2026-11-29 has payment p1 of 5990 CNY"


@pytest.mark.parametrize(
    ("ours", "line"),
    [
        (OURS, None),
        (NOTHING, f"{SAID}, of which we know nothing"),
        (OURS | {"state": "closed"}, f"{SAID}, and here it is closed"),
        (OURS | {"amount_minor": 1}, f"{SAID}, and we have 1 CNY"),
        (OURS | {"currency": "USD"}, f"{SAID}, and we have 5990 USD"),
        (OURS | {"state": "failed", "amount_minor": 1, "is_in_suspense": True}, None),
        (NOTHING | {"is_in_suspense": True}, None),
    ],
)
def test_a_row_of_a_bill_is_ours_or_told(ours: dict[str, Any], line: str | None):
    assert told(ours) == line


def test_what_is_paid_here_is_on_a_bill_or_told():
    ours = [{"kind": "payment", "id": "p1", "amount_minor": 5_990, "currency": "CNY"}]
    assert not_there("sandbox", DAY, ours, {("payment", "p1")}) == []
    (found,) = not_there("sandbox", DAY, ours, {("refund", "p1")})
    assert str(found) == (
        "provider: payment p1 of 5990 CNY is paid here, and sandbox has none on its bill of 2026-11-29"
    )
