"""Migrations bring any database to the newest schema, once, however many processes try; a failed one leaves no half of itself.

The tables of jobs are exactly procrastinate's own.
"""

import multiprocessing
from importlib import import_module
from pathlib import Path

import procrastinate
import psycopg
import pytest
from alembic import command
from procrastinate.schema import SchemaManager
from psycopg.types.json import Jsonb

from livehub.base.migrations import compare, migrate

JOBS = import_module("livehub.base.migrations.versions.0001_jobs")
PROCRASTINATE_MIGRATIONS = Path(procrastinate.__file__).parent / "sql" / "migrations"

# What a schema is made of, as text; each query takes the pattern of the names that count.
CATALOGUES = {
    "columns": """
        SELECT table_name, column_name, udt_name, column_default, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name LIKE %s""",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename LIKE %s",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid::regclass::text LIKE %s""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE %s""",
    "triggers": """
        SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE %s""",
    "enumerations": """
        SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid WHERE typname LIKE %s""",
    "composite types": """
        SELECT relname, attname, format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relkind = 'c' AND relnamespace = 'public'::regnamespace AND relname LIKE %s""",
}


def schema_of(database_url: str, names: str = "%") -> dict[str, list[str]]:
    with psycopg.connect(database_url) as connection:
        return {
            kind: sorted(map(repr, connection.execute(query, [names]).fetchall())) for kind, query in CATALOGUES.items()
        }


