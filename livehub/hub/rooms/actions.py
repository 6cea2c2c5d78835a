"""What staff do that no control message tells, kept for the event log in the transaction that does it.

    action = Action(type="camera_add", subject=camera.id, data={"name": camera.name})
    await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)

A control message tells for itself who said it. So each call of staff that writes does one of the two, and
tests/livehub/test_staff_actions.py holds every endpoint to that.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from livehub.base.auth import Identity
from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "actions.sql")


class Action(Struct, frozen=True, kw_only=True):
    """One thing that was done. `subject`: the id of what it was done to; `was`, `became`: its states, where it has some;
    `about_id`, `about_name`: whom it met; `data`: what it was about, in words. Nothing secret goes in.
    """

    type: str
    subject: str = ""
    was: str | None = None
    became: str | None = None
    about_id: str | None = None
    about_name: str | None = None
    data: dict[str, Any] = {}


async def record(
    connection: Connection, room: str | None, actions: Sequence[Action], *, by: Identity | None, now_ms: int
) -> None:
    """Keep what was done in `room`, or in all rooms (None). `by`: whose doing it was; None: nobody's, as when a word list holds
    a line. Raises Unavailable.
    """
    if actions:
        by_id, by_name = (by.id, by.name) if by is not None else (None, None)
        await connection.execute(Q["insert_actions"], room, now_ms, by_id, by_name, actions)


class BlockActions:
    """As BlockLog: who was blocked stands in the log of every room."""

    async def blocked(
        self,
        connection: Connection,
        type_: str,
        about: tuple[str, str],
        data: dict[str, Any],
        by: Identity,
        now_ms: int,
    ) -> None:
        person, shown = about
        action = Action(type=type_, subject=person, about_id=person or None, about_name=shown, data=data)
        await record(connection, None, [action], by=by, now_ms=now_ms)
