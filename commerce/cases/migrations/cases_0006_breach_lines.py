"""Breaches as they were heard of, the lines that each was about, and what is still to be told or offered of them."""

from livehub.base.migrations.sql import run

revision = "cases_0006_breach_lines"
down_revision = "cases_0005_breaches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