def run_script(database_url: str, script: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(script.encode())


def test_a_fresh_database_gets_every_revision_in_order_and_then_none(empty_database_url: str) -> None:
    applied = migrate(empty_database_url)
    assert applied == sorted(applied)
    assert applied[0] == "0001_jobs"
    assert compare([applied[-1]]) == ([], [])
    before = schema_of(empty_database_url)
    assert migrate(empty_database_url) == []
    assert schema_of(empty_database_url) == before


def test_an_older_database_gets_what_it_lacks_and_keeps_its_rows(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch:  # as an older checkout, which knew two revisions
        patch.setattr(command, "upgrade", lambda settings, _head: upgrade(settings, "0002_base"))
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("INSERT INTO outbox (type, payload) VALUES ('kept', '{}')")
    assert migrate(empty_database_url)[0] == "0003_rooms"
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT type FROM outbox").fetchall() == [("kept",)]


def migrated_to(revision: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an older checkout, of which that was the newest."""
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda settings, _head: upgrade(settings, revision))
        migrate(database_url)


def test_events_of_the_outbox_that_were_not_reacted_to_move_and_others_do_not(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated_to("0009_chapters", empty_database_url, monkeypatch)
    events = {
        1: ("outbox.dispatch", "todo"),  # not dispatched yet
        2: ("outbox.dispatch", "doing"),  # by a process that was killed
        3: ("coupon.withdraw", "todo"),  # dispatched, and not done
        4: ("quiz.award", "failed"),  # given up
        5: ("coupon.withdraw", "succeeded"),
        6: (None, None),  # done so long ago that its jobs are gone
    }
    with psycopg.connect(empty_database_url) as connection:
        for event, (task, status) in events.items():
            type_ = "quiz.won" if task == "quiz.award" else "coupon.exhausted"
            payload = Jsonb({"event": type_, "room": f"room {event}"})
            connection.execute("INSERT INTO outbox (type, payload) VALUES (%s, %s)", [type_, payload])
            if task is not None:
                args = {"event": event} if task == "outbox.dispatch" else {"event": event, "payload": payload.obj}
                connection.execute(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) "
                    "VALUES ('default', %s, %s, %s::procrastinate_job_status)",
                    [task, Jsonb(args), status],
                )
        connection.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'quiz.close')")
    assert migrate(empty_database_url)[0] == "0010_events"
    with psycopg.connect(empty_database_url) as connection:
        moved = connection.execute("SELECT type, key, payload FROM domain_events ORDER BY id").fetchall()
        assert moved == [
            (type_, f"room {event}", {"event": type_, "room": f"room {event}"})
            for event, type_ in (
                (1, "coupon.exhausted"), (2, "coupon.exhausted"), (3, "coupon.exhausted"), (4, "quiz.won"),
            )
        ]  # fmt: skip
        left = connection.execute("SELECT task_name, status FROM procrastinate_jobs ORDER BY id").fetchall()
        assert left == [("coupon.withdraw", "succeeded"), ("quiz.close", "todo")]


def test_what_an_older_process_still_writes_to_the_outbox_becomes_an_event(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO outbox (type, payload) VALUES ('quiz.won', '{"event": "quiz.won", "room": "r"}')"""
        )
        assert connection.execute("SELECT type, key, payload->>'room' FROM domain_events").fetchall() == [
            ("quiz.won", "r", "r")
        ]


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        done = pool.map(migrate, [empty_database_url] * 3, chunksize=1)
    assert sorted(map(len, done)) == [0, 0, max(map(len, done))]
    with psycopg.connect(empty_database_url) as connection:
        heads = [head for (head,) in connection.execute("SELECT version_num FROM alembic_version")]
    assert compare(heads) == ([], [])


def test_a_migration_that_fails_leaves_the_last_whole_revision_and_no_lock(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE chats (in_the_way int)")  # 0003 makes one of this name
    with pytest.raises(Exception, match='relation "chats" already exists'):
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002_base",)]
        assert connection.execute("SELECT to_regclass('rooms')").fetchall() == [(None,)]
        connection.execute("DROP TABLE chats")
    assert migrate(empty_database_url)[0] == "0003_rooms"


# --- procrastinate ---


def test_no_released_migration_of_procrastinate_is_missing() -> None:
    theirs = sorted(path.name for path in PROCRASTINATE_MIGRATIONS.glob("*.sql"))
    assert theirs[-1] == JOBS.LAST, "a newer procrastinate brings further files: they want a further revision"


def test_our_jobs_schema_is_procrastinates_own(database_url: str, empty_database_url: str) -> None:
    run_script(empty_database_url, SchemaManager.get_schema())
    ours, theirs = schema_of(database_url, "procrastinate%"), schema_of(empty_database_url, "procrastinate%")
    assert ours == theirs
    assert all(theirs[kind] for kind in CATALOGUES)


# --- ours ---


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO rooms (id, epoch, state, created_by) VALUES ('Farm', 'e', '{}', 'ann')",
        "INSERT INTO rooms (id, epoch, state, created_by, head_offset) VALUES ('farm', 'e', '{}', 'ann', -1)",
        "INSERT INTO room_controls VALUES ('nowhere', 'e', 1, 0, '{}')",
        "INSERT INTO room_controls VALUES ('here', 'e', 0, 0, '{}')",
        "INSERT INTO room_controls VALUES ('here', 'e', 1, 0, '{}'), ('here', 'e', 1, 0, '{}')",
        "INSERT INTO room_likes VALUES ('here', 'w', -1)",
        "INSERT INTO coupons (id, room, card, total) VALUES ('c', 'here', '{}', 0)",
        "INSERT INTO coupons (id, room, card, total, taken) VALUES ('c', 'here', '{}', 1, 2)",
        "INSERT INTO coupon_claims VALUES ('no such coupon', 'ann', 0)",
        "INSERT INTO products (id, farm, title, price_minor, currency) VALUES ('p', 'f', 't', -1, 'CNY')",
        "INSERT INTO products (id, farm, title, price_minor, currency) VALUES ('p', 'f', 't', 1, 'cny')",
        "INSERT INTO words VALUES ('w', 'shout')",
        """INSERT INTO quizzes (id, room, card, winners_max, closes_ts)
           VALUES ('a', 'here', '{}', 1, 0), ('b', 'here', '{}', 1, 0)""",
        "INSERT INTO quizzes (id, room, card, winners_max, closes_ts) VALUES ('a', 'here', '{}', 0, 0)",
    ],
)
def test_what_must_never_be_is_refused_by_postgresql_too(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO rooms (id, epoch, state, created_by) VALUES ('here', 'e', '{}', 'ann')")
        with pytest.raises(psycopg.errors.IntegrityError):
            connection.execute(statement)
