"""Who is blocked, and by what they are known again."""

from livehub.base.migrations.sql import run

revision = "people_0004_blocked"
down_revision = "people_0003_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
