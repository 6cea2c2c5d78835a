"""A room of the version before has a host, who made it, in the table and in its state."""

from typing import Any

import psycopg
import pytest
from alembic import command

from livehub.app import MODULES
from livehub.base.migrations import migrate

FOLDERS = [module.migrations for module in MODULES if module.migrations is not None]


def test_whoever_made_a_room_is_its_host(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda settings, _heads: upgrade(settings, "hub_0005_on_air"))
        migrate(empty_database_url, FOLDERS)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "INSERT INTO rooms (id, epoch, state, created_by, created_at) VALUES "
            """('farm', 'e', '{"view": {"title": "A day"}}', 'li', to_timestamp(5))"""
        )
    migrate(empty_database_url, FOLDERS)
    assert rows(empty_database_url, "SELECT room, person, kind, by, ts FROM room_hosts") == [
        ("farm", "li", "host", "li", 5_000)
    ]
    assert rows(empty_database_url, "SELECT state FROM rooms") == [
        ({"view": {"title": "A day"}, "hosts": {"li": "host"}},)
    ]


def rows(database_url: str, query: str) -> list[Any]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query.encode()).fetchall()
