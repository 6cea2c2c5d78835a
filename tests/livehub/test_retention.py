"""What is older than its setting goes, what is younger or still owed stays; however often and in however many batches."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub import app, retention
from livehub.app import MODULES
from livehub.base.config import Settings
from livehub.base.db import Connection, Database
from livehub.retention import delete_expired, rules_of

RULES = rules_of(MODULES)
NOW_MS = int(time.time() * 1000)
OLD_MS, NEW_MS = NOW_MS - 100 * 86_400_000, NOW_MS - 86_400_000  # past every default, and within it


@pytest.fixture
def settings(database_url: str) -> Settings:
    return app.settings(database_url=database_url, control_recover_max=5)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database(settings.core)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def rows(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO rooms (id, epoch, head_offset, state, created_by) VALUES ('farm', 'e2', 20, '{}', 'host')"
        )
        yield connection


async def column(rows: Connection, query: str) -> list[Any]:
    return [row[0] for row in await rows.fetch(query)]


async def test_control_messages_that_recovery_may_owe_stay_however_old(
    settings: Settings, database: Database, rows: Connection
) -> None:
    await rows.execute(
        """INSERT INTO room_controls (room, epoch, "offset", ts, data)
        SELECT 'farm', 'e2', n, CASE WHEN n <= 18 THEN $1::bigint ELSE $2 END, '{}'::jsonb FROM generate_series(1, 20) n
        UNION ALL
        SELECT 'farm', 'e1', n, CASE WHEN n <= 2 THEN $1::bigint ELSE $2 END, '{}'::jsonb FROM generate_series(1, 3) n""",
        OLD_MS,
        NEW_MS,
    )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    kept = await column(rows, """SELECT epoch || "offset" FROM room_controls ORDER BY epoch, "offset" """)
    assert kept == ["e13", "e216", "e217", "e218", "e219", "e220"]


async def test_chat_and_what_moderators_decided_of_it_goes(
    settings: Settings, database: Database, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    await rows.execute(
        """INSERT INTO chats (id, room, user_id, name, role, text, ts)
        SELECT n::text, 'farm', 'u', 'U', 'viewer', 'x', CASE WHEN n <= 35 THEN $1::bigint ELSE $2 END
        FROM generate_series(1, 37) n""",
        OLD_MS,
        NEW_MS,
    )
    for status, age in (("waiting", "100 days"), ("approved", "100 days"), ("rejected", "1 day")):
        await rows.execute(
            f"""INSERT INTO held_lines (room, line_id, line, reason, status, held_at)
            VALUES ('farm', $1 || '{age}', '{{}}', 'word', $1, now() - interval '{age}')""",
            status,
        )
    for age in ("100 days", "1 day"):
        await rows.execute(
            "INSERT INTO chat_deletions (room, line, deleted_by, deleted_at) "
            f"VALUES ('farm', '{age}', 'o', now() - interval '{age}')"
        )
        await rows.execute(
            f"INSERT INTO chat_reports (room, line_id, user_id, at) VALUES ('farm', '{age}', 'u', now() - interval '{age}')"
        )
    for name, data in (("line", '{"line": {}}'), ("other", "{}")):
        await rows.execute(
            "INSERT INTO room_actions (room, ts, type, subject, data) VALUES "
            f"('farm', $1, 't', '{name} old', '{data}'), ('farm', $2, 't', '{name} of 40 days', '{data}'), "
            f"(NULL, $3, 't', '{name} new', '{data}')",
            OLD_MS,
            NOW_MS - 40 * 86_400_000,
            NEW_MS,
        )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    actions = await column(rows, "SELECT subject FROM room_actions ORDER BY id")
    assert actions == ["line of 40 days", "line new", "other old", "other of 40 days", "other new"]
    audited = "SELECT subject FROM audit WHERE NOT is_event AND data = '{}' AND about_id IS NULL"
    assert await column(rows, audited) == ["line old"]  # that it was decided stays, without the line
    assert sorted(await column(rows, "SELECT id FROM chats")) == ["36", "37"]
    assert sorted(await column(rows, "SELECT line_id FROM held_lines")) == ["rejected1 day", "waiting100 days"]
    assert await column(rows, "SELECT line FROM chat_deletions") == ["1 day"]
    assert await column(rows, "SELECT line_id FROM chat_reports") == ["1 day"]


async def test_unread_messages_stay(settings: Settings, database: Database, rows: Connection) -> None:
    for id_, read in (
        ("unread", "NULL"),
        ("lately", "now() - interval '1 day'"),
        ("long ago", "now() - interval '100 days'"),
    ):
        await rows.execute(
            f"INSERT INTO directs (id, user_id, type, ts, data, read_at) VALUES ($1, 'u', 't', $2, '{{}}', {read})",
            id_,
            OLD_MS,
        )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert sorted(await column(rows, "SELECT id FROM directs")) == ["lately", "unread"]


async def test_jobs_that_ended_long_ago_go_with_their_history_and_others_stay(
    settings: Settings, database: Database, rows: Connection
) -> None:
    for status, age in (
        ("succeeded", "100 days"),
        ("failed", "100 days"),
        ("succeeded", "1 day"),
        ("todo", "100 days"),
    ):
        job = await rows.fetchval(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
            "VALUES ('default', $1, $2::text::procrastinate_job_status) RETURNING id",
            f"{status} {age}",
            status,
        )
        await rows.execute("DELETE FROM procrastinate_events WHERE job_id = $1", job)
        await rows.execute(
            f"INSERT INTO procrastinate_events (job_id, type, at) VALUES ($1, 'deferred', now() - interval '{age}')",
            job,
        )
        await rows.execute(
            "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id) VALUES ($1, $2, $3)",
            f"{status} {age}",
            (OLD_MS if age == "100 days" else NEW_MS) // 1000,
            job,
        )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert sorted(await column(rows, "SELECT task_name FROM procrastinate_jobs")) == [
        "succeeded 1 day",
        "todo 100 days",
    ]
    assert await column(rows, "SELECT count(*) FROM procrastinate_events") == [2]
    kept = await column(rows, "SELECT task_name FROM procrastinate_periodic_defers")
    assert sorted(kept) == ["succeeded 1 day", "todo 100 days"]


async def test_keys_and_what_the_old_outbox_held_go(settings: Settings, database: Database, rows: Connection) -> None:
    for age in ("100 days", "1 hour"):
        await rows.execute(
            f"INSERT INTO outbox (type, payload, created_at) VALUES ('{age}', '{{}}', now() - interval '{age}')"
        )
        await rows.execute(
            "INSERT INTO idempotency_keys (scope, key, fingerprint, created_at) "
            f"VALUES ('s', '{age}', '', now() - interval '{age}')"
        )
    for _ in range(2):
        await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
        assert await column(rows, "SELECT type FROM outbox") == ["1 hour"]
        assert await column(rows, "SELECT key FROM idempotency_keys") == ["1 hour"]


async def written(rows: Connection, type_: str, age: str) -> int:
    """An event of that age, with a position; its id."""
    return int(
        await rows.fetchval(
            "INSERT INTO domain_events (type, payload, created_at, position) VALUES ($1, '{}', "
            f"now() - interval '{age}', (SELECT coalesce(max(position), 0) + 1 FROM domain_events)) RETURNING id",
            type_,
        )
    )


async def cursor_at(rows: Connection, name: str, type_: str, position: int, *, seen: str = "0 s") -> None:
    await rows.execute(
        "INSERT INTO event_cursors (subscription, type, begins, position, seen_at) "
        f"VALUES ($1, $2, 'start', $3, now() - interval '{seen}')",
        name,
        type_,
        position,
    )


async def test_events_go_when_every_subscription_has_passed_them(
    settings: Settings, database: Database, rows: Connection
) -> None:
    for age in ("100 days", "100 days", "100 days", "1 day"):
        await written(rows, "order.paid", age)
    await rows.execute(
        "INSERT INTO domain_events (type, payload, created_at) VALUES ('unsequenced', '{}', now() - interval '100 days')"
    )
    await cursor_at(rows, "fast", "order.paid", 4)
    await cursor_at(rows, "slow", "order.paid", 1)
    await cursor_at(rows, "of another type", "order.refunded", 0)
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert await column(rows, "SELECT position FROM domain_events ORDER BY position") == [2, 3, 4, None]


async def test_events_that_nobody_knows_go_after_their_time(
    settings: Settings, database: Database, rows: Connection
) -> None:
    for age in ("100 days", "29 days"):
        await written(rows, "unknown", age)
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert await column(rows, "SELECT position FROM domain_events") == [2]


async def test_a_parked_event_stays(settings: Settings, database: Database, rows: Connection) -> None:
    event = await written(rows, "order.paid", "100 days")
    await cursor_at(rows, "points", "order.paid", 1)
    await rows.execute(
        "INSERT INTO parked_events (subscription, event, type, position, error, parked_at) "
        "VALUES ('points', $1, 'order.paid', 1, 'E', now() - interval '99 days')",
        event,
    )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert await column(rows, "SELECT id FROM domain_events") == [event]
    assert await column(rows, "SELECT event FROM parked_events") == [event]


async def test_a_subscription_that_no_process_runs_holds_nothing_for_ever(
    settings: Settings, database: Database, rows: Connection
) -> None:
    for _ in range(2):
        await written(rows, "order.paid", "100 days")
    await cursor_at(rows, "removed", "order.paid", 1, seen="13 days")
    await rows.execute(
        "INSERT INTO parked_events (subscription, event, type, position, error, parked_at) "
        "SELECT 'removed', id, 'order.paid', 1, 'E', now() - interval '99 days' FROM domain_events WHERE position = 1"
    )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert await column(rows, "SELECT position FROM domain_events ORDER BY 1") == [1, 2]
    await rows.execute("UPDATE event_cursors SET seen_at = now() - interval '15 days'")
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    assert await column(rows, "SELECT position FROM domain_events") == []
    assert await column(rows, "SELECT position FROM event_cursors") == [1]  # should it come back, it does nothing twice


async def test_recordings_and_clips_are_let_go_each_after_their_time_and_never_while_they_go_on(
    settings: Settings, database: Database, rows: Connection
) -> None:
    ages = {"long ago": NOW_MS - 400 * 86_400_000, "100 days": OLD_MS, "1 day": NEW_MS + 60_000}
    for age, ts in ages.items():
        for state, ended, told in (("ended", ts, ts), ("recording", None, NOW_MS), ("broken", None, ts)):
            await rows.execute(
                "INSERT INTO recordings (id, room, title, started_ts, ended_ts, state, store, updated_ts) "
                "VALUES ($1, 'farm', 't', 1, $2, $3, 's', $4)",
                f"{state} {age}",
                ended,
                state,
                told,
            )
        await rows.execute(
            "INSERT INTO clips VALUES ($1, 'r', 'farm', 't', 1, 2, 1, false, $2, 'host', 'kept', 's', $2)", age, ts
        )
        await rows.execute("INSERT INTO room_signals VALUES ('farm', $1, 1, 1, 0, 0, 0, 0)", ts)
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    gone = "SELECT id FROM recordings WHERE state = 'gone' ORDER BY id"
    # Of the broken ones nobody had told, so that they ended then, and were old enough to go.
    assert await column(rows, gone) == ["broken 100 days", "broken long ago", "ended 100 days", "ended long ago"]
    assert await column(rows, "SELECT id FROM recordings WHERE state = 'recording' ORDER BY id") == [
        "recording 1 day",
        "recording 100 days",
        "recording long ago",
    ]
    assert await column(rows, "SELECT id FROM recordings WHERE state = 'broken'") == ["broken 1 day"]
    assert await column(rows, "SELECT id FROM clips WHERE state = 'gone'") == ["long ago"]
    assert await column(rows, "SELECT at_ts FROM room_signals") == [ages["1 day"]]


async def test_a_clip_that_was_not_made_is_told_of_for_a_day_and_then_goes_with_what_is_left_of_it(
    settings: Settings, database: Database, rows: Connection
) -> None:
    for state in ("failed", "making"):
        for age_ms in (86_400_000, 86_400_001):
            id_, at_ms = f"{state} {age_ms}", NOW_MS - age_ms
            await rows.execute(
                "INSERT INTO clips VALUES ($1, $1, 'farm', 't', 1, 2, 1, false, $2, 'host', $3, 's', $2)",
                id_,
                at_ms,
                state,
            )
    await delete_expired(RULES, settings, database, now_ms=NOW_MS, real_ms=NOW_MS)
    gone = "SELECT id FROM clips WHERE state = 'gone' AND updated_ts = $1 ORDER BY id"
    assert [row["id"] for row in await rows.fetch(gone, NOW_MS)] == ["failed 86400001", "making 86400001"]
    assert await column(rows, "SELECT id FROM clips WHERE state <> 'gone' ORDER BY id") == [
        "failed 86400000",
        "making 86400000",
    ]
