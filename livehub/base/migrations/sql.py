"""Running the .sql file of a revision: sent to the driver as it stands, so that no character of it is interpreted."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

INVALID = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid)"


def run(revision_file: str) -> None:
    """Execute the .sql beside `revision_file`."""
    execute(Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8"))


def execute(script: str) -> None:
    """Execute a script of many statements, in Alembic's own transaction."""
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        cursor.execute(script)


def index_concurrently(name: str, revision_file: str) -> None:
    """Execute the one statement beside `revision_file`, CREATE INDEX CONCURRENTLY IF NOT EXISTS, while others write the table.

    It runs outside a transaction, so the revision must do nothing else. What an attempt that failed left is an invalid index of
    that name, which is dropped first.
    """
    with op.get_context().autocommit_block():
        if op.get_bind().execute(text(INVALID), {"name": name}).scalar_one():
            op.get_bind().execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
        run(revision_file)
