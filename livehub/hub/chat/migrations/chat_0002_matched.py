"""Why a line is held: the words that matched."""

from livehub.base.migrations.sql import run

revision = "chat_0002_matched"
down_revision = "chat_0001_hidden"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
