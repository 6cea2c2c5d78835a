"""Reports that count since the last decision about a line."""

from livehub.base.migrations.sql import run

revision = "chat_0004_rounds"
down_revision = "chat_0003_shown"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
