"""The keys under which coupons were claimed."""

from livehub.base.migrations.sql import run

revision = "coupons_0001_keys"
down_revision = None
branch_labels = ("coupons",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
