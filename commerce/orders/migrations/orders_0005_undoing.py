"""Units that were sent again, each once; and replacements that were cancelled."""

from livehub.base.migrations.sql import run

revision = "orders_0005_undoing"
down_revision = "orders_0004_replacements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
