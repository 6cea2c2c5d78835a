"""Indexes by which staff find orders."""

from livehub.base.migrations.sql import run

revision = "orders_0002_lists"
down_revision = "orders_0001_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
