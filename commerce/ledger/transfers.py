"""What money moves, as double entry. Pure: no I/O, no clock.

A transfer has one currency and entries whose amounts sum to 0; positive is a debit, negative a credit, in minor units. Its key
says what it is of, so it is posted once whatever is retried. PostgreSQL holds the same: the key is unique, and a deferred
constraint trigger refuses a transfer that does not balance (migrations/).

    captured        the provider has money of a buyer's          clearing:P           buyer_prepayments
    sold            an order is paid                             buyer_prepayments    revenue:goods, revenue:delivery
                                                                 discounts
    refund_owed     money is to go back                          revenue:..., or      refunds_payable
                                                                 buyer_prepayments    discounts
    refund_paid     the provider has sent it                     refunds_payable      clearing:P
    unsold          an order without money left is undone        revenue:...          discounts
    misdirected     money that no order of ours waits for        clearing:P           suspense:P
    charged_back    the buyer's bank took it back                suspense:P           clearing:P
    reinstated      the bank gave it back: the dispute is won    clearing:P           suspense:P
    fee             what the provider keeps                      provider_fees        clearing:P

Debits stand left, credits right. docs/ledger.md tells each with numbers.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

What = Literal[
    "captured", "sold", "refund_owed", "refund_paid", "unsold", "misdirected", "charged_back", "reinstated", "fee"
]  # fmt: skip

BUYER_PREPAYMENTS = "buyer_prepayments"
REVENUE_GOODS = "revenue:goods"
REVENUE_DELIVERY = "revenue:delivery"
DISCOUNTS = "discounts"
REFUNDS_PAYABLE = "refunds_payable"
PROVIDER_FEES = "provider_fees"

AMOUNT_MINOR_MAX = 2**63 - 1


def clearing(provider: str) -> str:
    """What a provider has of ours."""
    return f"clearing:{provider}"


def suspense(provider: str) -> str:
    """What a provider has, and nobody knows what for."""
    return f"suspense:{provider}"


class Transfer(Struct, frozen=True, kw_only=True):
    """Money that moves at `at_ms` (Unix ms, business time). `order`: of which order, if of one. Without entries it moves
    nothing, and is not posted.
    """

    key: str
    what: What
    order: str | None
    currency: str
    at_ms: int
    entries: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        """Raise ValueError when it does not balance."""
        amounts = [amount for _, amount in self.entries]
        if sum(amounts) or 0 in amounts or max(map(abs, amounts), default=0) > AMOUNT_MINOR_MAX:
            raise ValueError(f"transfer {self.key} does not balance: {self.entries}")


def captured(*, payment: str, order: str, provider: str, amount_minor: int, currency: str, at_ms: int) -> Transfer:
    """A provider has taken a buyer's money, whatever then becomes of it."""
    entries = _entries((clearing(provider), amount_minor), (BUYER_PREPAYMENTS, -amount_minor))
    return _transfer("captured", payment, order, currency, at_ms, entries)


def sold(
    *, order: str, goods_minor: int, delivery_minor: int, discount_minor: int, currency: str, at_ms: int
) -> Transfer:
    """An order is paid: what it costs before discounts, and all of its discounts, those on delivery included."""
    entries = _entries(
        (BUYER_PREPAYMENTS, _at_least_0(goods_minor + delivery_minor - discount_minor)),
        (DISCOUNTS, discount_minor),
        (REVENUE_GOODS, -goods_minor),
        (REVENUE_DELIVERY, -delivery_minor),
    )
    return _transfer("sold", order, order, currency, at_ms, entries)


def refund_owed(
    *,
    refund: str,
    order: str,
    currency: str,
    at_ms: int,
    goods_minor: int = 0,
    delivery_minor: int = 0,
    discount_minor: int = 0,
    prepaid_minor: int = 0,
) -> Transfer:
    """A refund is decided, of goods and delivery before their discounts, or of money that came late or twice (`prepaid_minor`).
    What is owed is the sum less the discounts.
    """
    owed_minor = _at_least_0(goods_minor + delivery_minor + prepaid_minor - discount_minor)
    entries = _entries(
        (REVENUE_GOODS, goods_minor),
        (REVENUE_DELIVERY, delivery_minor),
        (BUYER_PREPAYMENTS, prepaid_minor),
        (DISCOUNTS, -discount_minor),
        (REFUNDS_PAYABLE, -owed_minor),
    )
    return _transfer("refund_owed", refund, order, currency, at_ms, entries)


def refund_paid(*, refund: str, order: str, provider: str, amount_minor: int, currency: str, at_ms: int) -> Transfer:
    """The provider has sent the money of a refund."""
    entries = _entries((REFUNDS_PAYABLE, amount_minor), (clearing(provider), -amount_minor))
    return _transfer("refund_paid", refund, order, currency, at_ms, entries)


def unsold(*, order: str, currency: str, at_ms: int, income: Mapping[str, int]) -> Transfer:
    """An order for which no money is left is undone. `income`: what is on each account of income for it; the sum is 0."""
    entries = _entries(*((account, -amount) for account, amount in income.items()))
    return _transfer("unsold", order, order, currency, at_ms, entries)


def misdirected(
    *, notice: str, provider: str, amount_minor: int, currency: str, at_ms: int, order: str | None = None
) -> Transfer:
    """A provider has money that nothing of ours waits for: of another amount or currency, or of an unknown payment."""
    entries = _entries((clearing(provider), amount_minor), (suspense(provider), -amount_minor))
    return _transfer("misdirected", f"{provider}:{notice}", order, currency, at_ms, entries)


def charged_back(
    *, notice: str, provider: str, amount_minor: int, currency: str, at_ms: int, order: str | None = None
) -> Transfer:
    """A buyer's bank took money back, however much: it may be more than was paid, since banks add what it cost them."""
    entries = _entries((suspense(provider), amount_minor), (clearing(provider), -amount_minor))
    return _transfer("charged_back", f"{provider}:{notice}", order, currency, at_ms, entries)


def reinstated(
    *, notice: str, provider: str, amount_minor: int, currency: str, at_ms: int, order: str | None = None
) -> Transfer:
    """The bank gave back what it had taken, since the dispute was won."""
    entries = _entries((clearing(provider), amount_minor), (suspense(provider), -amount_minor))
    return _transfer("reinstated", f"{provider}:{notice}", order, currency, at_ms, entries)


def fee(*, provider: str, bill: str, amount_minor: int, currency: str, at_ms: int) -> Transfer:
    """What a provider keeps of the money of a bill; `bill`: its day, or whatever it is known by."""
    entries = _entries((PROVIDER_FEES, amount_minor), (clearing(provider), -amount_minor))
    return _transfer("fee", f"{provider}:{bill}:{currency}", None, currency, at_ms, entries)


def balances(transfers: Iterable[Transfer]) -> dict[tuple[str, str], int]:
    """What is on each (account, currency) after them."""
    found: dict[tuple[str, str], int] = {}
    for transfer in transfers:
        for account, amount in transfer.entries:
            place = account, transfer.currency
            found[place] = found.get(place, 0) + amount
    return found


def _transfer(
    what: What, of: str, order: str | None, currency: str, at_ms: int, entries: tuple[tuple[str, int], ...]
) -> Transfer:
    return Transfer(key=f"{what}:{of}", what=what, order=order, currency=currency, at_ms=at_ms, entries=entries)


def _entries(*entries: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(entry for entry in entries if entry[1])


def _at_least_0(amount_minor: int) -> int:
    if amount_minor < 0:
        raise ValueError(f"discounts are above what they are of, by {-amount_minor}")
    return amount_minor
