"""Whether PostgreSQL and the bus are there: watched, told to clients as `degraded`, and acted on when one comes back."""

import asyncio
import logging
from collections.abc import Callable

from livehub.base.db import Database
from livehub.base.logs import Occasional
from livehub.base.tasks import Tasks
from livehub.hub.broker.broker import Broker

log = logging.getLogger("livehub.hub.health")
_occasional = Occasional(log)

WATCH_PAUSE_S = 1.0


class Health:
    """`on_state(degraded)` hears every second and at each change; `on_database()` when PostgreSQL is there (again)."""

    def __init__(
        self, database: Database, broker: Broker, *, on_state: Callable[[bool], None], on_database: Callable[[], None]
    ) -> None:
        self._database = database
        self._broker = broker
        self._on_state = on_state
        self._on_database = on_database
        self._tasks = Tasks()
        self.database_up = False  # until the first look
        self.database_reached = False  # ever

    def start(self) -> None:
        self._tasks.start("hub health", self._watch_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def away(self) -> list[str]:
        """What is missing now, by name; empty when all is well."""
        return [name for name, up in (("postgresql", self.database_up), ("valkey", self._broker.connected)) if not up]

    def tell(self) -> None:
        self._on_state(bool(self.away()))

    async def _watch_forever(self) -> None:
        while True:
            self._learn(await self._is_up())
            await asyncio.sleep(WATCH_PAUSE_S)
            self.tell()  # what was away from the start has not changed, and is to be told, too

    async def _is_up(self) -> bool:
        try:
            return await self._database.ping()
        except Exception as error:  # noqa: BLE001
            # Whatever it is, a password for one: it may be put right.
            _occasional.warning("hub.database_unknown", type(error).__name__, extra={}, exc_info=error)
            return False

    def _learn(self, up: bool) -> None:
        if up == self.database_up:
            return
        log.log(logging.INFO if up else logging.WARNING, "hub.database_changed", extra={"up": up})
        self.database_up = up
        self.tell()
        if up:
            self.database_reached = True
            self._on_database()
