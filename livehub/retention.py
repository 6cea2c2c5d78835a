"""What is kept for a time only, and for how long: each module says it of its own tables; an hourly job deletes what is too old.

Each table loses its old rows in batches with a transaction of its own, so that no lock is held long; what is left over after
BATCHES_MAX of them waits for the next hour. One table's failure does not keep the others from their turn.
"""

import logging
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from livehub.base.config import Settings
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Job, Module, Part, ProcessRole, Retention

log = logging.getLogger("livehub.retention")

BATCH = 5_000
BATCHES_MAX = 200
JOB = "housekeeping"


class RetentionPart(Part):
    def __init__(self, context: Context) -> None:
        self._context = context

    def jobs(self) -> list[Job]:
        """One, at seventeen past every hour."""
        return [Job(name=JOB, run=self._run, cron="17 * * * *")]

    async def _run(self, timestamp: int) -> None:
        del timestamp
        rules = rules_of(self._context.modules)
        clock = self._context.clock
        times = {"now_ms": int(clock.now_s() * 1000), "real_ms": int(clock.real_s() * 1000)}
        await delete_expired(rules, self._context.settings, self._context.database, **times)


def rules_of(modules: Sequence[Module]) -> list[Retention]:
    """Those of all modules, each with its query."""
    tables = [table for module in modules for table in module.person_tables]
    rules = [rule for module in modules for rule in module.retention]
    return [rule if rule.query_of is None else replace(rule, query=rule.query_of(tables)) for rule in rules]


async def delete_expired(
    rules: Iterable[Retention], settings: Settings, database: Database, *, now_ms: int, real_ms: int
) -> None:
    """Delete what is too old, by business time or real time as each rule says.

    Raises what the first of those tables raised whose turn failed, after the others had theirs.
    """
    failure: LivehubError | None = None
    for rule in rules:
        try:
            await _delete(rule, settings, database, real_ms if rule.in_real_time else now_ms)
        except LivehubError as error:
            log.warning("retention.failed", extra={"table": rule.table, "reason": repr(error)})
            failure = failure or error
    if failure is not None:
        raise failure


async def _delete(rule: Retention, settings: Settings, database: Database, now_ms: int) -> None:
    deleted = 0
    for _ in range(BATCHES_MAX):
        async with database.batch.transaction() as tx:
            count: int = await tx.connection.fetchval(rule.query, *rule.arguments(settings, now_ms), BATCH)
        deleted += count
        if count < BATCH:
            break
    if deleted:
        log.info("retention.deleted", extra={"table": rule.table, "rows": deleted})


RETENTION = Module(name="retention", build=RetentionPart, roles=frozenset({ProcessRole.JOBS}))
