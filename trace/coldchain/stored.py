"""Readings as they are stored: read in pages, the newest first, so many at most."""

from collections.abc import Sequence

from asyncpg import Record
from msgspec import Struct

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.coldchain.curve import in_order
from trace.coldchain.readings import SEQ_MAX, Reading
from trace.coldchain.watching import Correction, corrected, unpacked

Q = queries(__file__, "findings.sql")

PAGE_BATCHES = 500
MS_MAX = ENTRY_MAX = 2**63 - 1


class Stored(Struct, frozen=True, kw_only=True):
    """Batches that were read, the newest first. `cut_ms`: there are more, whose readings are all from then or before."""

    rows: list[Record]
    cut_ms: int | None


async def newest(
    connection: Connection, device: str, from_ms: int, until_ms: int, *, most: int, entry_max: int = ENTRY_MAX
) -> Stored:
    """What a device said in a stretch of time: whole batches, until they have `most` readings."""
    rows, count, last = list[Record](), 0, (MS_MAX, SEQ_MAX + 1)
    while True:
        page = await connection.fetch(
            Q["newest_readings"], device, from_ms, until_ms, entry_max, *last, PAGE_BATCHES, most - count
        )
        rows += page
        count += sum(len(row["at_ms"]) for row in page)
        if page:
            last = page[-1]["until_ms"], page[-1]["seq"]
        if count >= most:
            return Stored(rows=rows, cut_ms=last[0])
        if len(page) < PAGE_BATCHES:
            return Stored(rows=rows, cut_ms=None)


def in_time(
    rows: Sequence[Record], from_ms: int, until_ms: int, corrections: Sequence[Correction] = ()
) -> list[Reading]:
    """The readings of batches, as corrections say that they are, in order of time; of two of one moment the first that came."""
    ordered = sorted(rows, key=lambda row: (row["received_ms"], row["seq"]))
    found = [each for row in ordered for each in unpacked(row) if from_ms <= each.at_ms <= until_ms]
    return in_order(corrected(found, corrections))
