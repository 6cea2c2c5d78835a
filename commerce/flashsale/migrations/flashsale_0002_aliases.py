"""Who has become a person, found by that person."""

from livehub.base.migrations.sql import run

revision = "flashsale_0002_aliases"
down_revision = "flashsale_0001_stock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
