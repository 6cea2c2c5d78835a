"""People with an account, and how they are known. One subject (a phone number, a WeChat id) is one person, for ever.

person = await find(connection, Subject("phone", "+8613800138000"))
person = await create(connection, name="Mei", now_ms=now_ms)

Who changes people takes locks in this order, so that of two who change the same ones neither waits for the other in a circle:
subjects (`lock`), who has which role (`lock_roles`), people by their ids (`hold`), rows.
"""

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from livehub.base.auth import Identity, Role, is_staff
from livehub.base.db import Connection, Transaction
from livehub.base.errors import Unavailable
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.people import audit
from livehub.people.audit import Act
from livehub.people.errors import LastAdmin, LastIdentity

Q = queries(__file__, "people.sql")

PUBLIC_ID_BYTES = 16
HOLD_TRIES = 5
RETRY_MS = 1_000
KINDS = ("phone", "wechat", "oidc", "passkey")


class Subject(Struct, frozen=True):
    """What somebody proved: `kind` of KINDS, and who they are there."""

    kind: str
    subject: str


class Account(Struct, frozen=True, kw_only=True):
    """A row of `people`. Times in Unix milliseconds."""

    id: str
    name: str
    role: str
    language: str
    created_ts: int
    blocked_ts: int | None
    erased_ts: int | None


class Known(Struct, frozen=True, kw_only=True):
    """One way in which a person is known."""

    kind: str
    subject: str
    verified_ts: int
    used_ts: int
    label: str = ""


class Staff(Struct, frozen=True, kw_only=True):
    """Somebody who is more than a viewer. `ways`: how they are known, in words."""

    id: str
    name: str
    role: str
    seen_ts: int
    blocked_ts: int | None
    ways: str | None


class Passkey(Struct, frozen=True, kw_only=True):
    """What is kept of one, beside its id. `count`: of its uses, as the authenticator said the last time; 0: it does not count.
    `label`: where it was made, as its owner would call that. `user`: the handle, base64url, by which the authenticator knows
    whom it was made for; "" of a version before."""

    public_key: str
    count: int
    label: str = ""
    user: str = ""


async def get(connection: Connection, person: str) -> Account | None:
    """The person of that id. Raises Unavailable."""
    row = await connection.fetchrow(Q["person"], person)
    return None if row is None else Account(**dict(row))


async def names_of(connection: Connection, people: Iterable[str | None]) -> dict[str, str]:
    """What they are called, by their ids; nothing of those who are erased, or nobody. Raises Unavailable."""
    ids = sorted({person for person in people if person})
    return {row["id"]: row["name"] for row in await connection.fetch(Q["names_of"], ids)} if ids else {}


async def find(connection: Connection, subject: Subject) -> Account | None:
    """Who is known by it, locked until the transaction ends. Raises Unavailable."""
    row = await connection.fetchrow(Q["find_identity"], subject.kind, subject.subject)
    return None if row is None else Account(**dict(row))


async def lock(connection: Connection, subjects: Iterable[Subject]) -> None:
    """Two who sign in with the same new subject come one after the other. Raises Unavailable."""
    for subject in sorted(subjects, key=lambda each: (each.kind, each.subject)):
        await connection.execute(Q["lock_identity"], subject.kind, subject.subject)
        await connection.execute(Q["free_identity"], subject.kind, subject.subject)


async def owners(connection: Connection, subjects: Iterable[Subject]) -> set[str]:
    """Who is known by any of them, by their ids. Raises Unavailable."""
    pairs = [(each.kind, each.subject) for each in subjects]
    rows = await connection.fetch(Q["owners"], [kind for kind, _ in pairs], [subject for _, subject in pairs])
    return {person for (person,) in rows}


class _OthersNow(Exception):
    """While they were locked they became somebody else."""


async def hold(tx: Transaction, who: Callable[[], Awaitable[set[str]]]) -> None:
    """Lock people until the transaction ends, all at once. `who` says whom, and is asked again when they are locked: if there
    is somebody else by then, all are let go and it begins anew. Raises Unavailable.
    """
    for _ in range(HOLD_TRIES):
        ids = await who()
        try:
            async with tx.savepoint():
                await hold_all(tx.connection, ids)
                if not await who() <= ids:
                    raise _OthersNow
        except _OthersNow:
            continue
        return
    raise Unavailable(retry_after_ms=RETRY_MS)


async def hold_all(connection: Connection, ids: Iterable[str]) -> None:
    """Lock these people until the transaction ends. Raises Unavailable."""
    for id_ in sorted(set(ids)):
        await connection.execute(Q["lock_person"], id_)


async def add(connection: Connection, subject: Subject, *, person: str, now_ms: int) -> str:
    """Have a person be known by it. Returns whose it is: another's, if it was theirs before. Raises Unavailable."""
    owner: str = await connection.fetchval(Q["add_identity"], subject.kind, subject.subject, person, now_ms, {})
    return owner


async def touch(connection: Connection, subject: Subject, *, now_ms: int) -> None:
    """It was used to sign in. Raises Unavailable."""
    await connection.execute(Q["touch_identity"], subject.kind, subject.subject, now_ms)


async def phone_used_ms(connection: Connection, phone: str) -> int | None:
    """When the person of a number (E.164) last signed in by it, or was seen where they did, Unix ms; None: it is nobody's.
    Raises Unavailable."""
    used_ms: int | None = await connection.fetchval(Q["phone_used"], phone)
    return used_ms


async def was_one_of(connection: Connection, person: str, ids: Sequence[str]) -> bool:
    """Whether one of these is that person, or has become them. Raises Unavailable."""
    was: bool = await connection.fetchval(Q["was_one_of"], person, list(ids))
    return was


