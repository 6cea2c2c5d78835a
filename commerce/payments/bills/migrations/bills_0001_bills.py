"""Bills of providers."""

from livehub.base.migrations.sql import run

revision = "bills_0001_bills"
down_revision = None
branch_labels = ("bills",)
depends_on = "payments_0001_payments"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
