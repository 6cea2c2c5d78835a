"""What an older version flagged stays as it is; the index of lines by their batch comes without a lock, whoever else migrates
at the same time, and though an attempt at it has failed.
"""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic import command

from livehub.app import MIGRATIONS
from livehub.base.migrations import migrate

ORDER = """
    INSERT INTO orders (id, number, person, key, fingerprint, state, currency, goods_minor, discount_minor, delivery_minor,
        delivery_discount_minor, total_minor, paid_minor, closes_ms, created_ms, paid_ms)
    VALUES ('o1', '1', 'mei', 'k', '', 'paid', 'CNY', 300, 0, 0, 0, 300, 300, 1, 1, 1)"""
LINES = """
    INSERT INTO order_lines (id, order_id, position, product, batch, title, unit, qty, unit_price_minor, amount_minor,
        discount_minor, paid_minor, unit_shares_minor)
    SELECT 'o1-' || n, 'o1', n, 'p' || n, 'b-1', 'x', '', 1, 100, 100, 0, 100, '{100}' FROM generate_series(0, 2) AS n"""
FLAGGED = """
    INSERT INTO breach_orders (order_id, shipment, breach, lines, offer, told_ms)
    VALUES ('o1', 'van-1', 'breach-1', '{o1-0,o1-1}', 'refund', 7)"""


def index(connection: psycopg.Connection) -> tuple[bool, str] | None:
    return connection.execute(
        "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid = to_regclass('order_lines_batch')"
    ).fetchone()


def test_what_an_older_version_flagged_is_flagged_by_line_and_offered_nothing_more(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda settings, _head: upgrade(settings, "cases_0005_breaches"))
        migrate(empty_database_url, MIGRATIONS)
    with psycopg.connect(empty_database_url) as connection:
        for statement in (ORDER, LINES, FLAGGED, "CREATE INDEX order_lines_batch ON order_lines (product)"):
            connection.execute(statement)
        # As CREATE INDEX CONCURRENTLY leaves it that was stopped half way.
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'order_lines_batch'::regclass")
    assert {"cases_0006_breach_lines", "cases_0007_batch_index"} <= set(migrate(empty_database_url, MIGRATIONS))
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT order_line, shipment, breach, units FROM breach_lines ORDER BY 1").fetchall() == [
            ("o1-0", "van-1", "breach-1", 1), ("o1-1", "van-1", "breach-1", 1),
        ]  # fmt: skip
        flagged = connection.execute("SELECT order_id, breach, offer, told_ms, is_open, given FROM breach_orders")
        assert flagged.fetchall() == [("o1", "breach-1", "refund", 7, False, None)]
        found = index(connection)
        assert found is not None
        assert found[0]
        assert found[1].endswith("USING btree (batch) WHERE (batch IS NOT NULL)")


def test_of_several_who_migrate_at_once_one_does_the_work_and_none_is_a_deadlock(empty_database_url: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        applied = list(threads.map(lambda _: migrate(empty_database_url, MIGRATIONS), range(3)))
    assert sorted(map(bool, applied)) == [False, False, True]
    with psycopg.connect(empty_database_url) as connection:
        found = index(connection)
    assert found is not None
    assert found[0]
