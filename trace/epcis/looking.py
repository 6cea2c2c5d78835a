"""Looks for events: what a query means to the tables."""

from collections.abc import Sequence
from math import inf
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.epcis.asked import Query, Things, Vals
from trace.epcis.errors import QueryTooLarge
from trace.epcis.times import in_utc

Q = queries(__file__, "looking.sql")

N = TypeVar("N", int, float)

COUNTED_MAX = 10_000  # events that are looked at to know whether there are more than `maxEventCount`

CANDIDATES_MAX = 10_000  # events of one condition that are looked at by their numbers; of more, each event is asked
TEXT_CHARS = 64  # of a text that are in the index
AFTER_ALL = chr(0x10FFFF)  # behind whatever begins alike, byte by byte
EARLIEST = -(2**62)
LATEST = 2**62

Place = tuple[int, int]


async def page(connection: Connection, query: Query, after: Place | None, count: int) -> list[Any]:
    """Rows of events after a place (order value, seq), in the query's order."""
    async with connection.transaction(readonly=True):
        await connection.execute(Q["custom_plan"])
        arguments = await _arguments(connection, query)
        if arguments is None:
            return []
        begins = after or _first(query)
        if query.order_by == "eventTime":
            if query.is_descending:
                return await connection.fetch(Q["by_time_back"], *arguments, *begins, count)
            return await connection.fetch(Q["by_time"], *arguments, *begins, count)
        if query.is_descending:
            return await connection.fetch(Q["by_record_back"], *arguments, *begins, count)
        return await connection.fetch(Q["by_record"], *arguments, *begins, count)


def _first(query: Query) -> Place:
    """What the first page comes after: an index is read from there, and no bound of another condition makes it begin later."""
    is_by_time = query.order_by == "eventTime"
    since_us = query.from_us if is_by_time else query.recorded_from_us
    before_us = query.before_us if is_by_time else query.recorded_before_us
    if query.is_descending:
        return (LATEST, LATEST) if before_us is None else (before_us, EARLIEST)
    return (EARLIEST, 0) if since_us is None else (since_us - 1, LATEST)


async def check_most(connection: Connection, query: Query) -> None:
    """Raises QueryTooLarge where more events match than `maxEventCount`, or than are counted."""
    if query.most is None:
        return
    most = min(query.most, COUNTED_MAX)
    if len(await page(connection, query, None, most + 1)) > most:
        raise QueryTooLarge(details={"limit": most})


def place_of(row: Any, query: Query) -> Place:
    """Where a page that ends with this event is continued."""
    return row["event_us" if query.order_by == "eventTime" else "recorded_us"], row["seq"]


def shown(row: Any) -> dict[str, Any]:
    """An event as it was captured, with its id and when it was recorded."""
    event: dict[str, Any] = msgspec.json.decode(row["event"])
    event["recordTime"] = in_utc(row["recorded_us"] // 1000)
    return event


async def _arguments(connection: Connection, query: Query) -> Sequence[Any] | None:
    """Of epcis_found; None where no event can match. What few events meet is found first, by an index of its own."""
    locations = await _places(connection, "bizLocations", query.locations, query.locations_below)
    read_points = await _places(connection, "readPoints", query.read_points, query.read_points_below)
    if locations == [] or read_points == []:
        return None
    seqs = None
    for things in query.things:
        seqs = _both(seqs, await _about(connection, things))
    for vals in query.vals:
        seqs = _both(seqs, await _valued(connection, vals))
    if seqs is not None and not seqs:
        return None
    return (
        query.types, query.from_us, query.before_us, query.recorded_from_us, query.recorded_before_us, query.actions,
        query.steps, query.dispositions, read_points, None, locations, None, query.ids,
        None if seqs is None else sorted(seqs), query.things or None, query.vals or None, query.absent or None,
    )  # fmt: skip


def _both(some: set[int] | None, others: set[int] | None) -> set[int] | None:
    if some is None or others is None:
        return others if some is None else some
    return some & others


async def _places(
    connection: Connection, kind: str, places: list[str] | None, below: list[str] | None
) -> list[str] | None:
    """Those that are asked for: of what lies in others, what events have used. None: any."""
    if below is None:
        return places
    found = [row["word"] for row in await connection.fetch(Q["places_below"], kind, below)]
    return found if places is None else [each for each in found if each in places]


async def _about(connection: Connection, things: Things) -> set[int] | None:
    """Events about any of them; None where those are too many."""
    rows = await connection.fetch(Q["about"], things.things, things.roles, CANDIDATES_MAX + 1) if things.things else []
    found = _few(rows)
    for prefix in things.prefixes:
        arguments = (prefix, prefix + AFTER_ALL, things.roles, CANDIDATES_MAX + 1)
        found = _either(found, _few(await connection.fetch(Q["about_from"], *arguments)))
    return found


async def _valued(connection: Connection, vals: Vals) -> set[int] | None:
    """Events with a value as is asked for, and maybe others; None where those are too many, or any value will do."""
    of: list[set[int] | None] = []
    most = CANDIDATES_MAX + 1
    if vals.texts is not UNSET:
        begin = [each[:TEXT_CHARS] for each in vals.texts]
        of.append(_few(await connection.fetch(Q["of_texts"], vals.names, vals.texts, begin, most)))
    least, highest = _range((vals.over, vals.least), (vals.below, vals.most), -inf, inf)
    if vals.nums is not UNSET or (least, highest) != (-inf, inf):
        nums = None if vals.nums is UNSET else vals.nums
        of.append(_few(await connection.fetch(Q["of_numbers"], vals.names, least, highest, nums, most)))
    first, last = _range((vals.after_us, vals.from_us), (vals.before_us, vals.until_us), EARLIEST, LATEST)
    if (first, last) != (EARLIEST, LATEST):
        of.append(_few(await connection.fetch(Q["of_times"], vals.names, first, last, most)))
    found = of[0] if of else None
    for each in of[1:]:
        found = _either(found, each)
    return found


def _few(rows: Sequence[Any]) -> set[int] | None:
    return {row["event"] for row in rows} if len(rows) <= CANDIDATES_MAX else None


def _either(some: set[int] | None, others: set[int] | None) -> set[int] | None:
    return None if some is None or others is None else some | others


def _range(lower: Sequence[Any], upper: Sequence[Any], least: N, most: N) -> tuple[N, N]:
    lowers = [each for each in lower if each is not UNSET]
    uppers = [each for each in upper if each is not UNSET]
    return max(lowers, default=least), min(uppers, default=most)
