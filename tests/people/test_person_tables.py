"""Whatever a table holds of people is declared by a module, with what becomes of it.

The columns are read off a migrated database, so a new one that nobody thought of shows here.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from livehub.app import MODULES
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.people.reasons import REASONS

TABLES = {table.table: table for module in MODULES for table in module.person_tables}

# Columns that hold ids, or names, of people wherever they are.
IDS = {
    "user_id", "person", "by_id", "by_name", "about_id", "about_name", "created_by", "opened_by", "closed_by", "changed_by",
    "decided_by", "deleted_by", "undone_by", "merged", "whom", "scope", "user", "owner", "host_id", "phone", "device",
    "asked_by", "approved_by", "rejected_by", "resolved_by", "shown", "lifted_by", "mark",
}  # fmt: skip

# Columns of documents, each of them looked at: what can have people in it is declared, and the rest is nobody's.
DOCUMENTS_OF_NOBODY = {
    ("quizzes", "card"), ("coupons", "card"), ("recordings", "chapters"), ("held_lines", "matched"),
    ("erasures", "rows"), ("identities", "data"), ("person_merges", "moved"),
    # generated out of rooms.state
    ("rooms", "title"), ("rooms", "host"), ("rooms", "poster"), ("rooms", "show"), ("rooms", "pin"),
    ("rooms", "titles"), ("products", "titles"), ("products", "subtitles"), ("products", "unit_names"),
    ("delivery_areas", "names"), ("delivery_areas", "shape"), ("pickup_points", "names"), ("pickup_points", "lines"),
    ("payments", "params"), ("payment_findings", "details"), ("reconciliations", "differences"), ("reconciliations", "away"),
    ("sales", "components"),
    ("carts", "lines"), ("orders", "address"), ("orders", "delivery"), ("order_lines", "titles"), ("order_lines", "unit_names"),
    ("order_lines", "variant_names"), ("order_lines", "weighed"), ("order_lines", "components"),
    ("products", "variant_names"),
    ("epcis_jobs", "errors"), ("epcis_events", "event"),
    ("coldchain_rules", "rule"), ("coldchain_rules", "model"), ("coldchain_rules", "offer"), ("shipment_sensors", "state"),
    ("coldchain_rule_versions", "rule"), ("coldchain_rule_versions", "offer"),
}  # fmt: skip

# Of views, what their tables are declared for; of procrastinate, what is not its jobs.
OTHERS = {"room_actions"}


async def columns(database: asyncpg.Connection) -> set[tuple[str, str, str]]:
    rows = await database.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    return {(row[0], row[1], row[2]) for row in rows if row[0] not in OTHERS}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_every_column_that_holds_people_is_declared(database: asyncpg.Connection) -> None:
    found = await columns(database)
    ids = {(table, column) for table, column, _ in found if column in IDS}
    documents = {(table, column) for table, column, type_ in found if type_ in ("json", "jsonb")} - DOCUMENTS_OF_NOBODY
    declared = {(table.table, column) for table in TABLES.values() for column in table.columns}
    assert (ids | documents) - declared == set()


async def test_what_is_declared_is_there(database: asyncpg.Connection) -> None:
    known = {(table, column) for table, column, _ in await columns(database)}
    assert {(table.table, column) for table in TABLES.values() for column in table.columns} - known == set()


# Of these nobody needs the name: they are of staff, have the name in themselves, or have nobody's id as it is.
NAME_NOT_KEPT_BY = {
    "case_steps", "order_weights",
    "carts", "order_changes",
    "batches", "batch_boxes", "batch_makings", "batch_scans", "batch_sheets", "batch_steps",
    "people", "audit", "blocked_marks", "cameras", "chat_deletions", "clips", "delivery_areas", "delivery_patterns",
    "delivery_windows", "dev_codes", "epcis_jobs", "domain_events", "held_lines", "pickup_points",
    "idempotency_keys", "outbox", "parked_events", "procrastinate_jobs", "quizzes", "room_controls", "sales", "stock_changes",
    "payment_findings",
    "refunds", "upload_counts",
    "sensor_devices", "sensor_corrections", "sensor_calibrations", "coldchain_rules", "shipments", "shipment_handovers",
}  # fmt: skip


def test_each_table_says_whose_its_rows_are_or_keeps_nobodys_name() -> None:
    assert {name for name, table in TABLES.items() if not table.theirs} == NAME_NOT_KEPT_BY
    assert not [name for name, table in TABLES.items() if not set(table.theirs) <= set(table.columns)]


PARAMETERS = {"merge": 2, "unmerge": 3, "export": 1, "erase": 2}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
async def test_its_queries_take_what_the_registry_gives_them(database: asyncpg.Connection, table: PersonTable) -> None:
    for name, count in PARAMETERS.items():
        query = getattr(table, name)
        if query is not None:
            statement = await database.prepare(query)
            assert len(statement.get_parameters()) == count, name


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_is_kept_says_why_and_what_is_not_has_a_query(table: PersonTable) -> None:
    assert (table.merge is None) == (table.unmerge is None)
    if table.on_erasure is OnErasure.DELETE:
        assert table.reason == ""
    else:
        assert table.reason in REASONS
    if table.on_erasure is not OnErasure.KEEP:
        assert table.erase is not None


def test_no_reason_is_for_nothing() -> None:
    assert set(REASONS) == {table.reason for table in TABLES.values() if table.reason}