async def is_among(connection: Connection, person: str, people: Iterable[str | None]) -> bool:
    """Whether one of these is that person: the same, or somebody who has become whoever they are by now. Raises Unavailable."""
    ids = sorted({each for each in people if each is not None})
    if person in ids:
        return True
    is_one: bool = await connection.fetchval(Q["is_among"], person, ids)
    return is_one


async def let_go(connection: Connection, subject: Subject, *, person: str) -> None:
    """Have a person be known by it no more, even if nothing is left. Raises Unavailable."""
    await connection.execute(Q["delete_identity"], subject.kind, subject.subject, person)


async def lock_roles(connection: Connection) -> None:
    """Nobody else takes the role of an admin away until the transaction ends. Raises Unavailable."""
    await connection.execute(Q["lock_roles"])


async def keep_an_admin(connection: Connection, leaving: Sequence[str], *, ways: Sequence[str]) -> None:
    """Before these people are admins no more, by a role, a block, an erasure, or the loss of their way in: raises LastAdmin if
    none would be left who can sign in by one of `ways` (sessions.ways_of_staff). Whoever else is about to do the same waits
    until the transaction ends. Raises Unavailable.
    """
    await lock_roles(connection)
    row = await connection.fetchrow(Q["admins_left"], list(leaving), list(ways))
    if row is not None and row["is_one"] and not row["others"]:
        raise LastAdmin


async def set_role(connection: Connection, person: str, role: Role, *, by: Subject | None = None) -> None:
    """What they are from their next token on. `by`: how the provider that says so knows them; None: somebody here says so.
    Raises Unavailable."""
    await connection.execute(Q["set_role"], person, role.value, None if by is None else by.subject)


async def role_given(connection: Connection, subject: Subject) -> str | None:
    """What the provider that knows them so made them, unless somebody here said otherwise since. Raises Unavailable."""
    role: str | None = await connection.fetchval(Q["role_given"], subject.kind, subject.subject)
    return role


async def staff(connection: Connection, *, most: int) -> list[Staff]:
    """Who is more than a viewer. Raises Unavailable."""
    return [Staff(**dict(row)) for row in await connection.fetch(Q["staff"], most)]


def new_id(role: Role, now_ms: int) -> str:
    """Of somebody new; it says what they were at first."""
    return f"{role.value}-{ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))}"


async def create(
    connection: Connection, *, name: str, now_ms: int, role: Role = Role.VIEWER, id_: str | None = None
) -> Account:
    """A new person; or the one of that id, as they are. Raises Unavailable."""
    person = id_ or new_id(role, now_ms)
    await connection.execute(Q["insert_person"], person, name, role.value, now_ms)
    account = await get(connection, person)
    assert account is not None
    return account


async def identities(connection: Connection, person: str) -> list[Known]:
    """How a person is known, in the order in which they proved it. Raises Unavailable."""
    return [Known(**dict(row)) for row in await connection.fetch(Q["identities_of"], person)]


async def passkey(connection: Connection, id_: str, *, lock: bool = False) -> Passkey | None:
    """What is kept of a passkey. Raises Unavailable."""
    data = await connection.fetchval(Q["passkey_for_update"] if lock else Q["passkey"], id_)
    return None if data is None else msgspec.json.decode(data, type=Passkey)


async def set_passkey(connection: Connection, id_: str, passkey: Passkey) -> None:
    """Keep it with its identity. Raises Unavailable."""
    await connection.execute(Q["set_passkey"], id_, msgspec.to_builtins(passkey))


def public_id(subject: Subject) -> str:
    """What an identity is called in addresses: short, and telling nothing."""
    digest = hashlib.sha256(f"{subject.kind}:{subject.subject}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:PUBLIC_ID_BYTES]).decode().rstrip("=")


async def record_own(
    connection: Connection,
    person: str,
    type_: str,
    *,
    now_ms: int,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Keep in the audit log what somebody of the staff did to how they sign in; of viewers nothing. `now_ms`: business time.
    Raises Unavailable."""
    account = await get(connection, person)
    if account is None or not is_staff(Role(account.role)):
        return
    act = Act(
        type=type_, subject=person, about_id=person, about_name=account.name, before=before, after=after,
    )  # fmt: skip
    by = Identity(id=person, name=account.name, role=Role(account.role))
    await audit.record(connection, [act], by=by, now_ms=now_ms)


async def forget(connection: Connection, person: str, public: str, *, ways: Sequence[str], now_ms: int) -> bool:
    """Have them be known by it no more, if something is left by which they are. False: there is none of theirs of that id.
    `ways`: as of keep_an_admin; `now_ms`: business time. Raises LastIdentity, LastAdmin, Unavailable."""
    await lock_roles(connection)
    await hold_all(connection, [person])
    rows = await connection.fetch(Q["identities_of"], person)
    found = [Subject(row["kind"], row["subject"]) for row in rows]
    gone = next((subject for subject in found if public_id(subject) == public), None)
    if gone is None:
        return False
    if len(found) == 1:
        raise LastIdentity
    if gone.kind in ways and not any(each.kind in ways for each in found if each != gone):
        await keep_an_admin(connection, [person], ways=ways)
    await let_go(connection, gone, person=person)
    await record_own(connection, person, "person_way_remove", before={"kind": gone.kind}, now_ms=now_ms)
    return True


async def is_identified(connection: Connection, person: str) -> bool:
    """Whether they ever proved who they are, or are staff; a guest, and somebody by name alone, is not. Raises Unavailable."""
    known: bool = await connection.fetchval(Q["is_identified"], person)
    return known


async def update(connection: Connection, person: str, *, name: str | None, language: str | None) -> Account | None:
    """Change what is given. None: there is no such person. Raises Unavailable."""
    row = await connection.fetchrow(Q["update_person"], person, name, language)
    return None if row is None else Account(**dict(row))
