"""Findings are shown with the order that they are about."""

from livehub.base.migrations.sql import run

revision = "payments_0002_of_orders"
down_revision = "payments_0001_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
