"""People counted per room, and which processes count likes."""

from livehub.base.migrations.sql import run

revision = "0005_people"
down_revision = "0004_shop"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
