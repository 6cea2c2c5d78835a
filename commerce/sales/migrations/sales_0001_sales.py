"""Sales of rooms, and who changed the stock of products."""

from livehub.base.migrations.sql import run

revision = "sales_0001_sales"
down_revision = None
branch_labels = ("sales",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
