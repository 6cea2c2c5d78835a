"""Addresses that were written, and pointed at on no map."""

from livehub.base.migrations.sql import run

revision = "people_0007_places"
down_revision = "people_0006_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
