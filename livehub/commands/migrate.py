"""`migrate`: bring the database to the newest schema."""

import argparse

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from livehub.app import MIGRATIONS
from livehub.base.config import ConfigError
from livehub.base.migrations import migrate
from livehub.commands.terminal import Environ, configured, say

INSUFFICIENT_PRIVILEGE = "42501"  # SQLSTATE


def run(_options: argparse.Namespace, environ: Environ) -> int:
    """Apply what is missing; safe to run at any time and by several at once."""
    config = configured(environ).core
    if not config.database_url:
        raise ConfigError("DATABASE_URL must be set")
    say("\n".join(f"applied {name}" for name in migrated(config.database_url)) or "nothing to do")
    return 0


def migrated(database_url: str) -> list[str]:
    """The names of what was applied now. Raises ConfigError."""
    try:
        return migrate(database_url, MIGRATIONS)
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else None
        is_not_owner = getattr(cause, "sqlstate", None) == INSUFFICIENT_PRIVILEGE
        told = "; migrate as the owner of the database" if is_not_owner else ""
        raise ConfigError(f"DATABASE_URL: {str(error).splitlines()[0]}{told}") from error
