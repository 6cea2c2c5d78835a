"""What was taken for late money, found without reading all holds."""

from livehub.base.migrations.sql import run

revision = "flashsale_0003_late"
down_revision = "flashsale_0002_aliases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
