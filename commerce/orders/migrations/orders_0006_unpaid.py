"""How many orders one person may leave unpaid."""

from livehub.base.migrations.sql import run

revision = "orders_0006_unpaid"
down_revision = "orders_0005_undoing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
