"""Ids in the states of an act go with the person, too."""

from livehub.base.migrations.sql import run

revision = "people_0009_states"
down_revision = "people_0008_lifted"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
