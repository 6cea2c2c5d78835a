"""Migrations: Alembic running our .sql files, forward only. See docs/architecture.md for why Alembic.

A revision is a pair `NNNN_name.py` and `.sql`; the `.py` holds what Alembic needs and what SQL alone can't say. What lies in
versions/ is the trunk, from before there were modules. A module keeps its own in a folder of its package: a branch with the
module's name as its label, whose first revision depends on the trunk (or on another module's), so that packages add
revisions without knowing of each other's. A database has one head for each branch.
`migrate` takes an advisory lock, so that several processes may start at once and one of them does the work. The others ask for
it again and again: one that waited inside a statement would have a snapshot, and CREATE INDEX CONCURRENTLY waits for all those.
"""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

_LOCK = 0x6C697665  # "live": any number, as long as nothing else here takes the same one.
_FOLDER = Path(__file__).parent

LOCK_WAIT_S_MAX = 3_600.0  # an index of a large table takes its time
LOCK_PAUSE_S = 0.1


def _settings(folders: Sequence[Path]) -> AlembicConfig:
    settings = AlembicConfig()
    locations = [_FOLDER / "versions", *folders]
    settings.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("version_locations", "\n".join(str(path).replace("%", "%%") for path in locations))
    return settings


def _engine_url(database_url: str) -> str:
    return make_url(database_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def migrate(database_url: str, folders: Sequence[Path] = ()) -> list[str]:
    """Bring the database to the newest revisions, those in the modules' `folders` included; the names of those applied now.

    Raises what the driver raises.
    """
    settings, applied = _settings(folders), list[str]()
    settings.attributes["applied"] = applied
    engine = create_engine(_engine_url(database_url))
    try:
        with engine.connect() as connection:
            settings.attributes["connection"] = connection
            _take_turns(connection)
            command.upgrade(settings, "heads")
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()
    finally:
        engine.dispose()
    return applied


def _take_turns(connection: Connection) -> None:
    """Hold the lock of migrations. Raises TimeoutError when another process has had it for LOCK_WAIT_S_MAX."""
    until_s = time.monotonic() + LOCK_WAIT_S_MAX
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        connection.commit()
        if time.monotonic() > until_s:
            raise TimeoutError(f"another process has been migrating this database for {LOCK_WAIT_S_MAX:g} s")
        time.sleep(LOCK_PAUSE_S)
    connection.commit()


def compare(present: Iterable[str], folders: Sequence[Path] = ()) -> tuple[list[str], list[str]]:
    """(revisions that a database at the heads `present` lacks, heads that nobody here knows), both sorted."""
    script = ScriptDirectory.from_config(_settings(folders))
    known = {found.revision: found for found in script.walk_revisions()}
    unknown = [head for head in present if head not in known]
    applied: set[str] = set()
    reached = [head for head in present if head in known]
    while reached:
        revision = reached.pop()
        if revision not in applied:
            applied.add(revision)
            reached += [*_names(known[revision].down_revision), *_names(known[revision].dependencies)]
    return sorted(known.keys() - applied), sorted(unknown)


def _names(revisions: str | Iterable[str] | None) -> list[str]:
    return [revisions] if isinstance(revisions, str) else list(revisions or ())
