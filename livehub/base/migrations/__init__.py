"""Migrations: Alembic running our .sql files, forward only. See docs/architecture.md for why Alembic.

A revision is a pair `versions/NNNN_name.py` and `.sql`; the `.py` holds what Alembic needs and what SQL alone can't say.
`migrate` takes an advisory lock, so that several processes may start at once and one of them does the work.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url

_LOCK = 0x6C697665  # "live": any number, as long as nothing else here takes the same one.
_FOLDER = Path(__file__).parent


def _settings(connection: Connection) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def _engine_url(database_url: str) -> str:
    return make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def migrate(database_url: str) -> list[str]:
    """Bring the database to the newest revision; the names of those applied now. Raises what the driver raises."""
    engine = create_engine(_engine_url(database_url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            before = MigrationContext.configure(connection).get_current_revision()
            connection.commit()
            command.upgrade(_settings(connection), "head")
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()
    finally:
        engine.dispose()
    script = ScriptDirectory(str(_FOLDER))
    return [rev.revision for rev in reversed(list(script.iterate_revisions("head", before or "base")))]


def newest() -> str:
    """The newest revision there is."""
    return ScriptDirectory(str(_FOLDER)).get_current_head() or ""
