"""An invoice is reversed in part when something of its order is refunded after it was issued."""

from livehub.base.migrations.sql import run

revision = "cases_0004_reversals"
down_revision = "cases_0003_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
