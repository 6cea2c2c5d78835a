"""Clips in the making."""

from livehub.base.migrations.sql import run

revision = "media_0001_making"
down_revision = None
branch_labels = ("media",)
depends_on = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
