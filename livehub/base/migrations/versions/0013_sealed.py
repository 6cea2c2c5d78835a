"""Answers that tell a secret, encrypted."""

from livehub.base.migrations.sql import run

revision = "0013_sealed"
down_revision = "0012_clock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
