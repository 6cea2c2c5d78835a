"""Events are found by when they were recorded, where they happened, and by values."""

from livehub.base.migrations.sql import run

revision = "epcis_0002_found"
down_revision = "epcis_0001_epcis"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
