"""Batches, what became of them, their boxes, and who scanned them."""

from livehub.base.migrations.sql import run

revision = "batches_0001_batches"
down_revision = None
branch_labels = ("batches",)
depends_on = ("log_0001_log", "orders_0003_facts")


def upgrade() -> None:
    """Forward only."""
    run(__file__)
