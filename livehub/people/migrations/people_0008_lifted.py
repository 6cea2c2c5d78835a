"""Blocks that were lifted, by when."""

from livehub.base.migrations.sql import run

revision = "people_0008_lifted"
down_revision = "people_0007_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
