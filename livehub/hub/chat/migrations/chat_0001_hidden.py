"""Lines that a ban took away."""

from livehub.base.migrations.sql import run

revision = "chat_0001_hidden"
down_revision = None
branch_labels = ("chat",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
