"""A database of the version before keeps what was decided in it: it is in the event log, and reports count from there."""

import json
from typing import Any

import psycopg
import pytest
from alembic import command

from livehub.app import MODULES
from livehub.base.migrations import migrate

FOLDERS = [module.migrations for module in MODULES if module.migrations is not None]
LINE = {"id": "l", "user": "mei", "name": "Mei", "role": "viewer", "text": "hello", "ts": 1}


def rows(database_url: str, query: str) -> list[Any]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_last_decision_of_each_line_and_reports_since_are_carried_over(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade

    def as_before(settings: Any, _heads: str) -> None:
        for revision in ("hub_0003_actors", "chat_0003_shown"):
            upgrade(settings, revision)

    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", as_before)
        migrate(empty_database_url, FOLDERS)
    decisions = [
        ("waiting", "waiting", None, None),
        ("approved", "approved", "ops", 5),
        ("rejected", "rejected", "host", 4),
        ("reported again", "waiting", "ops", 3),
    ]
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("INSERT INTO rooms (id, epoch, state, created_by) VALUES ('farm', 'e', '{}', 'host')")
        for line, status, by, at_s in decisions:
            connection.execute(
                "INSERT INTO held_lines (room, line_id, line, reason, status, decided_by, decided_at) "
                "VALUES ('farm', %s, %s, 'word', %s, %s, to_timestamp(%s))",
                (line, json.dumps(LINE), status, by, at_s),
            )
        for user, at_s in (("ann", 1), ("bo", 9)):
            connection.execute(
                "INSERT INTO chat_reports (room, line_id, user_id, at) "
                "VALUES ('farm', 'reported again', %s, to_timestamp(%s))",
                (user, at_s),
            )
    migrate(empty_database_url, FOLDERS)
    told = "SELECT ts, type, subject, was, became, by_id, about_id, data->'line'->>'text' FROM room_actions ORDER BY id"
    assert rows(empty_database_url, told) == [
        (3_000, "held_approve", "reported again", "waiting", "approved", "ops", "mei", "hello"),
        (4_000, "held_reject", "rejected", "waiting", "rejected", "host", "mei", "hello"),
        (5_000, "held_approve", "approved", "waiting", "approved", "ops", "mei", "hello"),
    ]
    rounds = "SELECT line_id, round, told_at IS NOT DISTINCT FROM decided_at FROM held_lines ORDER BY line_id"
    assert rows(empty_database_url, rounds) == [
        ("approved", 1, True),
        ("rejected", 1, True),
        ("reported again", 1, True),
        ("waiting", 0, True),
    ]
    assert rows(empty_database_url, "SELECT user_id, round FROM chat_reports ORDER BY user_id") == [
        ("ann", 0),
        ("bo", 1),
    ]
