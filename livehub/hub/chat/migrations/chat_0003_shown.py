"""When a line was shown, so that a replay shows it at that moment."""

from livehub.base.migrations.sql import run

revision = "chat_0003_shown"
down_revision = "chat_0002_matched"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
