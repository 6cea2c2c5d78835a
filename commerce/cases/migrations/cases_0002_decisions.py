"""What a decision has led to: the order that is sent instead, the coupon that was given."""

from livehub.base.migrations.sql import run

revision = "cases_0002_decisions"
down_revision = "cases_0001_cases"
branch_labels = None
depends_on = "orders_0004_replacements"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
