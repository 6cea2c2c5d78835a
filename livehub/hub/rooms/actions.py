"""What staff do in rooms that no control message tells, kept in the audit log in the transaction that does it, for the event
log.

    action = Action(type="camera_add", subject=camera.id, data={"name": camera.name})
    await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)

A control message tells for itself who said it (log.py). So each call of staff that writes does one of the two, and
tests/livehub/test_staff_actions.py holds every endpoint to that.
"""

from collections.abc import Sequence

from livehub.base.auth import Identity
from livehub.base.db import Connection
from livehub.people import audit

Action = audit.Act


async def record(
    connection: Connection, room: str | None, actions: Sequence[Action], *, by: Identity | None, now_ms: int
) -> None:
    """Keep what was done in `room`, or in all rooms (None). `by`: whose doing it was; None: nobody's, as when a word list holds
    a line. Raises Unavailable.
    """
    await audit.record(connection, actions, by=by, now_ms=now_ms, room=room, is_event=True)
