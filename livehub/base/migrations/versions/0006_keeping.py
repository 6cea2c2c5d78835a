"""What tells processes that theirs is old, and what housekeeping needs to find what is."""

from livehub.base.migrations.sql import run

revision = "0006_keeping"
down_revision = "0005_people"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
