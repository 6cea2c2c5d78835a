"""People, how they are known, and their sessions."""

from livehub.base.migrations.sql import run

revision = "people_0001_people"
down_revision = None
branch_labels = ("people",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
