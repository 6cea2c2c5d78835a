"""Closes the open attempts of an order at their providers: before what is held for it goes to others, somebody has to
have said that nobody can pay it any more.

    await context.get(Closing).close_open(order)    ->  "closed" | "paid" | "unknown"
"""

import asyncio
import logging
from typing import Literal

from commerce.payments import store
from commerce.payments.errors import ProviderAway, ProviderOff
from commerce.payments.hearing import Hearing
from commerce.payments.provider import Status
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import PaymentRow
from livehub.base.db import Database

log = logging.getLogger("commerce.payments")

Outcome = Literal["closed", "paid", "unknown"]


class Closing:
    def __init__(self, config: PaymentsConfig, database: Database, providers: Providers, hearing: Hearing) -> None:
        self._config = config
        self._database = database
        self._providers = providers
        self._hearing = hearing

    async def close_open(self, order: str) -> Outcome:
        """`paid`: an attempt is paid, and Payables.paid has been called; `unknown`: a provider does not answer: ask again;
        `closed`: no attempt is open, nor will be paid unless the provider errs. No transaction may be open meanwhile.
        Raises Unavailable.
        """
        async with self._database.connection() as connection:
            rows, is_paid = await store.open_of_order(connection, order)
        states: set[Outcome] = {"paid"} if is_paid else set()
        for row in rows:
            states.add(await self.close(row))
        if "paid" in states:
            return "paid"
        return "unknown" if "unknown" in states else "closed"

    async def close(self, row: PaymentRow) -> Outcome:
        """The same of one attempt."""
        try:
            provider = self._providers.get(row.provider)
            async with asyncio.timeout(self._config.payment_provider_s):
                status = await provider.close(row.attempt())
        except (ProviderAway, ProviderOff, TimeoutError) as error:
            log.warning("payments.not_closed", extra={"payment": row.id, "reason": repr(error)})
            return "unknown"
        made: Status = await self._hearing.heard(row, status)
        if made.state == "paid":
            return "paid"
        return "closed" if made.state in ("closed", "failed") else "unknown"
