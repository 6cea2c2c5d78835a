"""One's own questions in a room, found without reading everybody's."""

from livehub.base.migrations.sql import run

revision = "questions_0001_own"
down_revision = None
branch_labels = ("questions",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
