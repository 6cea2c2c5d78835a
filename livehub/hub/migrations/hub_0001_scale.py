"""Rooms listed and opened without reading what they hold; direct messages found by transaction."""

from livehub.base.migrations.sql import run

revision = "hub_0001_scale"
down_revision = None
branch_labels = ("hub",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
