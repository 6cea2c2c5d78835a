"""Begins attempts to pay. The row is there before the provider is asked: whatever is lost, the same key asks the
provider for the same payment again, under the same id.

    row (commit)  >  provider.create  >  how it can be paid (commit)

A notice that comes before the provider's answer finds the row. An attempt that was closed before the answer came is
closed at the provider once more.
"""

import asyncio
import logging

from msgspec import Struct, structs

from commerce.payments import store
from commerce.payments.closing import Closing
from commerce.payments.errors import PaymentOver, PaymentRefused, ProviderAway
from commerce.payments.hearing import Hearing
from commerce.payments.provider import Created, NewPayment, Payer
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import PaymentRow
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit

log = logging.getLogger("commerce.payments")

RETRY_AFTER_MS = 1_000
FIRST_TRY_MS = 5_000  # after which we ask the provider by ourselves; its notice has mostly come by then


class Reached(Struct, frozen=True, kw_only=True):
    """How the buyer's request has reached us. `outside`: the address of the shop as the buyer has it; `here`: of this
    process."""

    outside: str
    here: str
    payer: Payer


class Attempts:
    def __init__(
        self,
        config: PaymentsConfig,
        database: Database,
        clock: Clock,
        *,
        providers: Providers,
        hearing: Hearing,
        closing: Closing,
    ) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._providers = providers
        self._hearing = hearing
        self._closing = closing
        bounds = {"batch_max": config.payment_batch_max, "pending_max": config.payment_waiting_max}
        self._rows: GroupCommit[PaymentRow, bool] = GroupCommit("payments", self._insert, **bounds)
        self._answers: GroupCommit[tuple[str, Created], bool] = GroupCommit(
            "payment answers", self._set_created, **bounds
        )

    def start(self) -> None:
        self._rows.start()
        self._answers.start()

    async def stop(self) -> None:
        await self._rows.stop()
        await self._answers.stop()

    async def begun(self, row: PaymentRow) -> bool:
        """Store a new attempt; whether its key was free, and its order had not as many as it may have. Raises Unavailable."""
        return await self._rows.add(row)

    async def opened(self, row: PaymentRow, reached: Reached) -> PaymentRow:
        """The attempt as it can be paid, opened at its provider unless it was before.

        Raises ProviderOff, PaymentRefused, PaymentOver, ProviderAway, Unavailable.
        """
        if row.how is not None or row.state == "paid":
            return row
        if row.state == "failed":
            raise PaymentRefused
        if row.state == "closed":
            raise PaymentOver(details={"state": row.state})
        created = await self._created(row, reached)
        if not await self._answers.add((row.id, created)):
            return await self._overtaken(row, created)
        return _with(row, created)

    async def _created(self, row: PaymentRow, reached: Reached) -> Created:
        provider = self._providers.get(row.provider)
        try:
            async with asyncio.timeout(self._config.payment_provider_s):
                return await provider.create(self._new(row, reached))
        except (ProviderAway, TimeoutError) as error:
            log.warning("payments.not_created", extra={"payment": row.id, "reason": repr(error)})
            raise ProviderAway(retry_after_ms=RETRY_AFTER_MS) from error
        except PaymentRefused:
            async with self._database.transaction() as tx:
                await store.end(tx.connection, row.id, "failed", now_ms=int(self._clock.now_s() * 1000))
            raise

    def _new(self, row: PaymentRow, reached: Reached) -> NewPayment:
        """Providers have no clock but the real one, and ours may be ahead of it in `demo`."""
        left_ms = row.closes_ms - int(self._clock.now_s() * 1000)
        return NewPayment(
            id=row.id,
            order=row.order,
            amount_minor=row.amount_minor,
            currency=row.currency,
            description=row.description,
            closes_ms=int(self._clock.real_s() * 1000) + max(0, left_ms),
            notify_url=f"{reached.outside}/api/payments/notices/{row.provider}",
            return_url=reached.outside + row.return_path,
            outside=reached.outside,
            here=reached.here,
            payer=reached.payer,
        )

    async def _overtaken(self, row: PaymentRow, created: Created) -> PaymentRow:
        """It was paid, or closed, while the provider was asked to open it."""
        async with self._database.connection() as connection:
            now = await store.payment(connection, row.id)
        assert now is not None, "payments are kept"
        if now.state == "paid":
            return _with(now, created)
        if await self._closing.close(now) == "paid":
            async with self._database.connection() as connection:
                return _with(await store.payment(connection, row.id) or now, created)
        raise PaymentOver(details={"state": now.state})

    async def _insert(self, rows: list[PaymentRow]) -> list[bool | LivehubError]:
        next_try_ms = int(self._clock.real_s() * 1000) + FIRST_TRY_MS
        async with self._database.batch.transaction() as tx:
            new = await store.insert(
                tx.connection,
                rows,
                next_try_real_ms=[next_try_ms] * len(rows),
                attempts_max=self._config.payment_attempts_max,
            )
        return [row.id in new for row in rows]

    async def _set_created(self, made: list[tuple[str, Created]]) -> list[bool | LivehubError]:
        async with self._database.batch.transaction() as tx:
            open_ = await store.set_created(tx.connection, made)
        return [id_ in open_ for id_, _ in made]


def _with(row: PaymentRow, created: Created) -> PaymentRow:
    return structs.replace(
        row,
        how=created.how,
        url=created.url,
        params=created.params,
        ref=row.ref if row.state == "paid" else created.ref,
    )
