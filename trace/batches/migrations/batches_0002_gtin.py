"""The latest lots of a GTIN are found by an index."""

from livehub.base.migrations.sql import run

revision = "batches_0002_gtin"
down_revision = "batches_0001_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
