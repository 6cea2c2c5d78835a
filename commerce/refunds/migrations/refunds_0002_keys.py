"""The Idempotency-Key of a refund is kept with it for ever."""

from livehub.base.migrations.sql import run

revision = "refunds_0002_keys"
down_revision = "refunds_0001_refunds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
