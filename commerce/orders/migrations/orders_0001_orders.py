"""Carts, orders, their lines and what became of them."""

from livehub.base.migrations.sql import run

revision = "orders_0001_orders"
down_revision = None
branch_labels = ("orders",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
