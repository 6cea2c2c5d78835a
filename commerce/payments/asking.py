"""Asks providers by itself: what became of attempts that nobody has paid yet, and for refunds until they are through.

Notices get lost, and processes die between any two steps; whatever is not over in PostgreSQL is asked about, in pauses
that grow. In processes with the role JOBS; rows are given to one of them at a time, for a pause (SKIP LOCKED), so one
that dies keeps nothing. Moments are real time, which may be set back: what is further ahead than its own pause is due.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from commerce.payments import refunding, store
from commerce.payments.closing import Closing
from commerce.payments.errors import ProviderAway, ProviderOff
from commerce.payments.hearing import Hearing
from commerce.payments.provider import NewRefund, Provider, RefundStatus
from commerce.payments.providers import Providers
from commerce.payments.refund_rows import RefundRow
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import PaymentRow
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.tasks import Tasks

log = logging.getLogger("commerce.payments")

# After the first, second, ... try; the last one again and again. Real time.
PAYMENT_PAUSES_MS = (5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000)
REFUND_PAUSES_MS = (2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000)
OVERDUE_MS = 60_000  # an attempt that is open so long after its end is closed by us; orders do so before, mostly

Row = PaymentRow | RefundRow


class Asking:
    """`payment_pauses_ms`, `refund_pauses_ms`: as above."""

    def __init__(
        self,
        config: PaymentsConfig,
        database: Database,
        clock: Clock,
        *,
        providers: Providers,
        hearing: Hearing,
        closing: Closing,
        payment_pauses_ms: Sequence[int] = PAYMENT_PAUSES_MS,
        refund_pauses_ms: Sequence[int] = REFUND_PAUSES_MS,
    ) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._providers = providers
        self._hearing = hearing
        self._closing = closing
        self._payment_pauses_ms = payment_pauses_ms
        self._refund_pauses_ms = refund_pauses_ms
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("payment queries", self._ask_about_payments)
        self._tasks.start("refund requests", self._ask_about_refunds)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _ask_about_payments(self) -> None:
        await self._forever(self.ask_about_payments)

    async def _ask_about_refunds(self) -> None:
        await self._forever(self.ask_about_refunds)

    async def _forever(self, ask: Callable[[], Awaitable[int]]) -> None:
        while True:
            try:
                asked = await ask()
            except Unavailable:
                asked = 0  # PostgreSQL is away; so was whatever we would have heard
            if asked < self._config.payment_asks_max:
                await asyncio.sleep(self._config.payment_poll_s)

    async def ask_about_payments(self) -> int:
        """Those that are due now, some of them at a time; how many. Raises Unavailable."""
        async with self._database.batch.connection() as connection:
            rows = await store.due(
                connection, self._payment_pauses_ms, most=self._config.payment_asks_max, now_real_ms=self._real_ms()
            )
        await asyncio.gather(*(self._alone(self._ask_about_payment, row) for row in rows))
        return len(rows)

    async def ask_about_refunds(self) -> int:
        """The same."""
        async with self._database.batch.connection() as connection:
            rows = await refunding.due(
                connection, self._refund_pauses_ms, most=self._config.payment_asks_max, now_real_ms=self._real_ms()
            )
        await asyncio.gather(*(self._alone(self._ask_for_refund, row) for row in rows))
        return len(rows)

    async def _alone(self, ask: Callable[[Row], Awaitable[None]], row: Row) -> None:
        """What one of them raises is no other's affair; it is asked about again."""
        try:
            async with asyncio.timeout(self._config.payment_provider_s * 2):
                await ask(row)
        except (ProviderAway, ProviderOff, Unavailable, TimeoutError) as error:
            log.warning("payments.not_asked", extra={"id": row.id, "provider": row.provider, "reason": repr(error)})
        except Exception:
            log.exception("payments.ask_failed", extra={"id": row.id, "provider": row.provider})

    async def _ask_about_payment(self, row: Row) -> None:
        assert isinstance(row, PaymentRow)
        async with asyncio.timeout(self._config.payment_provider_s):
            status = await self._providers.get(row.provider).query(row.attempt())
        heard = await self._hearing.heard(row, status)
        if heard.state in ("open", "unknown") and self._clock.now_s() * 1000 > row.closes_ms + OVERDUE_MS:
            await self._closing.close(row)

    async def _ask_for_refund(self, row: Row) -> None:
        """Under the same number as ever, so an answer that was lost is given again, and money goes back once."""
        assert isinstance(row, RefundRow)
        provider, asked = self._providers.get(row.provider), new_refund(row)
        async with asyncio.timeout(self._config.payment_provider_s):
            status = await provider.query_refund(asked) if row.is_accepted else RefundStatus(state="unknown")
            if status.state == "unknown":
                status = await self._refund(provider, asked, row)
        await self._hearing.heard_of_refund(row.id, status, provider=row.provider)

    async def _refund(self, provider: Provider, asked: NewRefund, row: RefundRow) -> RefundStatus:
        """What the buyer's bank has taken back since it was decided is not sent, unless the provider has the refund already."""
        async with self._database.batch.connection() as connection:
            is_there = await refunding.is_there(connection, row)
        if is_there:
            return await provider.refund(asked)
        known = await provider.query_refund(asked)
        return RefundStatus(state="failed", why=refunding.CHARGED_BACK) if known.state == "unknown" else known

    def _real_ms(self) -> int:
        return int(self._clock.real_s() * 1000)


def new_refund(row: RefundRow) -> NewRefund:
    """As a provider is asked for it."""
    return NewRefund(
        id=row.id,
        payment=row.payment,
        payment_ref=row.payment_ref,
        amount_minor=row.amount_minor,
        total_minor=row.paid_in_minor,
        currency=row.currency,
        reason=row.reason,
        ref=row.ref,
    )
