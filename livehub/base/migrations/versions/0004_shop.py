"""The catalogue of products, and coupons with their claims."""

from livehub.base.migrations.sql import run

revision = "0004_shop"
down_revision = "0003_rooms"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
