"""HTTP: people as staff see them; roles, sessions and former selves. Whoever looks at somebody is written down first.

A role is given by those who may give roles, after a fresh sign-in, never by a default, and never taken from the last admin.
Numbers are masked for whoever looks; the whole of them is for those who may take data out of the shop, with a reason.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, get_args

from livehub.base import csv, errors
from livehub.base.auth import PERMISSIONS, Identity, Permission, Role, is_staff
from livehub.base.clock import Clock
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.lists import page
from livehub.base.moment import moment
from livehub.base.sql import queries
from livehub.base.streamed import Streamed
from livehub.base.text import clean
from livehub.people import audit, list_files, persons, sessions
from livehub.people.audit import Act
from livehub.people.ended import EndedSessions
from livehub.people.errors import BecameAnother, LastAdmin
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.people.masks import masked_phone
from livehub.people.me_api import told_identities
from livehub.people.merging import Merging
from livehub.people.persons import Account, Subject
from livehub.people.phones import searched
from livehub.people.schemas import MySession
from livehub.people.settings import PeopleConfig
from livehub.people.staff_schemas import (
    REASON_CHARS_MAX,
    SESSIONS_SHOWN_MAX,
    FormerSelf,
    GivenRole,
    LookQuery,
    PeopleList,
    PeopleQuery,
    PersonDetail,
    PersonRow,
    RoleChange,
    RoleList,
    RoleRights,
    StaffReason,
    StaffSignOut,
    WholeIdentities,
    WholeIdentity,
)

Q = queries(__file__, "staff.sql")
COLUMNS = ("id", "name", "role", "phone", "created", "seen", "blocked")


class StaffApi:
    def __init__(
        self, config: PeopleConfig, database: Database, clock: Clock, ended: EndedSessions, merging: Merging
    ) -> None:
        self._lists_max = config.lists_max
        self._ways = sessions.ways_of_staff(config)
        self._regions = config.phone_regions
        self._database = database
        self._real_s = clock.real_s
        self._ended = ended
        self._merging = merging
        self._files = ListFiles(config, database, clock.real_s)

    def endpoints(self) -> Sequence[Endpoint]:
        see, give = Permission.SEE_PEOPLE, Permission.GIVE_ROLES
        missing = (errors.NotFound,)
        why = (*missing, errors.TextEmpty)
        return [
            get("/api/people", self.list, may=see, query=PeopleQuery, reply=PeopleList),
            get("/api/roles", self.roles, may=see, reply=RoleList),
            get("/api/people/{person}", self.detail, may=see, query=LookQuery, reply=PersonDetail, errors=missing),
            post(
                "/api/people/{person}/role", self.change_role, may=give, body=RoleChange, reply=PersonDetail,
                errors=(*why, BecameAnother, LastAdmin),
            ),
            post(
                "/api/people/{person}/sign-out", self.sign_out, may=Permission.BLOCK_PEOPLE, body=StaffSignOut, reply=None,
                errors=why,
            ),
            post(
                "/api/people/{person}/identities", self.whole_identities, may=Permission.EXPORT, body=StaffReason,
                reply=WholeIdentities, writes=False, errors=why,
            ),
            post(
                "/api/people/{person}/separate", self.separate, may=give, body=StaffReason, reply=None,
                errors=(*why, BecameAnother),
            ),
        ]  # fmt: skip

    async def list(self, call: Call[None]) -> PeopleList | Streamed:
        """People with an account, the newest first; with an `Accept` of CSV or a spreadsheet all of them as a file."""
        query: PeopleQuery = call.query
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "people", COLUMNS, self._pages(query))
        most = query.most(self._lists_max)
        found, has_more = page(await self._found(query, query.after, most + 1), most)
        phone, ids = searched(query.search.strip(), self._regions), [each.id for each in found]
        await audit.searched_for(self._database, phone, ids, what="people", by=call.person, now_ms=call.now_ms)
        return PeopleList(items=found, next=found[-1].id if has_more else None)

    async def roles(self, call: Call[None]) -> RoleList:
        """What each role may do, and how many have it."""
        del call
        async with self._database.connection() as connection:
            people = {row["role"]: row["people"] for row in await connection.fetch(Q["roles"])}
        return RoleList(
            items=[
                RoleRights(
                    role=name,
                    rights=[each.value for each in Permission if each in PERMISSIONS[Role(name)]],
                    people=people.get(name, 0),
                )
                for name in get_args(GivenRole)
            ]
        )

    async def detail(self, call: Call[None]) -> PersonDetail:
        """One person, how they are known, and who they were."""
        person, query = call.path["person"], call.query
        reason = clean(query.reason, REASON_CHARS_MAX) if query.reason.strip() else ""
        async with self._database.transaction() as tx:
            found = await self._detail(tx, person, by=call.person)
            act = Act(
                type="person_look", subject=person, about_id=person, about_name=found.name, why=reason,
                data={"what": "account"},
            )  # fmt: skip
            await audit.record(tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return found

    async def change_role(self, call: Call[RoleChange]) -> PersonDetail:
        """Give somebody another role; where they are signed in, they have to sign in again."""
        connection, person, role = call.tx.connection, call.path["person"], call.body.role
        reason = clean(call.body.reason, REASON_CHARS_MAX)
        await self._account(call.tx, person)
        if role != "admin":
            await persons.keep_an_admin(connection, [person], ways=self._ways)
        await persons.hold_all(connection, [person])
        await self._merging.check_is_themselves(connection, person)
        account = await self._account(call.tx, person)  # as it is now that nobody else changes it
        if account.role != role:
            await persons.set_role(connection, person, Role(role))
            await self._end_all(call.tx, person, why="role_changed")
            act = Act(
                type="person_role", subject=person, about_id=person, about_name=account.name, was=account.role, became=role,
                before={"role": account.role}, after={"role": role}, why=reason,
            )  # fmt: skip
            await audit.record(connection, [act], by=call.person, now_ms=call.now_ms)
        return await self._detail(call.tx, person, by=call.person)

    async def sign_out(self, call: Call[StaffSignOut]) -> None:
        """End the sessions of somebody, as when their phone is lost; or one of them."""
        person, reason = call.path["person"], clean(call.body.reason, REASON_CHARS_MAX)
        account = await self._account(call.tx, person)
        if is_staff(Role(account.role)) and not call.person.may(Permission.GIVE_ROLES):
            raise errors.Forbidden("Only somebody who gives roles ends the sessions of staff.")
        await persons.hold_all(call.tx.connection, [person])
        if call.body.session is None:
            ended = await self._end_all(call.tx, person, why="ended_by_staff")
        else:
            ended = await self._end(call.tx, person, call.body.session)
        act = Act(
            type="person_sign_out", subject=person, about_id=person, about_name=account.name, why=reason,
            data={"sessions": ended},
        )  # fmt: skip
        await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

    async def whole_identities(self, call: Call[StaffReason]) -> WholeIdentities:
        """How somebody is known, without a mask; with the reason, which is written down."""
        person, reason = call.path["person"], clean(call.body.reason, REASON_CHARS_MAX)
        # No answer to a key: that would keep the number for whoever has it.
        async with self._database.transaction() as tx:
            account = await self._account(tx, person)
            known = await persons.identities(tx.connection, person)
            act = Act(
                type="person_look", subject=person, about_id=person, about_name=account.name, why=reason,
                data={"what": "identities"},
            )  # fmt: skip
            await audit.record(tx.connection, [act], by=call.person, now_ms=call.now_ms)
        return WholeIdentities(
            items=[
                WholeIdentity(
                    id=persons.public_id(Subject(each.kind, each.subject)),
                    kind=each.kind,  # type: ignore[arg-type]  # CHECKed
                    subject=each.subject,
                )
                for each in known
            ]
        )

    async def separate(self, call: Call[StaffReason]) -> None:
        """Undo that somebody became another person; `person` is who they were. Of several the last one first."""
        merged, reason = call.path["person"], clean(call.body.reason, REASON_CHARS_MAX)
        person = await self._merging.undo(call.tx, merged, by=call.person.id, now_ms=self._now_ms())
        if person is None:
            raise errors.NotFound("Nobody of this id has become somebody else.")
        act = Act(
            type="person_separate", subject=merged, about_id=person, before={"person": person}, after={"person": merged},
            why=reason,
        )  # fmt: skip
        await audit.record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

    # --- parts ---

    async def _found(self, query: PeopleQuery, after: str | None, most: int) -> Sequence[PersonRow]:
        text = query.search.strip()
        phone = searched(text, self._regions)
        words = text if text and phone is None else None  # of a name, or the whole of an id
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                Q["people"], words, phone, query.role, query.blocked, query.staff, after, most
            )
        return [_row(row) for row in rows]

    async def _pages(self, query: PeopleQuery) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        after = query.after
        while rows := await self._found(query, after, ROWS_PER_QUERY):
            yield [_cells(row) for row in rows]
            after = rows[-1].id

    @staticmethod
    async def _account(tx: Transaction, person: str) -> Account:
        account = await persons.get(tx.connection, person)
        if account is None or account.erased_ts is not None:
            raise errors.NotFound
        return account

    async def _detail(self, tx: Transaction, person: str, *, by: Identity) -> PersonDetail:
        account = await self._account(tx, person)
        known = await persons.identities(tx.connection, person)
        former = await tx.connection.fetch(Q["merges_into"], person)
        now_ms = self._now_ms()
        running = await tx.connection.fetch(sessions.Q["sessions_of"], person, now_ms, None, SESSIONS_SHOWN_MAX)
        return PersonDetail(
            id=account.id,
            name=account.name,
            role=account.role,  # type: ignore[arg-type]  # written by us
            language=account.language,
            created_ts=account.created_ts,
            blocked_ts=account.blocked_ts,
            identities=told_identities(known),
            sessions=await tx.connection.fetchval(Q["running_sessions"], person, now_ms),
            merged_into=await self._merging.became(tx.connection, person),
            former=[
                FormerSelf(id=row["merged"], became=row["person"], merged_ts=row["ts"], name=row["name"])
                for row in former
            ],
            signed_in=[MySession(**dict(row), is_current=row["id"] == by.session) for row in running],
        )

    async def _end_all(self, tx: Transaction, person: str, *, why: str) -> int:
        ended = await sessions.end_all(tx.connection, person, now_ms=self._now_ms(), why=why)
        for session in ended:
            tx.after_commit(partial(self._ended.learnt, session, person))
        return len(ended)

    async def _end(self, tx: Transaction, person: str, session: str) -> int:
        now_ms = self._now_ms()
        if not await sessions.runs(tx.connection, session, person=person, now_ms=now_ms):
            raise errors.NotFound("They have no session of this id, or it is over.")
        await sessions.end(tx.connection, session, person=person, now_ms=now_ms, why="ended_by_staff")
        tx.after_commit(partial(self._ended.learnt, session, person))
        return 1

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
        merged_into=row["merged_into"],
    )


def _cells(row: PersonRow) -> list[csv.Cell]:
    return [row.id, row.name, row.role, row.phone, moment(row.created_ts), moment(row.seen_ts), moment(row.blocked_ts)]
