"""Sessions: where somebody is signed in. A row each; the secret that stands for it is a cookie, or with a program that has no
cookies a `refresh` token: 256 random bits, of which only the SHA-256 is stored.

It is exchanged for a token of some minutes (base/auth.py), with which everything else is asked. So sockets that reconnect, and
calls, cost no look-up; what that leaves open, a session that ends before its token, is ended.py's.
"""

import hashlib
import secrets
from collections.abc import Iterable

from msgspec import Struct

from livehub.base.auth import Identity, Role, is_staff
from livehub.base.db import Connection
from livehub.base.errors import SessionEnded
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.people.errors import StaffSignInNeeded
from livehub.people.persons import Account
from livehub.people.settings import PeopleConfig

Q = queries(__file__, "sessions.sql")

SECRET_BYTES = 32
SECRET_CHARS_MAX = 128  # of what comes as one; ours have 43
TOUCH_MS = 600_000


class Opened(Struct, frozen=True, kw_only=True):
    """A session and the secret of it, which is not kept. `identity` is without the end of a token."""

    secret: str
    identity: Identity
    ends_ts: int
    seen_ts: int


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


# How staff prove who they are. A code on a phone, and an account of WeChat, are enough to shop, and not to run a shop: numbers
# are given to others, and SIM cards are swapped.
WAYS_OF_STAFF = ("oidc", "passkey")
OF_STAFF = frozenset({*WAYS_OF_STAFF, "invitation", "link"})


def role_of(role: Role, how: str, *, staff_by_phone: bool) -> Role:
    """What somebody is in a session: who is staff is a viewer where they did not sign in as staff do."""
    if how in OF_STAFF or (staff_by_phone and how == "phone"):
        return role
    return Role.VIEWER


def ways_of_staff(config: PeopleConfig) -> list[str]:
    """By which kinds of identities staff sign in as staff here; `link`: for that they need none. An invitation is made for
    somebody by whoever runs the server, and is no way of theirs."""
    ways = [*WAYS_OF_STAFF]
    if config.staff_by_phone:
        ways.append("phone")
    if config.sign_in_by_link:
        ways.append("link")
    return ways


async def check_as_staff(connection: Connection, person: str, role: Role) -> None:
    """Before somebody changes who gets in as them, or takes or erases all that is theirs. `role`: what they are in the session
    that asks. Raises StaffSignInNeeded where they are staff, and not in it; Unavailable.
    """
    if is_staff(role):
        return
    stored = await connection.fetchval(Q["role_of"], person)
    if stored is not None and is_staff(Role(stored)):
        raise StaffSignInNeeded


async def begin(  # noqa: PLR0913  # a row, as it is
    connection: Connection,
    person: Account,
    *,
    app: str,
    how: str,
    device: str,
    now_ms: int,
    life_s: int,
    sessions_max: int,
    signed_in_ms: int | None = None,
) -> Opened:
    """A new session of somebody who proved who they are at `signed_in_ms`, or now; the oldest of more than `sessions_max` end.
    Raises Unavailable."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
    ends_ts = now_ms + life_s * 1000
    proved_ms = now_ms if signed_in_ms is None else signed_in_ms
    await connection.execute(
        Q["insert_session"], id_, person.id, _digest(secret), app, how, device, now_ms, ends_ts, proved_ms
    )
    for (old,) in await connection.fetch(Q["oldest_beyond"], person.id, now_ms, sessions_max):
        await end(connection, old, person=person.id, now_ms=now_ms, why="too_many")
    identity = Identity(
        id=person.id, name=person.name, role=Role(person.role), session=id_, signed_in_s=proved_ms // 1000
    )
    return Opened(secret=secret, identity=identity, ends_ts=ends_ts, seen_ts=now_ms)


async def resume(connection: Connection, secret: str, *, now_ms: int, staff_by_phone: bool) -> Opened:
    """Whose session that is, as they are called today, who are seen now. Raises SessionEnded, Unavailable."""
    opened = await read(connection, secret, now_ms=now_ms, staff_by_phone=staff_by_phone)
    if now_ms - opened.seen_ts >= TOUCH_MS:
        await connection.execute(Q["touch_session"], opened.identity.session, now_ms)
    return opened


async def read(connection: Connection, secret: str, *, now_ms: int, staff_by_phone: bool) -> Opened:
    """The same, which locks nobody. Raises SessionEnded, Unavailable."""
    if not 0 < len(secret) <= SECRET_CHARS_MAX or not secret.isascii():
        raise SessionEnded
    row = await connection.fetchrow(Q["session_of_token"], _digest(secret))
    if row is None or row["ended_ts"] is not None or row["ends_ts"] <= now_ms or row["blocked_ts"] is not None:
        raise SessionEnded
    # Who signed in by name alone, and has no other way, could prove no more by doing it again: their sign-in is never too old.
    is_fresh = row["how"] == "name" and not row["is_identified"]
    identity = Identity(
        id=row["person"],
        name=row["name"],
        role=role_of(Role(row["role"]), row["how"], staff_by_phone=staff_by_phone),
        session=row["id"],
        signed_in_s=(now_ms if is_fresh else row["signed_in_ts"]) // 1000,
    )
    return Opened(secret=secret, identity=identity, ends_ts=row["ends_ts"], seen_ts=row["seen_ts"])


async def people_of(connection: Connection, secrets_: Iterable[str]) -> list[str]:
    """Whose sessions these are, also those that have ended. Raises Unavailable."""
    digests = [_digest(secret) for secret in secrets_ if 0 < len(secret) <= SECRET_CHARS_MAX and secret.isascii()]
    if not digests:
        return []
    return [person for (person,) in await connection.fetch(Q["people_of_tokens"], digests)]


async def runs(connection: Connection, session: str, *, person: str, now_ms: int) -> bool:
    """Whether that is a session of theirs that has not ended. Raises Unavailable."""
    return await connection.fetchval(Q["running_session"], session, person, now_ms) is not None


async def end(connection: Connection, session: str, *, person: str, now_ms: int, why: str) -> bool:
    """End one of a person's. False: there is none of that id. Raises Unavailable."""
    return await connection.fetchval(Q["end_session"], session, person, now_ms, why) is not None


async def end_all(connection: Connection, person: str, *, now_ms: int, why: str, but: str | None = None) -> list[str]:
    """End all of a person's, but for the session `but`. Returns their ids. Raises Unavailable."""
    return [id_ for (id_,) in await connection.fetch(Q["end_sessions_of"], person, now_ms, why, but)]
