"""Entries of the transparency log, which leaf each became, and what has been published."""

from livehub.base.migrations.sql import run

revision = "log_0001_log"
down_revision = None
branch_labels = ("log",)
depends_on = "0013_sealed"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
