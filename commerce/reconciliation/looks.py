"""The look at each day's books once that day is over, kept for the staff.

Hourly, since business time may be another than that of the machine, and a provider's bill comes when it comes: a day of which
all was looked at, and all agreed, is not looked at again; one of which something was away or differed is, until the next day.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from commerce.ledger.closing import day_of
from commerce.payments.providers import Providers
from commerce.reconciliation.reconcile import LOOK_AGAIN_S, reconcile
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.sql import queries

Q = queries(__file__, "looks.sql")

KEPT_MAX = 100  # differences of a day; the command tells all


class Looks:
    """Business time says which day is over; real time when it was looked at."""

    def __init__(self, database: Database, providers: Providers, zone: ZoneInfo, clock: Clock) -> None:
        self._database = database
        self._providers = providers
        self._zone = zone
        self._clock = clock

    async def look(self, *, again_s: float = LOOK_AGAIN_S) -> None:
        """Look at the day before today, if there is a need. Raises Unavailable."""
        day = day_of(int(self._clock.now_s() * 1000), self._zone) - timedelta(days=1)
        async with self._database.connection() as connection:
            known = await connection.fetchrow(Q["look_at"], day)
        if known is not None and not known["found"] and not known["away"]:
            return
        real_s = self._clock.real_s()
        looked = await reconcile(self._database, self._providers, self._zone, day=day, now_s=real_s, again_s=again_s)
        async with self._database.connection() as connection:
            await connection.execute(
                Q["keep_look"],
                day,
                int(real_s * 1000),
                len(looked.differences),
                msgspec.json.encode(looked.differences[:KEPT_MAX]).decode(),
                msgspec.json.encode(looked.away).decode(),
            )
