"""What rooms say of somebody who turned out to be somebody else, or is to be forgotten: mutes and bans go along, lines go away.

Who was shut out as a guest is shut out as the person, for as long: a message of the room says so, by nobody. It is a key of
the merge ("ban farm 253402300799000"), so that undoing takes back just what it said, if nothing else was said since.

ERASED_TS: a ban until a moment long past lets lines go from every process and every page that has them, lifts mutes and
bans, and keeps nobody out. The event log does not tell it.
"""

from collections.abc import Sequence

from livehub.base.db import Transaction
from livehub.hub.chat.person_tables import Q
from livehub.hub.chat.room_messages import RESTRICTIONS, Banned, Muted
from livehub.hub.rooms.log import LockedRoom, RoomLog

ERASED_TS = 1


async def take_along(log: RoomLog, tx: Transaction, was: str, person: str, *, now_ms: int) -> list[str]:
    """`person` is muted and banned wherever `was` is, for as long as the longer of the two; what that took. Raises
    Unavailable.
    """
    taken: list[str] = []
    for row in await tx.connection.fetch(Q["rooms_restricting"], was):
        room = await log.lock_room(tx, row["id"])
        for kind in ("mute", "ban"):
            until_ts = _until(room, kind, was)
            if until_ts > max(now_ms, _until(room, kind, person)):
                before_ts = _until(room, kind, person)
                await _say(log, room, kind, person, until_ts, now_ms=now_ms)
                taken.append(f"{kind} {room.id} {until_ts} {before_ts}")
    return taken


async def take_back(log: RoomLog, tx: Transaction, person: str, taken: Sequence[str], *, now_ms: int) -> None:
    """Those mutes and bans that still stand as they were taken along are as before. Raises Unavailable."""
    for kind, room_id, until, before in sorted((key.split(" ") for key in taken), key=lambda key: key[1]):
        room = await log.lock_room(tx, room_id)
        if _until(room, kind, person) == int(until):
            await _say(log, room, kind, person, int(before) if int(before) > now_ms else 0, now_ms=now_ms)


async def forget(log: RoomLog, tx: Transaction, person: str, *, now_ms: int) -> None:
    """Lines of theirs are shown nowhere any more, and nothing is said of them. Raises Unavailable."""
    for row in await tx.connection.fetch(Q["rooms_with_lines_of"], person):
        room = await log.lock_room(tx, row["id"])
        await log.write(room, Banned(user=person, until_ts=ERASED_TS), now_ms=now_ms)
        if person in room.state[RESTRICTIONS].mutes:
            await log.write(room, Muted(user=person, until_ts=0), now_ms=now_ms)


def _until(room: LockedRoom, kind: str, person: str) -> int:
    restrictions = room.state[RESTRICTIONS]
    return (restrictions.mutes if kind == "mute" else restrictions.bans).get(person, 0)


async def _say(log: RoomLog, room: LockedRoom, kind: str, person: str, until_ts: int, *, now_ms: int) -> None:
    data = Muted(user=person, until_ts=until_ts) if kind == "mute" else Banned(user=person, until_ts=until_ts)
    await log.write(room, data, now_ms=now_ms)
