"""Domain events: facts that other packages react to, written in the transaction that makes them true.

    async with database.transaction() as tx:
        ...
        await emit(tx, OrderPaid(order=order.id, ...), key=order.id)

    Subscription(name="loyalty.points", types=(OrderPaid, OrderRefunded), react=award, begins="start")

A subscription reads the events of its types in the order of their commits, hundreds at a time. Its reaction to a batch and
the move of its cursor are one transaction, so an effect in PostgreSQL happens exactly once; an effect elsewhere belongs in a
job that the reaction defers. An event to which a reaction fails is parked and tried again, and later events of its key
wait behind it, in order; nothing else does. Events without a key wait for nobody. See event_reader.py for who reads.

A type is read by every process that has a subscription with it. One that nobody knows is kept as long as others are.
Fields may be added to an event if they have defaults; what a process does not know of one, it ignores.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from livehub.base.db import Transaction
from livehub.base.sql import queries

Q = queries(__file__, "events.sql")

CHANNEL = "livehub_events"

Data = TypeVar("Data", bound=Struct)


class Event(Struct, Generic[Data], frozen=True, kw_only=True):
    """What a reaction is given. `id` is unique for ever, so ids of effects can be made of it."""

    id: int
    key: str | None
    data: Data
    created_at: datetime


Reaction = Callable[[Transaction, list[Event[Any]]], Awaitable[None]]


class Subscription(Struct, frozen=True, kw_only=True):
    """Who reacts to what. `name` stays for ever: the cursor has it.

    `begins`, at the first registration, also of a type that is added later: with all events that are kept, or with those
    to come. `react` must not wait for anything but PostgreSQL, and gets LIVEHUB_EVENT_REACTION_S_MAX for a batch.
    """

    name: str
    types: tuple[type[Struct], ...]
    react: Reaction
    begins: Literal["start", "now"]

    @property
    def type_names(self) -> list[str]:
        """The tags of its types."""
        return [type_of(struct) for struct in self.types]


def type_of(struct: type[Struct] | Struct) -> str:
    """The tag by which a struct's events are known. Raises TypeError if it has none."""
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{struct!r} has no tag, which is the type of an event")
    return tag


async def emit(tx: Transaction, event: Struct, *, key: str | None = None) -> None:
    """Write an event inside `tx`. `key`: what its order matters for (an order, a room, a person)."""
    await tx.connection.execute(Q["insert_event"], type_of(event), key, _encoded(event))
    _wake_readers(tx)


async def emit_all(tx: Transaction, events: Sequence[tuple[Struct, str | None]]) -> None:
    """Write many events, each with its key, in one statement."""
    if events:
        types, keys = [type_of(event) for event, _ in events], [key for _, key in events]
        await tx.connection.execute(Q["insert_events"], types, keys, [_encoded(event) for event, _ in events])
        _wake_readers(tx)


def _encoded(event: Struct) -> str:
    return msgspec.json.encode(event).decode()


def _wake_readers(tx: Transaction) -> None:
    tx.after_commit(partial(tx.notifier.notify, CHANNEL))
