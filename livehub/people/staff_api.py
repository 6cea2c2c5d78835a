"""HTTP: people as staff see them; roles, sessions and former selves. Whoever looks at somebody is written down first.

A role is given by those who may give roles, after a fresh sign-in, never by a default, and never taken from the last admin.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from livehub.base import errors
from livehub.base.auth import Permission, Role, is_staff
from livehub.base.clock import Clock
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.lists import page
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.people import audit, persons, sessions
from livehub.people.audit import Act
from livehub.people.ended import EndedSessions
from livehub.people.errors import LastAdmin
from livehub.people.masks import masked_phone
from livehub.people.me_api import told_identities
from livehub.people.merging import Merging
from livehub.people.persons import Account
from livehub.people.settings import PeopleConfig
from livehub.people.signin import codes
from livehub.people.staff_schemas import (
    REASON_CHARS_MAX,
    FormerSelf,
    PeopleList,
    PeopleQuery,
    PersonDetail,
    PersonRow,
    RoleChange,
    StaffReason,
)

Q = queries(__file__, "staff.sql")


class StaffApi:
    def __init__(
        self, config: PeopleConfig, database: Database, clock: Clock, ended: EndedSessions, merging: Merging
    ) -> None:
        self._lists_max = config.lists_max
        self._regions = codes.regions(config.phone_regions)
        self._database = database
        self._real_s = clock.real_s
        self._ended = ended
        self._merging = merging

    def endpoints(self) -> Sequence[Endpoint]:
        see, give = Permission.SEE_PEOPLE, Permission.GIVE_ROLES
        missing = (errors.NotFound,)
        why = (*missing, errors.TextEmpty)
        return [
            get("/api/people", self.list, may=see, query=PeopleQuery, reply=PeopleList),
            get("/api/people/{person}", self.detail, may=see, reply=PersonDetail, errors=missing),
            post(
                "/api/people/{person}/role", self.change_role, may=give, body=RoleChange, reply=PersonDetail,
                errors=(*why, LastAdmin),
            ),
            post(
                "/api/people/{person}/sign-out", self.sign_out, may=Permission.BLOCK_PEOPLE, body=StaffReason, reply=None,
                errors=why,
            ),
            post(
                "/api/people/{person}/separate", self.separate, may=give, body=StaffReason, reply=None, errors=why,
            ),
        ]  # fmt: skip

    async def list(self, call: Call[None]) -> PeopleList:
        """People with an account, the newest first."""
        query: PeopleQuery = call.query
        most = query.most(self._lists_max)
        text = query.search.strip()
        phone = self._phone(text)
        words = text if text and phone is None else None  # of a name, or the whole of an id
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["people"], words, phone, query.role, query.blocked, query.after, most + 1)
        found, has_more = page(rows, most)
        items = [_row(row) for row in found]
        return PeopleList(items=items, next=items[-1].id if has_more else None)

    async def detail(self, call: Call[None]) -> PersonDetail:
        """One person, how they are known, and who they were."""
        person = call.path["person"]
        async with self._database.transaction() as tx:
            found = await self._detail(tx, person)
            act = Act(
                type="person_look", subject=person, about_id=person, about_name=found.name, data={"what": "account"}
            )
            await audit.record(tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return found

    async def change_role(self, call: Call[RoleChange]) -> PersonDetail:
        """Give somebody another role; where they are signed in, they have to sign in again."""
        connection, person, role = call.tx.connection, call.path["person"], call.body.role
        reason = clean(call.body.reason, REASON_CHARS_MAX)
        await self._account(call.tx, person)
        if role != "admin":
            await persons.keep_an_admin(connection, [person])
        await persons.hold_all(connection, [person])
        account = await self._account(call.tx, person)  # as it is now that nobody else changes it
        if account.role != role:
            await persons.set_role(connection, person, Role(role))
            await self._end_all(call.tx, person, why="role_changed")
            act = Act(
                type="person_role", subject=person, about_id=person, about_name=account.name, was=account.role, became=role,
                before={"role": account.role}, after={"role": role}, why=reason,
            )  # fmt: skip
            await audit.record(connection, [act], by=call.person, now_ms=call.now_ms)
        return await self._detail(call.tx, person)

    async def sign_out(self, call: Call[StaffReason]) -> None:
        """End all sessions of somebody, as when their phone is lost."""
        person, reason = call.path["person"], clean(call.body.reason, REASON_CHARS_MAX)
        account = await self._account(call.tx, person)
        if is_staff(Role(account.role)) and not call.person.may(Permission.GIVE_ROLES):
            raise errors.Forbidden("Only somebody who gives roles ends the sessions of staff.")
        await persons.hold_all(call.tx.connection, [person])
        ended = await self._end_all(call.tx, person, why="ended_by_staff")
        act = Act(
            type="person_sign_out", subject=person, about_id=person, about_name=account.name, why=reason,
            data={"sessions": ended},
        )  # fmt: skip
        await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

    async def separate(self, call: Call[StaffReason]) -> None:
        """Undo that somebody became another person; `person` is who they were."""
        merged, reason = call.path["person"], clean(call.body.reason, REASON_CHARS_MAX)
        person = await self._merging.undo(call.tx, merged, by=call.person.id, now_ms=self._now_ms())
        if person is None:
            raise errors.NotFound("Nobody of this id has become somebody else.")
        act = Act(type="person_separate", subject=merged, about_id=person, was=person, became=merged, why=reason)
        await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

    # --- parts ---

    def _phone(self, text: str) -> str | None:
        try:
            return codes.e164(text, self._regions) if text[:1] in "+0123456789" else None
        except errors.LivehubError:
            return None

    @staticmethod
    async def _account(tx: Transaction, person: str) -> Account:
        account = await persons.get(tx.connection, person)
        if account is None or account.erased_ts is not None:
            raise errors.NotFound
        return account

    async def _detail(self, tx: Transaction, person: str) -> PersonDetail:
        account = await self._account(tx, person)
        known = await persons.identities(tx.connection, person)
        former = await tx.connection.fetch(Q["merges_into"], person)
        return PersonDetail(
            id=account.id,
            name=account.name,
            role=account.role,  # type: ignore[arg-type]  # written by us
            language=account.language,
            created_ts=account.created_ts,
            blocked_ts=account.blocked_ts,
            identities=told_identities(known),
            sessions=await tx.connection.fetchval(Q["running_sessions"], person, self._now_ms()),
            former=[FormerSelf(id=row["merged"], merged_ts=row["ts"]) for row in former],
        )

    async def _end_all(self, tx: Transaction, person: str, *, why: str) -> int:
        ended = await sessions.end_all(tx.connection, person, now_ms=self._now_ms(), why=why)
        for session in ended:
            tx.after_commit(partial(self._ended.learnt, session, person))
        return len(ended)

    def _now_ms(self) -> int:
        return int(self._real_s() * 1000)


def _row(row: Any) -> PersonRow:
    return PersonRow(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        phone=masked_phone(row["phone"]) if row["phone"] else "",
        created_ts=row["created_ts"],
        seen_ts=row["seen_ts"],
        blocked_ts=row["blocked_ts"],
    )
