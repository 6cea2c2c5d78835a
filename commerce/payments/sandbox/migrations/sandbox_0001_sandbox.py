"""The sandbox: a payment provider's own books."""

from livehub.base.migrations.sql import run

revision = "sandbox_0001_sandbox"
down_revision = None
branch_labels = ("sandbox",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
