"""Rooms' titles by language, for the list of rooms."""

from livehub.base.migrations.sql import run

revision = "hub_0012_titles"
down_revision = "hub_0006_hosts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
