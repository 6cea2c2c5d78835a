"""What payments ask of whatever is paid for: a Protocol that commerce/orders fills. Shapes only.

context.provide(Payables, ...)
"""

from typing import Protocol

from msgspec import Struct

from commerce.payments.refund_rows import RefundRow
from livehub.base.db import Transaction


class Payable(Struct, frozen=True, kw_only=True):
    """What is to be paid. `closes_ms`: business time, until which the attempt is open; `return_path`: of the page to which the
    buyer comes back."""

    amount_minor: int
    currency: str
    description: str
    closes_ms: int
    return_path: str = "/"


class NoticeKey(Struct, frozen=True, kw_only=True):
    """By which notice it was heard of; see provider.Notice."""

    id: str
    delivery: str


class PaidIn(Struct, frozen=True, kw_only=True):
    """Money that a provider says has come in, of the right amount and currency. `at_ms`: business time of hearing of it;
    `paid_real_ms`: when it came in, as the provider says. `notice`: None when we asked."""

    payment: str
    order: str
    person: str
    provider: str
    ref: str | None
    amount_minor: int
    currency: str
    at_ms: int
    paid_real_ms: int | None = None
    notice: NoticeKey | None = None


class Payables(Protocol):
    """What is paid for."""

    async def opening(self, order: str, person: str, *, until_ms: int, now_ms: int) -> Payable:
        """An attempt to pay is about to be opened, until `until_ms` (business time) if that can be: what is held for
        the order is
        kept for so long. Raises refusals of its own: not found (for whoever's it is not, too), paid, cancelled, over.
        """
        ...

    async def paid(self, paid: PaidIn) -> None:
        """Money has come in: do all that follows in one transaction, with `store.mark_paid` in it, which says whether
        this is new;
        if it is not, nothing follows. It may be late, or the order's second: decided there (`refunding.begin`). Raises
        Unavailable, and then it will be told again.
        """
        ...

    async def refunded(self, tx: Transaction, refund: RefundRow) -> None:
        """A refund has just become `paid` or `failed`: what follows, in the same transaction."""
        ...
