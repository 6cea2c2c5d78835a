"""Which notice was handed to which channel."""

from livehub.base.migrations.sql import run

revision = "notify_0001_deliveries"
down_revision = None
branch_labels = ("notify",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
