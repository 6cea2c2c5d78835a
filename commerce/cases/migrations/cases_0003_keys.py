"""The Idempotency-Key of a case is kept with it for ever."""

from livehub.base.migrations.sql import run

revision = "cases_0003_keys"
down_revision = "cases_0002_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    run(__file__)
