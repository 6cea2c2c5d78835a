"""Who said a control message, and a room's messages by time."""

from livehub.base.migrations.sql import run

revision = "hub_0003_actors"
down_revision = "hub_0002_viewers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
