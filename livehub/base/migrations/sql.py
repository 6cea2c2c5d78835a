"""Running the .sql file of a revision: sent to the driver as it stands, so that no character of it is interpreted."""

from pathlib import Path

from alembic import op


def run(revision_file: str) -> None:
    """Execute the .sql beside `revision_file`."""
    execute(Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8"))


def execute(script: str) -> None:
    """Execute a script of many statements, in Alembic's own transaction."""
    raw = op.get_bind().connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        cursor.execute(script)
