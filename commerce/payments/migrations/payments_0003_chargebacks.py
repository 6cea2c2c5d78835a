"""A payment knows how much of it a bank has taken back."""

from livehub.base.migrations.sql import run

revision = "payments_0003_chargebacks"
down_revision = "payments_0002_of_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
