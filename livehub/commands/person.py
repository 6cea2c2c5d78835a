"""`person`: the first admin, who else is staff, and what somebody may be; for whoever has the secret and the database."""

import argparse
import time
from datetime import UTC, datetime

from livehub.base.auth import NAME_CHARS_MAX, Role
from livehub.base.config import ConfigError
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.text import clean
from livehub.commands.database import asked
from livehub.commands.terminal import Environ, configured, say, table
from livehub.node.signing_key import secret_of
from livehub.node.tls import base_url
from livehub.people import audit, persons, sessions
from livehub.people.audit import Act
from livehub.people.persons import Account, Subject
from livehub.people.settings import PeopleConfig
from livehub.people.signin import codes
from livehub.people.signin.invitations import LIFE_S, invitation

LISTED_MAX = 500
COLUMNS = ("ID", "NAME", "ROLE", "WAYS", "LAST SEEN", "BLOCKED")
PAGE = "/ops"


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Do what was asked. Raises ConfigError."""
    if options.list:
        return asked(options, environ, _list)
    if options.admin == bool(options.id):
        raise ConfigError("give `--admin` for a new person, the id of one, or `--list`")
    return asked(options, environ, lambda database: database.run(lambda tx: _changed(tx, options, environ)))


async def _list(database: Database) -> int:
    async with database.connection() as connection:
        found = await persons.staff(connection, most=LISTED_MAX)
    shown = [
        (each.id, each.name, each.role, each.ways or "-", _date(each.seen_ts), _date(each.blocked_ts)) for each in found
    ]
    say(table(COLUMNS, shown))
    return 0


async def _changed(tx: Transaction, options: argparse.Namespace, environ: Environ) -> int:
    now_ms = int(time.time() * 1000)
    try:
        person = await (_new_admin(tx, options, environ, now_ms) if options.admin else _known(tx, options.id))
    except LivehubError as error:
        raise ConfigError(error.message) from error
    done = [name for name in ("admin", "role", "invite") if getattr(options, name)]
    act = Act(
        type="person_command",
        subject=person.id,
        about_id=person.id,
        became=options.role or None,
        data={"options": done},
    )
    await audit.record(tx.connection, [act], by=None, now_ms=now_ms)  # whoever has the machine, whom nobody can name
    if options.role:
        await persons.set_role(tx.connection, person.id, Role(options.role))
        # What they were before ends with their sessions, in all processes.
        await sessions.end_all(tx.connection, person.id, now_ms=now_ms, why="ended_by_staff")
    if options.admin or options.invite:
        settings = configured(environ)
        code = invitation(secret_of(settings.core, options.data, make=False), person.id, now_ms=now_ms)
        say(f"{base_url(settings.core, options.port)}{PAGE}#invitation={code}")
        say(
            f"Signs in as {person.name or person.id}, once, within {LIFE_S // 60} minutes; add a passkey or a phone there."
        )
    else:
        say(person.id)
    return 0


async def _new_admin(tx: Transaction, options: argparse.Namespace, environ: Environ, now_ms: int) -> Account:
    name = clean(options.name or "Admin", NAME_CHARS_MAX)
    person = await persons.create(tx.connection, name=name, now_ms=now_ms, role=Role.ADMIN)
    if options.phone:
        regions = configured(environ).of(PeopleConfig).phone_regions.upper().replace(" ", "").split(",")
        subject = Subject("phone", codes.e164(options.phone, regions))
        owner = await persons.add(tx.connection, subject, person=person.id, now_ms=now_ms)
        if owner != person.id:
            raise ConfigError(
                f"this number is known as that of {owner}: `python -m livehub person {owner} --role admin`"
            )
    return person


async def _known(tx: Transaction, id_: str) -> Account:
    person = await persons.get(tx.connection, id_)
    if person is None:
        raise ConfigError(f"there is no person {id_}; `--list` tells who is staff")
    return person


def _date(ts: int | None) -> str:
    return "-" if ts is None else datetime.fromtimestamp(ts / 1000, UTC).isoformat(timespec="seconds")
