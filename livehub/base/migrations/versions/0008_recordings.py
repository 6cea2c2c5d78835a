"""Recordings, clips, and what moved a room while it was recorded."""

from livehub.base.migrations.sql import run

revision = "0008_recordings"
down_revision = "0007_cameras"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
