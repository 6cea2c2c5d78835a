"""Domain events that are read in batches by cursor; what the outbox still holds moves over."""

from livehub.base.migrations.sql import run

revision = "0010_events"
down_revision = "0009_chapters"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
