"""Business time that is not real time, and the jobs that wait for a moment of it."""

from livehub.base.migrations.sql import run

revision = "0012_clock"
down_revision = "0011_keys"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
