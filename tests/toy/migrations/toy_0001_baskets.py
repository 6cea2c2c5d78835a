"""Baskets, and what was harvested."""

from livehub.base.migrations.sql import run

revision = "toy_0001_baskets"
down_revision = None
branch_labels = ("toy",)
depends_on = "hub_0001_scale"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
