"""How many watch a room, for processes that do not follow it."""

from livehub.base.migrations.sql import run

revision = "hub_0002_viewers"
down_revision = "hub_0001_scale"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
