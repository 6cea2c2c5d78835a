"""What the stock engine keeps: who leads, resources, holds, who waits."""

from livehub.base.migrations.sql import run

revision = "flashsale_0001_stock"
down_revision = None
branch_labels = ("flashsale",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
