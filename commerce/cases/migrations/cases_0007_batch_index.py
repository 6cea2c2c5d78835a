"""Order lines are found by their batch. The table is large where this comes late, so it is not locked meanwhile."""

from livehub.base.migrations.sql import index_concurrently

revision = "cases_0007_batch_index"
down_revision = "cases_0006_breach_lines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    index_concurrently("order_lines_batch", __file__)
