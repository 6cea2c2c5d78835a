"""Which orders use which coupons, and whom a coupon is for."""

from livehub.base.migrations.sql import run

revision = "coupons_0003_uses"
down_revision = "coupons_0002_stock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
