"""Sales of bundles."""

from livehub.base.migrations.sql import run

revision = "sales_0002_bundles"
down_revision = "sales_0001_sales"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
