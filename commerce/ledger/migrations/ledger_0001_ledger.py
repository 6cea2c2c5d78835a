"""Accounts, transfers, entries, and the sums of closed days."""

from livehub.base.migrations.sql import run

revision = "ledger_0001_ledger"
down_revision = None
branch_labels = ("ledger",)
depends_on = "0013_sealed"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
