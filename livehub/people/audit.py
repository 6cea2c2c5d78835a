"""The audit log: every act of staff, written in the transaction that does it, and never changed.

    act = Act(type="person_blocked", subject=person, before={"blocked": False}, after={"blocked": True}, why=body.reason)
    await record(call.tx.connection, [act], by=call.person, now_ms=call.now_ms)

Looking at somebody's data is an act, too: who reads it writes first what they are about to be shown (`looked_at`).

What is done in a room is written by livehub/hub/rooms: what no control message tells by actions.py, and each control message of
staff by log.py. The event logs of rooms read the first of these here, and the second where the room keeps it, so that neither
is kept twice; the audit log keeps of a message what it changed. Rows go by LIVEHUB_AUDIT_KEPT_S alone.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from livehub.base.auth import Identity
from livehub.base.calling import network_hash
from livehub.base.db import Connection, Database
from livehub.base.sql import queries
from livehub.people.masks import masked_phone

Q = queries(__file__, "audit.sql")


class Act(Struct, frozen=True, kw_only=True):
    """One thing that was done. `subject`: the id of what it was done to; `was`, `became`: its states, where it has some: words,
    and no ids; `before`, `after`: what changed of it; `about_id`, `about_name`: whom it met; `data`: what it was about, in
    words; `why`: in the words of whoever did it. Nothing secret goes in.
    """

    type: str
    subject: str = ""
    was: str | None = None
    became: str | None = None
    about_id: str | None = None
    about_name: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    why: str = ""
    data: dict[str, Any] = {}


async def record(
    connection: Connection,
    acts: Sequence[Act],
    *,
    by: Identity | None,
    now_ms: int,
    room: str | None = None,
    is_event: bool = False,
) -> None:
    """Keep what was done. `by`: whose doing it was; None: nobody's, as when a word list holds a line. `is_event`: the event
    log of `room` tells it, or of all rooms where that is None. Raises Unavailable.
    """
    if acts:
        by_id, by_name, role = (by.id, by.name, by.role.value) if by is not None else (None, None, None)
        await connection.execute(
            Q["insert_acts"], room, now_ms, by_id, by_name, role, acts, network_hash(), is_event
        )  # fmt: skip


async def looked_at(database: Database, person: str, what: str, *, by: Identity, now_ms: int, why: str = "") -> None:
    """Keep that staff look at somebody's data, before it is shown: what cannot be written down is not shown. `what`: which
    of it, as `profile`, `orders`. Raises Unavailable.
    """
    async with database.transaction() as tx:
        act = Act(type="person_look", subject=person, about_id=person, why=why, data={"what": what})
        await record(tx.connection, [act], by=by, now_ms=now_ms)


async def searched_for(
    database: Database, phone: str | None, found: Sequence[str], *, what: str, by: Identity, now_ms: int
) -> None:
    """Keep that staff searched for somebody by phone number (E.164; None: it was none), before they are shown who was found.
    `what`: where. Raises Unavailable.
    """
    if phone is not None:
        one = found[0] if len(found) == 1 else None
        data = {"what": what, "phone": masked_phone(phone), "found": len(found)}
        act = Act(type="people_searched", subject=one or "", about_id=one, data=data)
        async with database.transaction() as tx:
            await record(tx.connection, [act], by=by, now_ms=now_ms)
