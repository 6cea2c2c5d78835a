"""After-sales cases, and requests for invoices."""

from livehub.base.migrations.sql import run

revision = "cases_0001_cases"
down_revision = None
branch_labels = ("cases",)
depends_on = "refunds_0001_refunds"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
