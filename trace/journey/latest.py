"""Where a batch is now, for whoever waits for it: a few rows, asked for again and again while it is on its way."""

from livehub.base.db import Database
from livehub.base.lists import iso
from livehub.base.sql import queries
from trace.batches import store
from trace.batches.saying import AT_SOMEBODYS_DOOR, code_of
from trace.journey.schemas import Latest, LatestStep

Q = queries(__file__, "latest.sql")


async def latest(database: Database, batch: str, *, now_ms: int) -> Latest:
    """Raises BatchNotFound."""
    async with database.connection() as connection:
        row = await store.row_of(connection, batch)
        step = await connection.fetchrow(Q["step"], batch)
        way = await connection.fetchrow(Q["way"], batch, now_ms)
        found = await connection.fetchrow(Q["breaches"], batch)
        assert found is not None
    return Latest(
        batch=batch,
        path=code_of(row["gtin"], row["lot"]).path(),
        made_by=row["made_by"],
        made_at=iso(row["made_ms"]) or "",
        made_in=row["place_name"],
        step=None
        if step is None
        else LatestStep(
            kind=step["kind"],
            at=iso(step["at_ms"]) or "",
            place=None if step["kind"] in AT_SOMEBODYS_DOOR else step["place_name"],
            celsius=step["celsius"],
        ),
        on_the_way_since=None if way is None else iso(way["began_ms"]),
        celsius=None if way is None else way["newest_c"],
        measured_at=None if way is None else iso(way["newest_ms"]),
        breaches=found["breaches"],
        is_out_of_limits=found["going_on"] > 0,
    )
