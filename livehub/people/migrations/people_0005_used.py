"""Proofs that count once."""

from livehub.base.migrations.sql import run

revision = "people_0005_used"
down_revision = "people_0004_blocked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
