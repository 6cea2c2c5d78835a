"""Cameras of rooms."""

from livehub.base.migrations.sql import run

revision = "0007_cameras"
down_revision = "0006_keeping"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
