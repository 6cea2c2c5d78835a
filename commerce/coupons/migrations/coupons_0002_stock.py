"""Coupons of which the stock engine decides who gets one."""

from livehub.base.migrations.sql import run

revision = "coupons_0002_stock"
down_revision = "coupons_0001_keys"
branch_labels = None
depends_on = "flashsale_0001_stock"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
