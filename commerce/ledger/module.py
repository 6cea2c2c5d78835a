"""The ledger as a module: it closes days."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from commerce.ledger.closing import close_days
from livehub.base.config import Config
from livehub.base.module import Context, Job, Module, Part

HOURLY = "10 * * * *"  # business time may be another than that of the machine, so there is no one hour for it


class Ledger(Part):
    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._zone = ZoneInfo(context.config(Config).time_zone)
        self._now_s = context.now_s

    def jobs(self) -> Sequence[Job]:
        return [Job(name="ledger.close_days", run=self._close_days, cron=HOURLY)]

    async def _close_days(self, timestamp: int) -> None:
        del timestamp
        await close_days(self._database, self._zone, now_ms=int(self._now_s() * 1000))


LEDGER = Module(name="ledger", build=Ledger, migrations=Path(__file__).parent / "migrations")
