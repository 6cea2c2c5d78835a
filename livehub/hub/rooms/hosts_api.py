"""HTTP: who runs a room. Its host invites co-hosts and names experts; whoever runs every room names anybody, at once."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

from livehub.base.auth import Identity, Permission, Role, is_staff
from livehub.base.db import Connection, Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import Forbidden
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.hub.rooms import host_schemas as schemas
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.hosts import Q as HOSTS_Q
from livehub.hub.rooms.log import LockedRoom, RoomLog, room_exists, stored_room
from livehub.hub.rooms.room_hosts import HOSTS, HostNamed, KindName, may_in, named
from livehub.hub.rooms.schemas import Placed
from livehub.hub.settings import HubConfig
from livehub.people.blocked.blocks import Blocks
from livehub.people.errors import PersonBlocked
from livehub.room.errors import (
    HostsFull,
    InvitationNotFound,
    InvitationOver,
    RoleNeeded,
    RoomNeedsHost,
    RoomNotFound,
)
from livehub.room.room_messages import DETAILS
from livehub.room.state import RoomState

Q = queries(__file__, "invitations.sql")

CODE_BYTES = 24  # nobody guesses 192 bits


class HostsApi:
    """`blocks`: those of people, where there are any."""

    def __init__(self, config: HubConfig, database: Database, log: RoomLog, blocks: Blocks | None) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._blocks = blocks

    def endpoints(self) -> list[Endpoint]:
        run, name = Permission.RUN_SHOWS, Permission.NAME_HOSTS
        hosts, invitations = "/api/rooms/{room}/hosts", "/api/rooms/{room}/invitations"
        code, code_errors = schemas.InvitationCode, (InvitationNotFound, InvitationOver)
        return [
            get(hosts, self.hosts, may=run, reply=schemas.RoomHostList, errors=(RoomNotFound,)),
            post(
                hosts, self.name, may=name, body=schemas.HostRequestOf, reply=Placed,
                errors=(RoomNotFound, RoomNeedsHost, HostsFull),
            ),
            get(invitations, self.invitations, may=name, reply=schemas.InvitationList, errors=(RoomNotFound,)),
            post(
                invitations, self.invite, may=name, body=schemas.InvitationRequest, reply=schemas.InvitationMade,
                status=201, tells_secret=True, errors=(RoomNotFound, HostsFull),
            ),
            delete(
                f"{invitations}/{{invitation}}", self.withdraw, may=name, reply=None,
                errors=(RoomNotFound, InvitationNotFound),
            ),
            post(
                "/api/invitations/look", self.look, may=Permission.WATCH, body=code, reply=schemas.Invited, writes=False,
                errors=code_errors,
            ),
            post(
                "/api/invitations/accept", self.accept, may=Permission.SPEAK, body=code, reply=schemas.Invited,
                errors=(*code_errors, RoleNeeded, HostsFull, PersonBlocked),
            ),
        ]  # fmt: skip

    async def hosts(self, call: Call[None]) -> schemas.RoomHostList:
        """Who runs the room, and who answers its questions."""
        async with self._database.connection() as connection:
            await room_exists(connection, call.path["room"])
            rows = await connection.fetch(HOSTS_Q["hosts"], call.path["room"])
        items = [
            schemas.RoomHost(
                person=row["person"], name=row["name"], kind=row["kind"], by=row["by"], since=_moment(row["ts"])
            )
            for row in rows
        ]
        return schemas.RoomHostList(items=items)

    async def name(self, call: Call[schemas.HostRequestOf]) -> Placed:
        """Name an expert of the room, or let somebody be nothing in it any more; a co-host or another host is named by ops."""
        body = call.body
        if body.kind in ("host", "cohost") and not call.person.runs_all_rooms:
            raise Forbidden("Invite a co-host: they have to accept.")
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        await self._name(room, body.person, body.kind, by=call.person.id, now_ms=call.now_ms)
        return Placed(epoch=room.epoch, offset=room.offset)

    async def _name(
        self, room: LockedRoom, person: str, kind: KindName | None, *, by: str, now_ms: int, name: str = ""
    ) -> None:
        """In the table and in the room's log. Raises RoomNeedsHost, HostsFull."""
        for said in named(room.state, person, kind, self._log.bounds):
            await self._write(room, said, by=by, now_ms=now_ms, name=name if said.user == person else "")

    async def _write(self, room: LockedRoom, said: HostNamed, *, by: str, now_ms: int, name: str) -> None:
        connection = room.tx.connection
        if said.kind is None:
            await connection.execute(HOSTS_Q["remove_host"], room.id, said.user)
        else:
            await connection.execute(HOSTS_Q["put_host"], room.id, said.user, said.kind, name, by, now_ms)
        if said.kind != "host":
            await connection.execute(HOSTS_Q["withdraw_invitations_by"], room.id, said.user, now_ms)
        await self._log.write(room, said, now_ms=now_ms)

    async def forget(self, tx: Transaction, person: str, *, now_ms: int) -> None:
        """Have somebody who is to be erased be nothing in any room, its host neither: the state would name them again. Raises
        Unavailable.
        """
        for (id_,) in await tx.connection.fetch(HOSTS_Q["rooms_to_leave"], person):
            room = await self._log.lock_room(tx, id_)
            await self._write(room, HostNamed(user=person), by="", now_ms=now_ms, name="")

    # --- invitations ---

    async def invitations(self, call: Call[None]) -> schemas.InvitationList:
        """The room's invitations that can be accepted still."""
        async with self._database.connection() as connection:
            await room_exists(connection, call.path["room"])
            rows = await connection.fetch(Q["open_invitations"], call.path["room"], call.now_ms)
        items = [
            schemas.Invitation(
                id=row["id"],
                kind=row["kind"],
                by=row["by_name"],
                created_at=_moment(row["created_ts"]),
                ends_at=_moment(row["ends_ts"]),
            )
            for row in rows
        ]
        return schemas.InvitationList(items=items)

    async def invite(self, call: Call[schemas.InvitationRequest]) -> schemas.InvitationMade:
        """Make an invitation: whoever accepts it first, in time, is what it says."""
        db, now_ms, kind = call.tx.connection, call.now_ms, call.body.kind
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        if len(await db.fetch(Q["open_invitations"], room.id, now_ms)) >= self._config.room_hosts_max:
            raise HostsFull
        id_ = f"inv-{ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))}"
        code, ends_ms = secrets.token_urlsafe(CODE_BYTES), now_ms + self._config.room_invitation_s * 1000
        by = call.person
        await db.execute(Q["insert_invitation"], id_, room.id, kind, _hashed(code), by.id, by.name, now_ms, ends_ms)
        await self._record(call, room.id, "invitation_add", id_, kind)
        return schemas.InvitationMade(id=id_, kind=kind, code=code, ends_at=_moment(ends_ms))

    async def withdraw(self, call: Call[None]) -> None:
        """Withdraw an invitation that nobody has accepted."""
        db, room, id_ = call.tx.connection, call.path["room"], call.path["invitation"]
        kind = await db.fetchval(Q["withdraw_invitation"], room, id_, call.now_ms)
        if kind is None:
            await room_exists(db, room)
            raise InvitationNotFound
        await self._record(call, room, "invitation_remove", id_, kind)

    async def _record(self, call: Call[Any], room: str, type_: str, id_: str, kind: str) -> None:
        invitation = {"kind": kind}
        before, after = (None, invitation) if type_ == "invitation_add" else (invitation, None)
        action = Action(type=type_, subject=id_, before=before, after=after, data=invitation)
        await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)

    async def look(self, call: Call[schemas.InvitationCode]) -> schemas.Invited:
        """What an invitation is to, for whoever has its code: one wants to know that before one signs in."""
        async with self._database.connection() as connection:
            row = await _invitation(connection, call.body.code)
            state = (await stored_room(connection, self._log.registry, row["room"])).state
            if _has_accepted(row, state, call.identity):
                return _invited(row, state, is_accepted=True)
            await self._check_open(connection, row, state, call.now_ms)
        return _invited(row, state)

    async def accept(self, call: Call[schemas.InvitationCode]) -> schemas.Invited:
        """Accept an invitation. Whoever is more than that in the room already stays so, and leaves it to others."""
        db, person = call.tx.connection, call.person
        if self._blocks is not None:  # a token may be good for longer than they are
            browser = [] if is_staff(person.role) else [person.id]  # by it staff are not blocked
            await self._blocks.check_in(db, people=[person.id], browser=browser)
        row = await _invitation(db, call.body.code)
        room = await self._log.lock_room(call.tx, row["room"], by=person)
        if _has_accepted(row, room.state, person):
            return _invited(row, room.state, is_accepted=True)
        await self._check_open(db, row, room.state, call.now_ms)
        if row["kind"] == "cohost" and not person.may(Permission.RUN_SHOWS):
            raise RoleNeeded
        is_now = room.state[HOSTS].hosts.get(person.id)
        if is_now in ("host", "cohost", row["kind"]):
            return _invited({**row, "kind": is_now}, room.state)
        if await db.fetchval(Q["accept_invitation"], row["id"], person.id, call.now_ms) is None:
            raise InvitationOver
        await self._name(room, person.id, row["kind"], by=row["by_id"], now_ms=call.now_ms, name=person.name)
        return _invited(row, room.state, is_accepted=True)

    async def _check_open(self, connection: Connection, row: dict[str, Any], state: RoomState, now_ms: int) -> None:
        """Raise InvitationOver: somebody accepted it, its time is up, or who made it could not make it any more."""
        if row["accepted_ts"] is not None or row["withdrawn_ts"] is not None or row["ends_ts"] <= now_ms:
            raise InvitationOver
        maker, role = row["by_id"], await connection.fetchval(Q["role_of"], row["by_id"])
        if role is not None and not may_in(state, Identity(id=maker, name="", role=Role(role)), Permission.NAME_HOSTS):
            raise InvitationOver
        if self._blocks is not None:
            try:
                await self._blocks.check_in(connection, people=[maker])
            except PersonBlocked as error:
                raise InvitationOver from error


async def _invitation(connection: Connection, code: str) -> dict[str, Any]:
    """The invitation of a code. Raises InvitationNotFound."""
    row = await connection.fetchrow(Q["invitation_by_code"], _hashed(code))
    if row is None:
        raise InvitationNotFound
    return dict(row)


def _has_accepted(row: dict[str, Any], state: RoomState, person: Identity | None) -> bool:
    """Whether it was this person who accepted it, and is still what it says: their link goes on leading there."""
    if person is None or row["accepted_by"] != person.id:
        return False
    kind: str = row["kind"]
    return state[HOSTS].hosts.get(person.id) == kind


def _invited(row: dict[str, Any], state: RoomState, *, is_accepted: bool = False) -> schemas.Invited:
    details = state[DETAILS]
    return schemas.Invited(
        room=row["room"],
        title=details.title,
        titles=details.titles,
        kind=row["kind"],
        by=row["by_name"],
        ends_at=_moment(row["ends_ts"]),
        accepted=is_accepted,
    )


def _hashed(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _moment(ts: int) -> datetime:
    return datetime.fromtimestamp(ts / 1000, UTC)
