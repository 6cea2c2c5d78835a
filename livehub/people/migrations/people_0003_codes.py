"""Codes that were sent to phones."""

from livehub.base.migrations.sql import run

revision = "people_0003_codes"
down_revision = "people_0002_records"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
