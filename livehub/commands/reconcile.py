"""`reconcile`: whether orders, ledger, stock engine and payment providers agree.

Exit status 0: they do; 1: they do not, each difference on a line; 2: it could not look, or not at everything.
"""

import argparse
import asyncio
import sys
import time
from zoneinfo import ZoneInfo

import asyncpg

from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.reconciliation.bills import IN_THE_HOUSE
from commerce.reconciliation.bills import Q as BILLS
from commerce.reconciliation.reconcile import Looked, reconcile
from livehub import app
from livehub.base import logs
from livehub.base.config import ConfigError
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.commands.database import url_of
from livehub.commands.terminal import FAULTS, Environ, complain, configured, say

AGREE, DIFFER, COULD_NOT_LOOK = 0, 1, 2
STATEMENT_S = 600.0  # it reads everything there is
OTHER_VERSION = "the database is of another version: run `python -m livehub migrate`"


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Look, and say what differs."""
    try:
        looked = asyncio.run(_look(options, environ))
    except FAULTS as fault:
        complain(fault)
        return COULD_NOT_LOOK
    for difference in looked.differences:
        say(str(difference))
    for away in looked.away:
        sys.stderr.write(f"livehub: {away}\n")
    if looked.differences:
        return DIFFER
    if looked.away:
        return COULD_NOT_LOOK
    say("orders, ledger, stock and providers agree")
    return AGREE


async def _look(options: argparse.Namespace, environ: Environ) -> Looked:
    """Raises ConfigError when there is no database, or it does not answer."""
    core = configured(environ).core
    url = url_of(options, core)
    offered = await _offered(environ, url)
    settings = app.settings(environ, database_url=url, payment_providers=offered, db_timeout_s=STATEMENT_S)
    logs.configure(core.log_format, core.log_level)
    application = app.Application(settings, roles=frozenset())  # parts of it that answer, and none that is started
    await application.database.open()
    try:
        return await reconcile(
            application.database,
            application.get(Providers),
            ZoneInfo(core.time_zone),
            day=options.day,
            now_s=time.time(),
        )
    except Unavailable as error:
        raise ConfigError("the database does not answer") from error
    except asyncpg.UndefinedTableError as error:
        raise ConfigError(OTHER_VERSION) from error
    finally:
        await application.database.close()


async def _offered(environ: Environ, url: str) -> str:
    """The providers of the settings, and those in the house that money came in by, whose books are in the same database."""
    offered = [name for name in app.settings(environ).of(PaymentsConfig).payment_providers.split(",") if name]
    database = Database(app.settings(environ, database_url=url).core)
    await database.open()
    try:
        async with database.connection() as connection:
            known = {row["provider"] for row in await connection.fetch(BILLS["providers"])}
    except Unavailable as error:
        raise ConfigError("the database does not answer") from error
    except asyncpg.UndefinedTableError as error:
        raise ConfigError(OTHER_VERSION) from error
    finally:
        await database.close()
    return ",".join([*offered, *sorted((known & IN_THE_HOUSE) - set(offered))])
