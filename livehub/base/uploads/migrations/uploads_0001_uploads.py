"""Uploaded pictures, and how many each may send."""

from livehub.base.migrations.sql import run

revision = "uploads_0001_uploads"
down_revision = None
branch_labels = ("uploads",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
