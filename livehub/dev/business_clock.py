"""Moves business time: by a call from this machine, and at the rate that the settings say.

All processes go by one row of PostgreSQL, so that it is the same time for all and outlives them; it goes on at its rate while
nothing runs. Each process looks at the row every LOOK_S. A notification would be sooner, but can be lost, so there would be
looks all the same; and nobody pays for them but a demo.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from livehub.base import job_queue
from livehub.base.auth import Permission
from livehub.base.clock import Timeline
from livehub.base.db import Transaction
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import BadRequest, Forbidden, ForeignOrigin, Unavailable
from livehub.base.module import Context, Part
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.dev.schemas import ClockAdvance, ClockState
from livehub.dev.settings import DevConfig
from livehub.dev.this_machine import check_this_machine

log = logging.getLogger("livehub.dev.business_clock")
Q = queries(__file__, "business_clock.sql")

LOOK_S = 0.25
TOLD_S = 3 * LOOK_S  # until all have looked
FIRST_LOOK_S = 2.0  # a start does not wait longer for PostgreSQL
LATEST_S = 32_503_680_000.0  # the year 3000: ordered ids have room for little more


class BusinessClock(Part):
    """Keeps this process's clock at the time of all."""

    def __init__(self, context: Context) -> None:
        self._clock = context.clock
        self._database = context.database
        self._rate = context.config(DevConfig).clock_rate
        self._public_url = context.settings.core.public_url
        self._version = 0  # of the timeline that the clock has; 0: none was read yet
        self._tasks = Tasks()
        context.database.session["livehub.business_clock"] = "on"  # job_queue.sql: jobs are deferred by it

    def endpoints(self) -> Sequence[Endpoint]:
        """One call."""
        return [
            post(
                "/api/dev/clock", self.advance, may=Permission.WATCH, body=ClockAdvance, reply=ClockState,
                errors=(Forbidden, ForeignOrigin),
            )
        ]  # fmt: skip

    async def start(self) -> None:
        """Take over the time that the others have, before anything is stamped with another."""
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                await self._begin()
        except (TimeoutError, Unavailable) as error:
            log.warning("clock.unread", extra={"reason": repr(error)})
        self._tasks.start("business clock", self._follow_forever)

    async def stop(self) -> None:
        """Stay at the present timeline."""
        await self._tasks.stop()

    async def advance(self, call: Call[ClockAdvance]) -> ClockState:
        """Move business time forward."""
        check_this_machine(call.request, self._public_url)
        moved = await self._move(call.tx, lambda timeline, now_s: timeline.advanced(call.body.advance_ms, now_s))
        return ClockState(now=datetime.fromtimestamp(moved.business_s, UTC), rate=moved.rate)

    async def _begin(self) -> None:
        async with self._database.batch.transaction() as tx:
            await tx.connection.execute(Q["begin"], self._clock.real_s())
            found = await tx.connection.fetchrow(Q["timeline_for_update"])
            assert found is not None
            if found["rate"] == self._rate:
                tx.after_commit(lambda: self._take(found["version"], _timeline(found)))
            else:
                await self._move(tx, lambda timeline, now_s: timeline.at_rate(self._rate, now_s))

    async def _move(self, tx: Transaction, change: Callable[[Timeline, float], Timeline]) -> Timeline:
        """Change the time of all, and with it when jobs are due. Raises BadRequest."""
        found = await tx.connection.fetchrow(Q["timeline_for_update"])
        if found is None:
            raise Unavailable
        moved = change(_timeline(found), self._clock.real_s())
        if moved.business_s > LATEST_S:
            raise BadRequest("There is no business after the year 2999.")
        version = await tx.connection.fetchval(Q["move"], moved.real_s, moved.business_s, moved.rate)
        await job_queue.follow(tx.connection, moved, told_s=TOLD_S)
        tx.after_commit(lambda: self._take(version, moved))
        return moved

    def _take(self, version: int, timeline: Timeline) -> None:
        if version > self._version:  # one that was read before a change may come after it
            self._version = version
            self._clock.timeline = timeline

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow()
            except Unavailable:
                pass  # the next look is soon
            await asyncio.sleep(LOOK_S)

    async def _follow(self) -> None:
        if not self._version:
            await self._begin()
            return
        async with self._database.batch.connection() as connection:
            found = await connection.fetchrow(Q["timeline"])
        if found is None:  # another database is there under the same name
            self._version = 0
            return
        self._take(found["version"], _timeline(found))


def _timeline(row: Any) -> Timeline:
    return Timeline(real_s=row["real_s"], business_s=row["business_s"], rate=row["rate"])
