"""What is kept for a time only, and for how long. Run hourly by a job (livehub/loop.py).

Each table loses its old rows in batches with a transaction of its own, so that no lock is held long; what is left over after
BATCHES_MAX of them waits for the next hour.
"""

import logging

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.idempotency import Q as IDEMPOTENCY
from livehub.base.outbox import Q as OUTBOX
from livehub.base.sql import queries

log = logging.getLogger("livehub.housekeeping")
Q = queries(__file__, "housekeeping.sql")

BATCH = 5_000
BATCHES_MAX = 200
SILENT_S = 86_400  # a recording that no process has told of for this time has ended


async def forget(config: Config, database: Database, *, now_ms: int) -> None:
    """Delete what is too old. Raises Unavailable."""

    def before(kept_s: int) -> int:
        return now_ms - kept_s * 1000

    chats = before(config.chats_kept_s)
    jobs = before(config.jobs_kept_s)
    await _repeat(database, "idempotency_keys", IDEMPOTENCY["forget"], before(config.idempotency_ttl_s))
    await _repeat(database, "outbox", OUTBOX["forget_events"], before(config.events_kept_s))
    await _repeat(database, "procrastinate_jobs", OUTBOX["forget_jobs"], jobs)
    await _repeat(database, "procrastinate_periodic_defers", OUTBOX["forget_periodic"], jobs)
    await _repeat(database, "chats", Q["forget_chats"], chats)
    await _repeat(database, "chat_deletions", Q["forget_deletions"], chats)
    await _repeat(database, "held_lines", Q["forget_held"], chats)
    await _repeat(database, "chat_reports", Q["forget_reports"], chats)
    await _repeat(database, "directs", Q["forget_directs"], before(config.directs_kept_s))
    recordings = before(config.recordings_kept_s)
    await _repeat(database, "recordings", Q["end_recordings"], before(SILENT_S))
    await _repeat(database, "recordings", Q["let_recordings_go"], recordings, now_ms)
    await _repeat(database, "clips", Q["let_clips_go"], before(config.clips_kept_s), now_ms)
    await _repeat(database, "room_signals", Q["forget_signals"], recordings)
    controls = before(config.controls_kept_s)
    await _repeat(database, "room_controls", Q["forget_controls"], controls, config.control_recover_max)


async def _repeat(database: Database, table: str, query: str, *args: int) -> None:
    forgotten = 0
    for _ in range(BATCHES_MAX):
        async with database.transaction() as tx:
            count: int = await tx.connection.fetchval(query, *args, BATCH)
        forgotten += count
        if count < BATCH:
            break
    if forgotten:
        log.info("housekeeping.forgot", extra={"table": table, "rows": forgotten})
