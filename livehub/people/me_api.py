"""HTTP: what people see and change of themselves, and where they are signed in. Each call is about whoever makes it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from livehub.base import errors
from livehub.base.auth import Permission, is_staff
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.lists import PageQuery, page
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.people import persons, sessions
from livehub.people.callers import NAME_CHARS_MAX
from livehub.people.ended import EndedSessions
from livehub.people.errors import LastAdmin, LastIdentity, StaffSignInNeeded
from livehub.people.names import NameReserved, Names
from livehub.people.persons import Account, Known, Subject
from livehub.people.schemas import Me, MeChange, MyIdentity, MySession, MySessions
from livehub.people.settings import PeopleConfig

Q = queries(__file__, "sessions.sql")

PHONE_SHOWN = 4  # digits at the end


class MeApi:
    def __init__(
        self, config: PeopleConfig, database: Database, clock: Clock, ended: EndedSessions, names: Names
    ) -> None:
        self._lists_max = config.lists_max
        self._ways = sessions.ways_of_staff(config)
        self._database = database
        self._real_s = clock.real_s
        self._ended = ended
        self._names = names

    def endpoints(self) -> Sequence[Endpoint]:
        me = Permission.SPEAK  # whoever is signed in
        return [
            get("/api/me", self.read, may=me, reply=Me),
            post("/api/me", self.change, may=me, body=MeChange, reply=Me, method="PATCH", errors=(NameReserved,)),
            get("/api/me/sessions", self.sessions, may=me, query=PageQuery, reply=MySessions),
            delete("/api/me/sessions", self.end_others, may=me, reply=None, errors=(StaffSignInNeeded,)),
            delete(
                "/api/me/sessions/{session}", self.end, may=me, reply=None, errors=(errors.NotFound, StaffSignInNeeded),
            ),
            delete(
                "/api/me/identities/{identity}", self.forget, may=me, reply=None, fresh=True,
                errors=(errors.NotFound, errors.SigninTooOld, StaffSignInNeeded, LastIdentity, LastAdmin),
            ),
        ]  # fmt: skip

    async def read(self, call: Call[None]) -> Me:
        """Who one is, and how one is known."""
        async with self._database.connection() as connection:
            account = await persons.get(connection, call.person.id)
            return _me(call, account, await persons.identities(connection, call.person.id))

    async def change(self, call: Call[MeChange]) -> Me:
        """Change one's name or language; the name is in the next token."""
        name = None if call.body.name is None else clean(call.body.name, NAME_CHARS_MAX)
        connection, me = call.tx.connection, call.person
        # A token that stands by itself may name somebody who has no account yet.
        was = await persons.create(connection, name=me.name, now_ms=self._now_ms(), role=me.role, id_=me.id)
        if name is not None and name != was.name and not is_staff(me.role):
            await self._names.check_in(connection, name, person=me.id)
        account = await persons.update(connection, me.id, name=name, language=call.body.language)
        if account is None:
            raise errors.NotFound("This person has been erased.")
        return _me(call, account, await persons.identities(connection, call.person.id))

    async def sessions(self, call: Call[None]) -> MySessions:
        """Where one is signed in, the newest first."""
        query: PageQuery = call.query
        most = query.most(self._lists_max)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["sessions_of"], call.person.id, self._now_ms(), query.after, most + 1)
        found, has_more = page(rows, most)
        items = [MySession(**dict(row), is_current=row["id"] == call.person.session) for row in found]
        return MySessions(items=items, next=items[-1].id if has_more else None)

    async def end(self, call: Call[None]) -> None:
        """End one of one's sessions; its sockets are closed, its tokens refused."""
        session, person = call.path["session"], call.person.id
        if session != call.person.session:
            await sessions.check_as_staff(call.tx.connection, person, call.person.role)
        is_theirs = await sessions.end(
            call.tx.connection, session, person=person, now_ms=self._now_ms(), why="ended_by_person"
        )
        if not is_theirs:
            raise errors.NotFound
        call.tx.after_commit(lambda: self._ended.learnt(session, person))

    async def forget(self, call: Call[None]) -> None:
        """Sign in by one of one's ways no more; the last one stays."""
        await sessions.check_as_staff(call.tx.connection, call.person.id, call.person.role)
        db, person, identity = call.tx.connection, call.person.id, call.path["identity"]
        if not await persons.forget(db, person, identity, ways=self._ways, now_ms=call.now_ms):
            raise errors.NotFound

    async def end_others(self, call: Call[None]) -> None:
        """End all of one's sessions but the one that says so."""
        me = call.person
        await sessions.check_as_staff(call.tx.connection, me.id, me.role)
        ended = await sessions.end_all(
            call.tx.connection, me.id, now_ms=self._now_ms(), why="ended_by_person", but=me.session or None
        )
        for session in ended:
            call.tx.after_commit(partial(self._ended.learnt, session, me.id))

    def _now_ms(self) -> int:
        return int(self._real_s() * 1000)


def _me(call: Call[Any], account: Account | None, known: list[Known]) -> Me:
    person = call.person
    return Me(
        id=person.id,
        name=person.name if account is None else account.name,
        role=person.role.value,
        language="" if account is None else account.language,
        created_ts=None if account is None else account.created_ts,
        identities=told_identities(known),
        rights=[each.value for each in Permission if person.may(each)],
    )


def told_identities(known: Sequence[Known]) -> list[MyIdentity]:
    """How somebody is known, as it is told to them and to staff."""
    return [
        MyIdentity(
            id=persons.public_id(Subject(each.kind, each.subject)),
            kind=each.kind,  # type: ignore[arg-type]  # CHECKed
            label=_label(each),
            verified_ts=each.verified_ts,
            used_ts=each.used_ts,
        )
        for each in known
    ]


def _label(known: Known) -> str:
    """What a person knows it by; a provider's ids say nothing to anybody."""
    if known.kind == "phone":
        return f"*{known.subject[-PHONE_SHOWN:]}"
    return known.subject.partition("|")[0].partition("://")[2] if known.kind == "oidc" else known.label
