"""The outbox of domain events, and remembered answers of POSTs."""

from livehub.base.migrations.sql import run

revision = "0002_base"
down_revision = "0001_jobs"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
