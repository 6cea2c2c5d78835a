"""Which orders a breach of the cold chain was about, and what their buyers were offered."""

from livehub.base.migrations.sql import run

revision = "cases_0005_breaches"
down_revision = "cases_0004_reversals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
