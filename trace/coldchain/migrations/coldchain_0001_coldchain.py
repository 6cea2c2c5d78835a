"""Sensors, their readings, what products bear, shipments, and what broke the rules."""

from livehub.base.migrations.sql import run

revision = "coldchain_0001_coldchain"
down_revision = None
branch_labels = ("coldchain",)
depends_on = ("log_0001_log", "orders_0003_facts")


def upgrade() -> None:
    """Forward only."""
    run(__file__)
