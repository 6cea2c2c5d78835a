"""Looks for events: what a query means to the tables."""

from collections.abc import Sequence
from typing import Any

import msgspec

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.epcis.asked import Query, Things
from trace.epcis.errors import QueryTooLarge
from trace.epcis.times import in_utc

Q = queries(__file__, "looking.sql")

COUNTED_MAX = 10_000  # events that are looked at to know whether there are more than `maxEventCount`

CANDIDATES_MAX = 10_000  # events about a thing that are looked at by their numbers; of more, each event is asked
EARLIEST = -(2**62)
LATEST = 2**62

Place = tuple[int, int]


async def page(connection: Connection, query: Query, after: Place | None, count: int) -> list[Any]:
    """Rows of events after a place (order value, seq), in the query's order."""
    arguments = await _arguments(connection, query)
    if arguments is None:
        return []
    if query.order_by == "eventTime":
        if query.is_descending:
            return await connection.fetch(Q["by_time_back"], *arguments, *(after or (LATEST, LATEST)), count)
        return await connection.fetch(Q["by_time"], *arguments, *(after or (EARLIEST, 0)), count)
    if query.is_descending:
        return await connection.fetch(Q["by_record_back"], *arguments, after[1] if after else LATEST, count)
    return await connection.fetch(Q["by_record"], *arguments, after[1] if after else 0, count)


async def check_most(connection: Connection, query: Query) -> None:
    """Raises QueryTooLarge where more events match than `maxEventCount`, or than are counted."""
    if query.most is None:
        return
    most = min(query.most, COUNTED_MAX)
    if len(await page(connection, query, None, most + 1)) > most:
        raise QueryTooLarge(details={"limit": most})


def place_of(row: Any) -> Place:
    """Where a page that ends with this event is continued."""
    return row["event_us"], row["seq"]


def shown(row: Any) -> dict[str, Any]:
    """An event as it was captured, with its id and when it was recorded."""
    event: dict[str, Any] = msgspec.json.decode(row["event"])
    event["recordTime"] = in_utc(row["recorded_us"] // 1000)
    return event


async def _arguments(connection: Connection, query: Query) -> Sequence[Any] | None:
    """Of epcis_found; None where no event can match."""
    seqs = None
    for things in query.things:
        found = await _about(connection, things)
        if found is not None:
            seqs = found if seqs is None else seqs & found
    if seqs is not None and not seqs:
        return None
    return (
        query.types, query.from_us, query.before_us, query.recorded_from_us, query.recorded_before_us, query.actions,
        query.steps, query.dispositions, query.read_points, query.read_points_below, query.locations,
        query.locations_below, query.ids, None if seqs is None else sorted(seqs), query.things or None,
        query.vals or None, query.absent or None,
    )  # fmt: skip


async def _about(connection: Connection, things: Things) -> set[int] | None:
    """Events about any of them; None where those are too many, or only beginnings are known."""
    if things.prefixes:
        return None
    rows = await connection.fetch(Q["about"], things.things, things.roles, CANDIDATES_MAX + 1)
    return {row["event"] for row in rows} if len(rows) <= CANDIDATES_MAX else None
