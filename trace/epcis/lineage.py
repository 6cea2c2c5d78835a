"""Where a lot comes from and what has come of it: over transformations, packing, association, and items of lots.

    forward   input -> output; child -> what it was packed in; lot -> its items
    back      output -> inputs; container -> what was in it then; item -> its lot

Time counts: what a crate carried before a lot came into it, or after it was taken out, does not belong to the lot. A thing that
was packed twice counts from the first time to the last. An event that was declared an error leads nowhere. Things are as
facts.py keeps them; `thing_of` and `uri_of` there turn them into URIs.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct, structs

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.epcis.errors import LineageTooWide
from trace.epcis.facts import thing_of, uri_of
from trace.epcis.settings import EpcisConfig

Q = queries(__file__, "lineage.sql")

ALWAYS_US = -(2**62)
FOR_EVER_US = 2**62
LINKS_PER_THING = 4  # that are followed in one step at most, on average
AT_ONCE = 1_000  # things of one question


class Reached(Struct, frozen=True, kw_only=True):
    """`from_us`, `until_us`: while it was part of the lot, or the lot of it; `by`: the thing that it was reached from, and in
    which event (None: it is what was asked for); `step`: how far away."""

    thing: str
    from_us: int
    until_us: int
    by: str | None
    event: int | None
    step: int

    @property
    def uri(self) -> str:
        return uri_of(self.thing)


class Step(Struct, frozen=True, kw_only=True):
    """An event of a trace, as it was captured. `entry`: what the transparency log has of it; `thing`: of the trace, that it is
    about; `is_declaration`: it says of the event with the same id that it was an error."""

    event: dict[str, Any]
    event_us: int
    entry: int
    thing: str
    is_declaration: bool


async def forward(connection: Connection, uri: str, config: EpcisConfig) -> dict[str, Reached]:
    """What has come of a lot, item or container, by thing; with itself. Raises LineageTooWide."""
    return await _followed(connection, uri, config, is_forward=True)


async def back(connection: Connection, uri: str, config: EpcisConfig) -> dict[str, Reached]:
    """What it comes of, by thing; with itself. Raises LineageTooWide."""
    return await _followed(connection, uri, config, is_forward=False)


async def _followed(connection: Connection, uri: str, config: EpcisConfig, *, is_forward: bool) -> dict[str, Reached]:
    thing = thing_of(uri)
    start = Reached(thing=thing, from_us=ALWAYS_US, until_us=FOR_EVER_US, by=None, event=None, step=0)
    reached, frontier = {thing: start}, [start]
    for step in range(1, config.epcis_lineage_steps_max + 1):
        if not frontier:
            break
        news: dict[str, Reached] = {}
        for at in range(0, len(frontier), AT_ONCE):
            for row in await _next(connection, frontier[at : at + AT_ONCE], config, is_forward=is_forward):
                known = news.get(row["thing"]) or reached.get(row["thing"])
                wider = _widened(known, row, step)
                if wider is not known:
                    news[wider.thing] = wider
        reached |= news
        if len(reached) > config.epcis_lineage_things_max:
            raise LineageTooWide(details={"limit": config.epcis_lineage_things_max})
        frontier = list(news.values())
    if frontier:  # a part would be taken for all there is
        raise LineageTooWide(details={"limit": config.epcis_lineage_steps_max})
    return reached


def _widened(known: Reached | None, row: Any, step: int) -> Reached:
    """With the time of this row, too; `known` itself where that adds nothing."""
    if known is None:
        return Reached(
            thing=row["thing"],
            from_us=row["from_us"],
            until_us=row["until_us"],
            by=row["source"],
            event=row["event"],
            step=step,
        )
    if row["from_us"] >= known.from_us and row["until_us"] <= known.until_us:
        return known
    return structs.replace(
        known, from_us=min(known.from_us, row["from_us"]), until_us=max(known.until_us, row["until_us"])
    )


async def _next(
    connection: Connection, frontier: Sequence[Reached], config: EpcisConfig, *, is_forward: bool
) -> Sequence[Any]:
    limit = config.epcis_lineage_things_max * LINKS_PER_THING
    asked = (
        [each.thing for each in frontier],
        [each.from_us for each in frontier],
        [each.until_us for each in frontier],
        limit + 1,
    )
    if is_forward:
        rows = await connection.fetch(Q["forward"], *asked)
    else:
        rows = await connection.fetch(Q["back"], *asked)
    if len(rows) > limit:
        raise LineageTooWide(details={"limit": config.epcis_lineage_things_max})
    return rows


async def trace(connection: Connection, uri: str, config: EpcisConfig) -> list[Step]:
    """All events of a lot, item or container, forward and back, the earliest first, each once. Raises LineageTooWide."""
    after, before = await forward(connection, uri, config), await back(connection, uri, config)
    spans = [(thing, ALWAYS_US, each.until_us) for thing, each in before.items()]  # with all that happened to it before
    spans += [(thing, each.from_us, each.until_us) for thing, each in after.items() if each.step]
    limit = config.epcis_lineage_things_max
    rows = await connection.fetch(Q["events_about"], *map(list, zip(*spans, strict=True)), limit + 1)
    if len(rows) > limit:
        raise LineageTooWide(details={"limit": limit})
    return [
        Step(
            event=msgspec.json.decode(row["event"]),
            event_us=row["event_us"],
            entry=row["entry"],
            thing=row["thing"],
            is_declaration=row["declared_us"] > 0,
        )
        for row in rows
    ]
