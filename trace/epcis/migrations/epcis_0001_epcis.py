"""EPCIS events, what they are about, and the captures that brought them."""

from livehub.base.migrations.sql import run

revision = "epcis_0001_epcis"
down_revision = None
branch_labels = ("epcis",)
depends_on = "log_0001_log"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
