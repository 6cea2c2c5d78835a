"""Coupons that are given to a person, and dropped in no room."""

from livehub.base.migrations.sql import run

revision = "coupons_0004_no_room"
down_revision = "coupons_0003_uses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
