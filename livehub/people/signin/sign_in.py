"""What every way to sign in ends with: the subjects that were proved become a person, who they were until now becomes that
person, too, and a session begins. One transaction, of whoever proved it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from livehub.base.auth import Identity, Role, is_staff
from livehub.base.db import Transaction
from livehub.base.endpoints import Call
from livehub.base.errors import SessionEnded, SignInClosed
from livehub.people import audit, persons, sessions
from livehub.people.audit import Act
from livehub.people.blocked.blocks import Blocks
from livehub.people.callers import Callers
from livehub.people.ended import EndedSessions
from livehub.people.errors import IdentityTaken, PersonBlocked, SignInLost, StaffNotMerged
from livehub.people.merging import Merging
from livehub.people.names import NAMELESS, Names
from livehub.people.persons import Account, Subject
from livehub.people.schemas import AppName
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig
from livehub.people.signin.codes import DAY_MS

STAFF_NAME = "Staff"  # of whom the provider tells no name; no viewer may be called so


class Proved(Struct, frozen=True, kw_only=True):
    """What somebody proved: subjects, the strongest first, all of them at once. `name`: what a provider calls them; `role`:
    what it says that they are, now and from now on; `signed_in_ms`: when they proved it, by which a sign-in is fresh, Unix ms;
    None: just now."""

    subjects: Sequence[Subject]
    name: str | None = None
    role: Role | None = None
    signed_in_ms: int | None = None


class Newcomer(Struct, frozen=True, kw_only=True):
    """Somebody whom nobody knows yet. `name`: what they want to be called; `said_name`, `role`: what a provider says."""

    name: str | None = None
    said_name: str | None = None
    role: Role | None = None


class SignIn:
    """For ways to sign in: `finish` in the transaction that used up the proof, `callers.signed_in` after its commit."""

    def __init__(
        self,
        config: PeopleConfig,
        callers: Callers,
        merging: Merging,
        ended: EndedSessions,
        blocks: Blocks,
        names: Names,
    ) -> None:
        self._ways = sessions.ways_of_staff(config)
        self._unused_days = config.phone_unused_days
        self.callers = callers
        self._merging = merging
        self._ended = ended
        self._blocks = blocks
        self._names = names

    async def finish(
        self,
        tx: Transaction,
        proved: Proved,
        *,
        call: Call[Any],
        app: AppName,
        name: str | None,
        now_ms: int,
    ) -> Opened:
        """A session of the person who is known by what was proved; of a new one if nobody is.

        `name`: what a new person wants to be called; who came with a name of their own keeps it. Staff are called what a
        provider says, whoever else is, and a viewer who may not be has no name. The sessions that they came with end. Raises
        PersonBlocked, StaffNotMerged, LastAdmin, Unavailable.
        """
        subjects, role = proved.subjects, proved.role
        before = await self.callers.before(tx.connection, call, app)
        await persons.lock(tx.connection, subjects)
        if role is not None:
            await persons.lock_roles(tx.connection)
        await self._hold(tx, subjects, before)
        begun, before = before, await self._themselves(tx, before)
        await self._let_go(tx, subjects, call=call, now_ms=now_ms)
        new = Newcomer(name=name, said_name=proved.name, role=role)
        person = await self._person(tx, subjects, before=before, new=new, now_ms=now_ms)
        now_is = Role(person.role) if role is None else role
        await self._check_not_blocked(tx, person, call, role=now_is, subjects=subjects)
        if role is not None:
            person = await self._given(tx, person, role, by=subjects[0], now_ms=now_ms, at_ms=call.now_ms)
        await self._take_along(tx, before, person, now_ms=now_ms)
        await self._end(tx, begun, now_ms=now_ms)
        return await self.callers.begin(
            tx.connection, person, call=call, app=app, how=subjects[0].kind, signed_in_ms=proved.signed_in_ms
        )

    async def by_name(self, tx: Transaction, name: str, *, call: Call[Any], app: AppName, now_ms: int) -> Opened:
        """A session of somebody new by name alone, who was the guest that called: what a guest won is theirs, and a room that a
        guest may not enter they may not either. Raises PersonBlocked, Unavailable.
        """
        before = await self.callers.before(tx.connection, call, app)
        person = await persons.create(tx.connection, name=name, now_ms=now_ms)
        await persons.hold_all(tx.connection, {person.id, *(each.id for each in before)})
        await self._check_not_blocked(tx, person, call, role=Role.VIEWER)
        await self._take_along(tx, before, person, now_ms=now_ms)
        await self._end(tx, before, now_ms=now_ms)
        return await self.callers.begin(tx.connection, person, call=call, app=app, how="name")

    async def by_link(self, tx: Transaction, linked: Identity, *, call: Call[Any], app: AppName, now_ms: int) -> Opened:
        """A session of staff whom a link names. Raises SignInClosed, PersonBlocked, Unavailable."""
        await persons.hold_all(tx.connection, [linked.id])
        person = await persons.create(tx.connection, name=linked.name, now_ms=now_ms, role=linked.role, id_=linked.id)
        if person.erased_ts is not None:
            raise SignInClosed("This person signs in no more.")
        await self._end(tx, await self.callers.before(tx.connection, call, app), now_ms=now_ms)
        opened = await self.callers.begin(tx.connection, person, call=call, app=app, how="link")
        await self._check_not_blocked(tx, person, call, role=Role(person.role))
        return opened

    async def given_none(self, tx: Transaction, subject: Subject, *, now_ms: int, at_ms: int) -> bool:
        """A provider gives somebody no role any more: what it gave them they are no longer, by none of their ways to sign in.
        False: there is nothing that it gave. Raises LastAdmin, Unavailable."""
        await persons.lock(tx.connection, [subject])
        await persons.lock_roles(tx.connection)
        await self._hold(tx, [subject], [])
        person = await persons.find(tx.connection, subject)
        if person is None or not is_staff(Role(person.role)):
            return False
        if await persons.role_given(tx.connection, subject) != person.role:
            return False  # somebody here gave it to them
        await self._given(tx, person, Role.VIEWER, by=subject, now_ms=now_ms, at_ms=at_ms)
        return True

    async def _given(
        self, tx: Transaction, person: Account, role: Role, *, by: Subject, now_ms: int, at_ms: int
    ) -> Account:
        """Have somebody be what their provider says; where they are signed in as something else, they are so no longer.
        `at_ms`: business time, by which the audit log goes."""
        if person.role != role.value:
            if role is not Role.ADMIN:
                await persons.keep_an_admin(tx.connection, [person.id], ways=self._ways)
            for session in await sessions.end_all(tx.connection, person.id, now_ms=now_ms, why="role_changed"):
                tx.after_commit(partial(self._ended.learnt, session, person.id))
            act = Act(
                type="person_role", subject=person.id, about_id=person.id, about_name=person.name, was=person.role,
                became=role.value, before={"role": person.role}, after={"role": role.value}, data={"by": "provider"},
            )  # fmt: skip
            await audit.record(tx.connection, [act], by=None, now_ms=at_ms)
        await persons.set_role(tx.connection, person.id, role, by=by)
        account = await persons.get(tx.connection, person.id)
        assert account is not None
        return account

    async def _check_not_blocked(
        self, tx: Transaction, person: Account, call: Call[Any], *, role: Role, subjects: Sequence[Subject] = ()
    ) -> None:
        """Raise PersonBlocked, also for the number alone, and for whoever was in this browser. `role`: what they are from now
        on."""
        phones = [each.subject for each in subjects if each.kind == "phone"]
        await self.callers.check_not_blocked(tx.connection, call, person.id, role=role, phones=phones)
        if person.blocked_ts is not None:
            await self._blocks.unmark_in(tx.connection)  # its time is up

    async def invited(self, tx: Transaction, person: str, *, call: Call[Any], app: AppName, now_ms: int) -> Opened:
        """A session of somebody whom whoever runs the server vouches for. Raises SignInLost, PersonBlocked, Unavailable."""
        await persons.hold_all(tx.connection, [person])
        account = await persons.get(tx.connection, person)
        if account is None or account.erased_ts is not None or await self._merging.became(tx.connection, person):
            raise SignInLost
        await self._end(tx, await self.callers.before(tx.connection, call, app), now_ms=now_ms)
        opened = await self.callers.begin(tx.connection, account, call=call, app=app, how="invitation")
        await self._check_not_blocked(tx, account, call, role=Role(account.role))
        await persons.record_own(tx.connection, person, "person_invitation", now_ms=call.now_ms)
        return opened

    async def add_all(
        self, tx: Transaction, subjects: Sequence[Subject], *, person: str, session: str, now_ms: int, at_ms: int
    ) -> None:
        """Have a person who is signed in be known by these, too. `session`: in which they asked for it, "" for a token that
        stands by itself; `at_ms`: business time. Raises SessionEnded, IdentityTaken, PersonBlocked, Unavailable."""
        await persons.lock(tx.connection, subjects)
        await persons.hold_all(tx.connection, [person])
        if not await self._is_themselves(tx, person):
            raise SessionEnded
        if session and not await sessions.runs(tx.connection, session, person=person, now_ms=now_ms):
            raise SessionEnded
        phones = [each.subject for each in subjects if each.kind == "phone"]
        await self._blocks.check_in(tx.connection, people=[person], phones=phones)
        for subject in subjects:
            if await persons.add(tx.connection, subject, person=person, now_ms=now_ms) != person:
                raise IdentityTaken
            await persons.record_own(
                tx.connection, person, "person_way_add", after={"kind": subject.kind}, now_ms=at_ms
            )

    async def _let_go(self, tx: Transaction, subjects: Sequence[Subject], *, call: Call[Any], now_ms: int) -> None:
        """A number that was not used for long, proved by a code alone where its person never was, may have been given to
        somebody else: it is theirs no more. They keep everything else. That of staff stays theirs until they take it away: it
        may be the last admin's only way in."""
        number, days = subjects[0], self._unused_days
        if len(subjects) > 1 or number.kind != "phone" or not days:
            return
        used_ms = await persons.phone_used_ms(tx.connection, number.subject)
        if used_ms is None or now_ms - used_ms < days * DAY_MS:
            return
        person = await persons.find(tx.connection, number)
        here = await self.callers.were_here(tx.connection, call)
        if person is None or is_staff(Role(person.role)) or await persons.was_one_of(tx.connection, person.id, here):
            return
        await persons.let_go(tx.connection, number, person=person.id)
        act = Act(
            type="person_phone_let_go", subject=person.id, about_id=person.id, about_name=person.name,
            data={"phone": f"*{number.subject[-4:]}", "unused_days": (now_ms - used_ms) // DAY_MS},
        )  # fmt: skip
        await audit.record(tx.connection, [act], by=None, now_ms=call.now_ms)

    @staticmethod
    async def _hold(tx: Transaction, subjects: Sequence[Subject], before: Sequence[Identity]) -> None:
        """Everybody whom this sign-in is about."""
        until_now = {each.id for each in before}

        async def who() -> set[str]:
            return until_now | await persons.owners(tx.connection, subjects)

        await persons.hold(tx, who)

    async def _themselves(self, tx: Transaction, before: Sequence[Identity]) -> list[Identity]:
        """Those who, now that they are held, are still who they were: another tab's sign-in may have been first."""
        return [each for each in before if await self._is_themselves(tx, each.id)]

    async def _is_themselves(self, tx: Transaction, person: str) -> bool:
        """Whether they have not become another, nor were erased."""
        account = await persons.get(tx.connection, person)
        is_erased = account is not None and account.erased_ts is not None
        return not is_erased and await self._merging.became(tx.connection, person) is None

    async def _person(
        self, tx: Transaction, subjects: Sequence[Subject], *, before: Sequence[Identity], new: Newcomer, now_ms: int
    ) -> Account:
        found = {subject: await persons.find(tx.connection, subject) for subject in subjects}
        known = [account for account in found.values() if account is not None]
        if len({account.id for account in known}) > 1 and any(is_staff(Role(account.role)) for account in known):
            raise StaffNotMerged
        person = known[0] if known else await self._new(tx, new, before=before, now_ms=now_ms)
        for other in {account.id for account in known} - {person.id}:  # one sign-in has proved that they are one
            await self._become(tx, other, person.id, now_ms=now_ms)
        for subject, account in found.items():
            if account is None:
                await persons.add(tx.connection, subject, person=person.id, now_ms=now_ms)
            else:
                await persons.touch(tx.connection, subject, now_ms=now_ms)
        return person

    async def _new(self, tx: Transaction, new: Newcomer, *, before: Sequence[Identity], now_ms: int) -> Account:
        """A new person, who is a viewer so far; somebody by name alone becomes one, and stays who they are. Raises
        NameReserved, and the refusal of the word lists."""
        role, name = new.role or Role.VIEWER, new.name
        if name is not None:
            await self._names.check_in(tx.connection, name)
        elif new.said_name is not None and (is_staff(role) or await self._names.may_have(tx.connection, new.said_name)):
            name = new.said_name
        for each in before:
            if each.role is Role.VIEWER and await self._is_nobody(tx, each):
                return await persons.create(tx.connection, name=name or each.name, now_ms=now_ms, id_=each.id)
        nameless = STAFF_NAME if is_staff(role) else NAMELESS
        id_ = persons.new_id(role, now_ms)
        return await persons.create(tx.connection, name=name or nameless, now_ms=now_ms, id_=id_)

    @staticmethod
    async def _is_nobody(tx: Transaction, before: Identity) -> bool:
        """Whether that is a guest, or a viewer who has never proved who they are and is staff nowhere else."""
        if before.role is Role.GUEST:
            return True
        return before.role is Role.VIEWER and not await persons.is_identified(tx.connection, before.id)

    async def _take_along(self, tx: Transaction, before: Sequence[Identity], person: Account, *, now_ms: int) -> None:
        """Who they were becomes them, too. Whoever is blocked keeps a viewer out, and stays behind where staff sign in."""
        for each in before:
            if each.id == person.id or not await self._is_nobody(tx, each):
                continue
            try:
                await self._become(tx, each.id, person.id, now_ms=now_ms)
            except PersonBlocked:
                if not is_staff(Role(person.role)):
                    raise

    async def _become(self, tx: Transaction, merged: str, person: str, *, now_ms: int) -> None:
        await self._blocks.check_in(tx.connection, people=[merged])  # since it was asked before, perhaps
        if await self._merging.merge(tx, merged, person, now_ms=now_ms):
            ended = await sessions.end_all(tx.connection, merged, now_ms=now_ms, why="merged")
            for session in ended:
                tx.after_commit(partial(self._ended.learnt, session, merged))

    async def _end(self, tx: Transaction, before: Sequence[Identity], *, now_ms: int) -> None:
        """The secret of a session is a new one after each sign-in, and the one of before opens nothing any more."""
        for each in before:
            if each.session:
                await sessions.end(tx.connection, each.session, person=each.id, now_ms=now_ms, why="signed_in_anew")
                tx.after_commit(partial(self._ended.learnt, each.session, each.id))
