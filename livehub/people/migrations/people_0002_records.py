"""The records about people: the audit log, exports, erasures, addresses, consents."""

from livehub.base.migrations.sql import run

revision = "people_0002_records"
down_revision = "people_0001_people"
branch_labels = None
depends_on = "hub_0005_on_air"  # room_actions becomes the audit log


def upgrade() -> None:
    """Forward only."""
    run(__file__)
