"""EPCIS queries without HTTP: what it takes to find events among a million by each kind of condition.

    python -m tests.bench.queries [--events N] [--asked N]

PostgreSQL is the embedded one as `demo` runs it. Events are of 2,000 places, 10,000 devices and a year, each with a
temperature.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import msgspec
import uvloop

from livehub.app import MIGRATIONS
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from tests.bench.lots import p99_ms, told
from trace.epcis import looking
from trace.epcis.query import parsed
from trace.epcis.times import in_utc

BEGAN_MS = 1_760_000_000_000
FILL = """
INSERT INTO epcis_events (seq, event_id, declared_us, hash, entry, type, event_us, recorded_us, biz_location, read_point, event)
SELECT n, 'urn:x:' || n, 0, decode(repeat('00', 32), 'hex'), n, 'ObjectEvent', ($2 + n * 31000) * 1000, ($2 + n * 31000) * 1000,
       'urn:x:p' || n % 2000, 'urn:x:r' || n % 2000, jsonb_build_object('type', 'ObjectEvent', 'eventID', 'urn:x:' || n)
FROM generate_series(1, $1::bigint) n
"""
VALUES = """
INSERT INTO epcis_values (event, name, num, text)
SELECT n, v.name, CASE WHEN v.name = 'value_Temperature' THEN 273 + (n * 7919 % 20011) / 1000.0 END,
       CASE WHEN v.name = 'deviceID' THEN 'urn:x:d' || n % 10000 WHEN v.name = 'type' THEN 'gs1:Temperature' END
FROM generate_series(1, $1::bigint) n, (VALUES ('value_Temperature'), ('deviceID'), ('type')) v (name)
"""


async def run(events: int, asked: int) -> None:
    chance = random.Random(14)
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder))
        try:
            await asyncio.to_thread(migrate, postgres.url(), MIGRATIONS)
            db = await asyncpg.connect(postgres.url())
            await db.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=lambda value: msgspec.json.encode(value).decode(), decoder=str
            )
            began_s = time.perf_counter()
            await db.execute(FILL, events, BEGAN_MS)
            await db.execute(VALUES, events)
            await db.execute(
                "INSERT INTO epcis_words SELECT 'bizLocations', 'urn:x:p' || n FROM generate_series(0, 1999) n"
            )
            await db.execute("VACUUM ANALYZE")
            told(f"{events:,} events made in {time.perf_counter() - began_s:.0f} s")
            conditions: list[tuple[str, Callable[[int], list[tuple[str, list[str]]]]]] = [
                ("recorded in an hour", lambda n: [("GE_recordTime", [at(n)]), ("LT_recordTime", [at(n + 116)])]),
                (
                    "recorded since, the latest first",
                    lambda n: [("GE_recordTime", [at(n)]), ("orderDirection", ["DESC"])],
                ),
                ("at a place", lambda n: [("EQ_bizLocation", [f"urn:x:p{n % 2000}"])]),
                ("at a place or in it", lambda n: [("WD_bizLocation", [f"urn:x:p{n % 2000}"])]),
                ("a temperature among the highest", lambda n: [("GT_value_KEL", [str(293.009 - n % 7 / 1000)])]),
                ("of a device", lambda n: [("EQ_deviceID", [f"urn:x:d{n % 10000}"])]),
                ("of a device that there is none of", lambda n: [("EQ_deviceID", [f"urn:x:none{n}"])]),
            ]
            for name, condition in conditions:
                took_s, found = [], 0
                for _ in range(asked):
                    query = parsed(condition(chance.randrange(events)))
                    began_s = time.perf_counter()
                    found += len(await looking.page(db, query, None, 31))
                    took_s.append(time.perf_counter() - began_s)
                median = statistics.median(took_s) * 1000
                told(f"{name}: median {median:.1f} ms, p99 {p99_ms(took_s):.1f} ms; {found / asked:.0f} events")
            await db.close()
        finally:
            await asyncio.to_thread(postgres.close)


def at(n: int) -> str:
    return in_utc(BEGAN_MS + n * 31_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.queries", description="EPCIS events are asked for.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=100, help="queries of each kind")
    options = parser.parse_args()
    uvloop.run(run(options.events, options.asked))


if __name__ == "__main__":
    main()
