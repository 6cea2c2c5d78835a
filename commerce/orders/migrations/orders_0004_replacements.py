"""Orders that are sent instead of units of another one."""

from livehub.base.migrations.sql import run

revision = "orders_0004_replacements"
down_revision = "orders_0003_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
