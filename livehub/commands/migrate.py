"""`migrate`: bring the database to the newest schema."""

import argparse

from sqlalchemy.exc import SQLAlchemyError

from livehub.app import MIGRATIONS
from livehub.base.config import ConfigError
from livehub.base.migrations import migrate
from livehub.commands.terminal import Environ, configured, say


def run(_options: argparse.Namespace, environ: Environ) -> int:
    """Apply what is missing; safe to run at any time and by several at once."""
    config = configured(environ).core
    if not config.database_url:
        raise ConfigError("DATABASE_URL must be set")
    try:
        applied = migrate(config.database_url, MIGRATIONS)
    except SQLAlchemyError as error:
        raise ConfigError(f"DATABASE_URL: {str(error).splitlines()[0]}") from error
    say("\n".join(f"applied {name}" for name in applied) or "nothing to do")
    return 0
