"""Rules by the time from which they stand, what is to be judged anew, and messages that were set aside."""

from livehub.base.migrations.sql import run

revision = "coldchain_0002_anew"
down_revision = "coldchain_0001_coldchain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
