"""Whose rooms are whose, invitations to run one, and badges of chat lines."""

from livehub.base.migrations.sql import run

revision = "hub_0006_hosts"
down_revision = "hub_0005_on_air"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
