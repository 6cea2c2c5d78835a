"""Durable jobs: procrastinate's tables, from its own numbered migration files up to LAST.

Those files never change once released, so this gives the same schema whatever version is installed. A newer procrastinate
that brings further files needs a further revision here that runs them; test_migrations.py notices when that is due.
"""

from pathlib import Path

import procrastinate

from livehub.base.migrations.sql import execute

revision = "0001_jobs"
down_revision = None

LAST = "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def upgrade() -> None:
    """Forward only."""
    folder = Path(procrastinate.__file__).parent / "sql" / "migrations"
    for script in sorted(folder.glob("*.sql")):
        if script.name <= LAST:
            execute(script.read_text(encoding="utf-8"))
