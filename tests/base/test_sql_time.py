"""SQL does not ask what time it is, but where real time is meant: business time comes as an argument."""

import re
from pathlib import Path

import pytest

from livehub.base.sql import parse
from tests.base.test_sql import CHECKOUT, FOLDERS, SQL_FILES, named

ASKS = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\bcurrent_(timestamp|date|time)\b"
    r"|\blocaltime(stamp)?\b|'(now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)

QUEUE = "procrastinate goes by real time"
CALLS = "how long a call may take, and a key is remembered"
EVENTS = "schedules, lags and retention of events are real time"
WORKERS = "a process that is not seen for so long has ended"
STOCK = "how long ago another process led, by the one clock that both of them see"
SESSIONS = "sessions and tokens go by real time, and so do those whose they are"
SANDBOX = "a provider has no clock but the real one"
REAL_TIME = {
    "commerce/payments/sandbox/sandbox.sql update_payments": SANDBOX,
    "commerce/flashsale/journal.sql fence": STOCK,
    "commerce/flashsale/journal.sql last_epoch": STOCK,
    "commerce/flashsale/journal.sql database_time": STOCK,
    "livehub/base/leading.sql end_frozen": STOCK,
    "livehub/base/job_queue.sql rescue_jobs": QUEUE,
    "livehub/base/job_queue.sql retry_job": QUEUE,
    "livehub/base/idempotency.sql claim_key": CALLS,
    "livehub/base/idempotency.sql claimed": CALLS,
    "livehub/base/idempotency.sql claim_again": CALLS,
    "livehub/base/idempotency.sql end_claim": CALLS,
    "livehub/people/blocked/blocked.sql erase_blocks": SESSIONS,
    "livehub/people/person_tables.sql erase_person": SESSIONS,
    "livehub/people/person_tables.sql erase_sessions": SESSIONS,
    "livehub/hub/rooms/counters.sql begin_worker": WORKERS,
    "livehub/hub/rooms/counters.sql see_worker": WORKERS,
    "livehub/hub/rooms/counters.sql merge_dead_workers": WORKERS,
    "livehub/hub/rooms/counters.sql store_people": WORKERS,
    "livehub/hub/rooms/listing.sql rooms": WORKERS,
}
OF_REAL_TIME = {"livehub/base/events.sql": EVENTS}

DEFAULT = "a default for processes of versions before; ours name the moment"
MIGRATIONS = {
    "commerce/payments/sandbox/migrations/sandbox_0001_sandbox.sql": SANDBOX,
    "commerce/flashsale/migrations/flashsale_0001_stock.sql": STOCK,
    "livehub/base/migrations/versions/0002_base.sql": CALLS,
    "livehub/base/migrations/versions/0003_rooms.sql": DEFAULT,
    "livehub/base/migrations/versions/0004_shop.sql": DEFAULT,
    "livehub/base/migrations/versions/0005_people.sql": WORKERS,
    "livehub/base/migrations/versions/0006_keeping.sql": DEFAULT,
    "livehub/base/migrations/versions/0010_events.sql": EVENTS,
}


def asks(sql: str) -> bool:
    """Whether it asks PostgreSQL for the time, in code."""
    return any(ASKS.search(line.split("--")[0]) for line in sql.splitlines())


def test_only_queries_about_real_time_ask_postgresql_for_the_time() -> None:
    asking = {
        f"{named(path)} {name}"
        for path in SQL_FILES
        if named(path) not in OF_REAL_TIME
        for name, query in parse(path.read_text("utf-8")).items()
        if asks(query)
    }
    assert asking == set(REAL_TIME)


def test_columns_filled_by_postgresql_are_those_of_old_processes_and_of_real_time() -> None:
    files = [path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("migrations/**/*.sql")]
    assert {named(path) for path in files if asks(path.read_text("utf-8"))} == set(MIGRATIONS)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT now()", True),
        ("UPDATE t SET at = CURRENT_TIMESTAMP", True),
        ("SELECT clock_timestamp ()", True),
        ("SELECT 'now'::timestamptz", True),
        ("-- not now()\nSELECT 1", False),
        ("SELECT known(1), current_setting('x')", False),
    ],
)
def test_asking_for_the_time_is_seen(sql: str, expected: bool) -> None:
    assert asks(sql) is expected


def test_the_files_are_there() -> None:
    assert all(Path(CHECKOUT, name).is_file() for name in (*OF_REAL_TIME, *MIGRATIONS))
