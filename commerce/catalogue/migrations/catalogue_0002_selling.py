"""What can be sold: SKUs, variants, weighed goods, bundles, gifts, pictures, the history of prices, certificates."""

from livehub.base.migrations.sql import run

revision = "catalogue_0002_selling"
down_revision = "catalogue_0001_titles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
