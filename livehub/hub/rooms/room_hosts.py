"""Whose room it is: its host, their co-hosts, its experts; and the badge that tells viewers. Pure: no I/O, no clock.

The table room_hosts says the same, for calls that do not follow the room; both are written in one transaction. In the state it
is so that each process knows at once, in the order of the room's log, whom a line is from and whom to tell what staff are told.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from livehub.base.auth import Identity, Permission, Role, RoomKind
from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.errors import HostsFull, RoomNeedsHost
from livehub.room.state import RoomState

KindName = Literal["host", "cohost", "expert"]

OF_ROOM = frozenset(kind.value for kind in RoomKind)  # badges of those who speak for themselves, and not for the shop
_KINDS: Mapping[str, RoomKind] = {kind.value: kind for kind in RoomKind}
_OF_SHOP = {Role.OPS: "ops", Role.ADMIN: "ops", Role.CARE: "care", Role.HOST: "host"}


class RoomHosts(Struct, frozen=True, kw_only=True):
    """Person to what they are in the room. A kind that this version does not know gives no right."""

    hosts: dict[str, str] = {}


HOSTS = RoomPart(RoomHosts, is_public=False, bounds=(Bound(name="hosts_max", setting="room_hosts_max", default=50),))


class HostNamed(Struct, frozen=True, kw_only=True, tag_field="type", tag="host"):
    """Somebody became the room's host, a co-host or an expert; without a kind they are no longer any."""

    user: str
    kind: str | None = None


def kind_in(state: RoomState, person: str) -> RoomKind | None:
    """What a person is in the room."""
    return _KINDS.get(state[HOSTS].hosts.get(person, ""))


def may_in(state: RoomState, person: Identity, permission: Permission) -> bool:
    """Whether a right of rooms holds for a person in this one."""
    return person.may_in(permission, kind_in(state, person.id))


def badge_in(state: RoomState, person: Identity) -> str | UnsetType:
    """What stands beside the person's name in this room."""
    kind = kind_in(state, person.id)
    if kind is not None and person.is_still(kind):
        return kind.value
    if person.role is Role.HOST and not person.runs_every_room:
        return UNSET  # of another room
    return _OF_SHOP.get(person.role, UNSET)


def named(state: RoomState, person: str, kind: KindName | None, bounds: Bounds) -> list[HostNamed]:
    """What to say so that the person is of that kind; nothing if they are. Another host makes the one before a co-host. Raises
    RoomNeedsHost, HostsFull.
    """
    hosts = state[HOSTS].hosts
    if hosts.get(person) == kind:
        return []
    if hosts.get(person) == "host":
        raise RoomNeedsHost
    if kind is not None and person not in hosts and len(hosts) >= bounds["hosts_max"]:
        raise HostsFull
    before = [HostNamed(user=other, kind="cohost") for other, its in hosts.items() if its == "host" == kind]
    return [*before, HostNamed(user=person, kind=kind)]


def _named(part: RoomHosts, data: HostNamed, _ts: int, _bounds: Bounds) -> RoomHosts:
    others = {person: kind for person, kind in part.hosts.items() if person != data.user}
    return RoomHosts(hosts=others if data.kind is None else {**others, data.user: data.kind})


CONTROL_MESSAGES = (ControlMessage(HostNamed, HOSTS, _named),)
