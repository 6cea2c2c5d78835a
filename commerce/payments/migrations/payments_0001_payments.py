"""Payments, their notices, refunds, and what did not fit."""

from livehub.base.migrations.sql import run

revision = "payments_0001_payments"
down_revision = None
branch_labels = ("payments",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
