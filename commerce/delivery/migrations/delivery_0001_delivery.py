"""Areas, pick-up points, windows of time, and the weekly patterns that windows are made from."""

from livehub.base.migrations.sql import run

revision = "delivery_0001_delivery"
down_revision = None
branch_labels = ("delivery",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
