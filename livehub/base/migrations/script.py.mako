"""${message}."""

from livehub.base.migrations.sql import run

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Forward only."""
    run(__file__)
