"""Words of products by language."""

from livehub.base.migrations.sql import run

revision = "catalogue_0001_titles"
down_revision = None
branch_labels = ("catalogue",)
depends_on = "0010_events"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
