"""Which units of orders were paid back, and what goes back on the shelf."""

from livehub.base.migrations.sql import run

revision = "refunds_0001_refunds"
down_revision = None
branch_labels = ("refunds",)
depends_on = ("orders_0001_orders", "payments_0001_payments", "ledger_0001_ledger")


def upgrade() -> None:
    """Forward only."""
    run(__file__)
