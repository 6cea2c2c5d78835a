"""Chapters of recordings; clips of a room whose recording is gone."""

from livehub.base.migrations.sql import run

revision = "0009_chapters"
down_revision = "0008_recordings"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
