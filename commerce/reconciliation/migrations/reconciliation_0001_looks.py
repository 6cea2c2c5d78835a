"""What the nightly looks at the books have found."""

from livehub.base.migrations.sql import run

revision = "reconciliation_0001_looks"
down_revision = None
branch_labels = ("reconciliation",)
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
