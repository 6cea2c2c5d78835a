"""Claims of an Idempotency-Key that outlive their transaction."""

from livehub.base.migrations.sql import run

revision = "0011_keys"
down_revision = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
