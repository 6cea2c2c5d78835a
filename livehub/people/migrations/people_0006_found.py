"""People found by the beginning of their name, and in the order in which they came."""

from livehub.base.migrations.sql import run

revision = "people_0006_found"
down_revision = "people_0005_used"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
