"""What staff did beside what they said in rooms, and why."""

from livehub.base.migrations.sql import run

revision = "hub_0004_actions"
down_revision = "hub_0003_actors"
branch_labels = None
depends_on = "chat_0004_rounds"  # whose decisions are carried over


def upgrade() -> None:
    """Forward only."""
    run(__file__)
