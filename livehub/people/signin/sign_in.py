"""What every way to sign in ends with: the subjects that were proved become a person, who they were until now becomes that
person, too, and a session begins. One transaction, of whoever proved it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from livehub.base.auth import Identity, Role, is_staff
from livehub.base.db import Transaction
from livehub.base.endpoints import Call
from livehub.base.errors import SignInClosed
from livehub.people import persons, sessions
from livehub.people.blocked.blocks import Blocks
from livehub.people.callers import Callers
from livehub.people.ended import EndedSessions
from livehub.people.errors import IdentityTaken, SignInLost, StaffNotMerged
from livehub.people.merging import Merging
from livehub.people.names import Names
from livehub.people.persons import Account, Subject
from livehub.people.schemas import AppName
from livehub.people.sessions import Opened
from livehub.people.settings import PeopleConfig

DEFAULT_NAME = "Guest"


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
        self.callers = callers
        self._merging = merging
        self._ended = ended
        self._blocks = blocks
        self._names = names

    async def finish(
        self,
        tx: Transaction,
        subjects: Sequence[Subject],
        *,
        call: Call[Any],
        app: AppName,
        name: str | None,
        now_ms: int,
        role: Role | None = None,
    ) -> Opened:
        """A session of the person who is known by `subjects`, the strongest first, all proved at once; of a new one if nobody
        is.

        `name`: what a new person is called; who came with a name of their own keeps it. `role`: what a provider says they are,
        now and from now on. The sessions that they came with end. Raises PersonBlocked, StaffNotMerged, LastAdmin, Unavailable.
        """
        before = await self.callers.before(tx.connection, call, app)
        await persons.lock(tx.connection, subjects)
        if role is not None:
            await persons.lock_roles(tx.connection)
        await self._hold(tx, subjects, before)
        person = await self._person(tx, subjects, before=before, name=name, now_ms=now_ms)
        await self._check_not_blocked(tx, person, subjects, call)
        if role is not None and person.role != role.value:
            if role is not Role.ADMIN:
                await persons.keep_an_admin(tx.connection, [person.id], ways=self._ways)
            await persons.set_role(tx.connection, person.id, role)
            person = await _reloaded(tx, person.id)
        await self._take_along(tx, before, person.id, now_ms=now_ms)
        await self._end(tx, before, now_ms=now_ms)
        return await self.callers.begin(tx.connection, person, call=call, app=app, how=subjects[0].kind)

    async def by_name(self, tx: Transaction, name: str, *, call: Call[Any], app: AppName, now_ms: int) -> Opened:
        """A session of somebody new by name alone, who was the guest that called: what a guest won is theirs, and a room that a
        guest may not enter they may not either. Raises PersonBlocked, Unavailable.
        """
        before = await self.callers.before(tx.connection, call, app)
        person = await persons.create(tx.connection, name=name, now_ms=now_ms)
        await persons.hold_all(tx.connection, {person.id, *(each.id for each in before)})
        await self.callers.check_not_blocked(tx.connection, call, person.id)
        await self._take_along(tx, before, person.id, now_ms=now_ms)
        await self._end(tx, before, now_ms=now_ms)
        return await self.callers.begin(tx.connection, person, call=call, app=app, how="name")

    async def by_link(self, tx: Transaction, linked: Identity, *, call: Call[Any], app: AppName, now_ms: int) -> Opened:
        """A session of staff whom a link names. Raises SignInClosed, PersonBlocked, Unavailable."""
        await persons.hold_all(tx.connection, [linked.id])
        person = await persons.create(tx.connection, name=linked.name, now_ms=now_ms, role=linked.role, id_=linked.id)
        if person.erased_ts is not None or person.blocked_ts is not None:
            raise SignInClosed("This person signs in no more.")
        await self._end(tx, await self.callers.before(tx.connection, call, app), now_ms=now_ms)
        opened = await self.callers.begin(tx.connection, person, call=call, app=app, how="link")
        await self.callers.check_not_blocked(tx.connection, call, person.id)
        return opened

    async def _check_not_blocked(
        self, tx: Transaction, person: Account, subjects: Sequence[Subject], call: Call[Any]
    ) -> None:
        """Raise PersonBlocked, also for the number alone, and for whoever was in this browser."""
        phones = [each.subject for each in subjects if each.kind == "phone"]
        await self.callers.check_not_blocked(tx.connection, call, person.id, phones=phones)
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
        await self.callers.check_not_blocked(tx.connection, call, account.id)
        return opened

    async def add(self, tx: Transaction, subject: Subject, *, person: str, now_ms: int) -> None:
        """Have a person who is signed in be known by one more. Raises IdentityTaken, PersonBlocked, Unavailable."""
        await persons.lock(tx.connection, [subject])
        await persons.hold_all(tx.connection, [person])
        phones = [subject.subject] if subject.kind == "phone" else []
        await self._blocks.check_in(tx.connection, people=[person], phones=phones)
        if await persons.add(tx.connection, subject, person=person, now_ms=now_ms) != person:
            raise IdentityTaken

    @staticmethod
    async def _hold(tx: Transaction, subjects: Sequence[Subject], before: Sequence[Identity]) -> None:
        """Everybody whom this sign-in is about."""
        until_now = {each.id for each in before}

        async def who() -> set[str]:
            return until_now | await persons.owners(tx.connection, subjects)

        await persons.hold(tx, who)

    async def _person(
        self, tx: Transaction, subjects: Sequence[Subject], *, before: Sequence[Identity], name: str | None, now_ms: int
    ) -> Account:
        found = {subject: await persons.find(tx.connection, subject) for subject in subjects}
        known = [account for account in found.values() if account is not None]
        if len({account.id for account in known}) > 1 and any(is_staff(Role(account.role)) for account in known):
            raise StaffNotMerged
        person = known[0] if known else await self._new(tx, before=before, name=name, now_ms=now_ms)
        for other in {account.id for account in known} - {person.id}:  # one sign-in has proved that they are one
            await self._become(tx, other, person.id, now_ms=now_ms)
        for subject, account in found.items():
            if account is None:
                await persons.add(tx.connection, subject, person=person.id, now_ms=now_ms)
            else:
                await persons.touch(tx.connection, subject, now_ms=now_ms)
        return person

    async def _new(self, tx: Transaction, *, before: Sequence[Identity], name: str | None, now_ms: int) -> Account:
        """A new person; somebody by name alone becomes one, and stays who they are. Raises NameReserved."""
        if name is not None:
            await self._names.check_in(tx.connection, name)
        for each in before:
            if each.role is Role.VIEWER and await self._is_nobody(tx, each):
                return await persons.create(tx.connection, name=name or each.name, now_ms=now_ms, id_=each.id)
        return await persons.create(tx.connection, name=name or DEFAULT_NAME, now_ms=now_ms)

    @staticmethod
    async def _is_nobody(tx: Transaction, before: Identity) -> bool:
        """Whether that is a guest, or a viewer who has never proved who they are and is staff nowhere else."""
        if before.role is Role.GUEST:
            return True
        return before.role is Role.VIEWER and not await persons.is_identified(tx.connection, before.id)

    async def _take_along(self, tx: Transaction, before: Sequence[Identity], person: str, *, now_ms: int) -> None:
        for each in before:
            if each.id != person and await self._is_nobody(tx, each):
                await self._become(tx, each.id, person, now_ms=now_ms)

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


async def _reloaded(tx: Transaction, person: str) -> Account:
    account = await persons.get(tx.connection, person)
    assert account is not None
    return account
