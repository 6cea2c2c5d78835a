"""What every payment is looked up by, many in one query: keys of buyers, notices of providers.

A query costs the process more than what it brings; while one is under way the next questions gather (group_commit.py).
"""

from commerce.payments import store
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import PaymentRow
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit

Known = tuple[PaymentRow | None, int, bool]
Told = tuple[PaymentRow | None, str | None]


class LookUps:
    def __init__(self, config: PaymentsConfig, database: Database) -> None:
        self._database = database
        bounds = {"batch_max": config.payment_batch_max, "pending_max": config.payment_waiting_max}
        self._keys: GroupCommit[tuple[str, str, str], Known] = GroupCommit("payment keys", self._by_keys, **bounds)
        self._notices: GroupCommit[tuple[str | None, str, str], Told] = GroupCommit(
            "payment notices", self._told, **bounds
        )

    def start(self) -> None:
        self._keys.start()
        self._notices.start()

    async def stop(self) -> None:
        await self._keys.stop()
        await self._notices.stop()

    async def by_key(self, person: str, key: str, order: str) -> Known:
        """As store.by_keys, of one. Raises Unavailable."""
        return await self._keys.add((person, key, order))

    async def told(self, payment: str | None, provider: str, notice: str) -> Told:
        """As store.told, of one. Raises Unavailable."""
        return await self._notices.add((payment, provider, notice))

    async def _by_keys(self, asked: list[tuple[str, str, str]]) -> list[Known | LivehubError]:
        async with self._database.batch.connection() as connection:
            return list(await store.by_keys(connection, asked))

    async def _told(self, asked: list[tuple[str | None, str, str]]) -> list[Told | LivehubError]:
        async with self._database.batch.connection() as connection:
            return list(await store.told(connection, asked))
