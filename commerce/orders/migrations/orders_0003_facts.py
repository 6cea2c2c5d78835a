"""Orders, payments and refunds as facts: what analysts read, with names that stay."""

from livehub.base.migrations.sql import run

revision = "orders_0003_facts"
down_revision = "orders_0002_lists"
branch_labels = None
depends_on = "payments_0001_payments"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
