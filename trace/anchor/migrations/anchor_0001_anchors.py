"""Checkpoints at anchors, what was sent for them, and how each anchor is."""

from livehub.base.migrations.sql import run

revision = "anchor_0001_anchors"
down_revision = None
branch_labels = ("anchor",)
depends_on = "log_0001_log"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
