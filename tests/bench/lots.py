"""EPCIS: events captured per second, and what it takes to trace a lot, of a million events.

    python -m tests.bench.lots [--events N] [--lots N] [--captured N]

PostgreSQL is the embedded one as `demo` runs it; its processor time is told beside that of this process. Documents of 500
events go over HTTP to a server in this process, one after the other; once more their checking alone is timed. Then lots of the
same shape are put straight into the tables until there are N events: harvested, washed into a second lot, split into two packed
lots, each of which fills boxes that go into crates, on pallets and over the road; crates come back and are used again. Of
`--lots` of them everything is traced, forward and back, from the harvest, from a packed lot, and from a box.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec
import psutil
import uvloop

from livehub.app import MIGRATIONS, settings
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from tests.base.served import NO_VALKEY, SECRET
from tests.integration.server import opened
from trace.epcis import lineage, validation
from trace.epcis.capturing import prepare
from trace.epcis.context import STANDARD
from trace.epcis.settings import EpcisConfig

GTIN = "09521141012344"
BOXES = 8  # of one packed lot
CRATES = 5_000  # that go round
CHUNK_LOTS = 1_000
DOCUMENT_EVENTS = 500
SEED = 14
BEGAN_US = 1_780_000_000_000_000
MINUTE_US = 60_000_000
PATIENT = aiohttp.ClientTimeout(total=120)


def told(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def p99_ms(took_s: Sequence[float]) -> float:
    return sorted(took_s)[min(len(took_s) - 1, len(took_s) * 99 // 100)] * 1000


def event(n: int) -> dict[str, Any]:
    """As a farm's scanner sends it: a box observed, with a temperature."""
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-11-28T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "epcList": [f"https://id.gs1.org/01/{GTIN}/21/{n}"],
        "bizStep": "storing",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
        "bizLocation": {"id": "urn:epc:id:sgln:4012345.00005.0"},
        "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4.1, "uom": "CEL"}]}],
    }


def document(first: int, count: int) -> dict[str, Any]:
    return {
        "@context": [STANDARD],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-28T14:10:00.000+08:00",
        "epcisBody": {"eventList": [event(n) for n in range(first, first + count)]},
    }


async def captured(url: str, count: int) -> None:
    """Tell how many events a second come in."""
    identity = Identity(id="partner", name="Partner", role=Role.OPS, signed_in_s=int(time.time()))
    token = Tokens(SECRET).sign(identity, now_s=time.time(), ttl_s=3600)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    documents = [msgspec.json.encode(document(n, DOCUMENT_EVENTS)) for n in range(0, count, DOCUMENT_EVENTS)]
    rates = []
    processes = _postgres()
    there_s, began_cpu_s = _cpu_s(processes), time.process_time()
    async with aiohttp.ClientSession(headers=headers, timeout=PATIENT) as session:
        for each in documents:
            began_s = time.perf_counter()
            async with session.post(f"{url}/epcis/v2/capture", data=each) as answer:
                assert answer.status == 202, await answer.text()
            rates.append(DOCUMENT_EVENTS / (time.perf_counter() - began_s))
    cpu_us = (time.process_time() - began_cpu_s) / count * 1e6
    there_us = (_cpu_s(_postgres()) - there_s) / count * 1e6
    told(f"captured per second: {statistics.median(rates):,.0f} (least {min(rates):,.0f}, most {max(rates):,.0f})")
    taken = validation.document(msgspec.json.decode(documents[0]))
    began_cpu_s = time.process_time()
    prepare(taken, BEGAN_US, members_max=20_000)
    prepared_us = (time.process_time() - began_cpu_s) / DOCUMENT_EVENTS * 1e6
    told(
        f"processor time for an event: {cpu_us:.0f} us here, of which checked, hashed and encoded {prepared_us:.0f} us; "
        f"{there_us:.0f} us there"
    )


class Made:
    """Events and links as rows."""

    def __init__(self, first: int) -> None:
        self.seq = first
        self.events: list[tuple[Any, ...]] = []
        self.links: list[tuple[Any, ...]] = []

    def add(self, kind: str, step: str, us: int, links: Sequence[tuple[int, str]]) -> None:
        id_ = f"urn:x:{self.seq}"
        raw = f'{{"type":"{kind}","eventID":"{id_}","eventTimeZoneOffset":"+08:00","bizStep":"{step}","of":"{links[0][1]}"}}'
        digest = sha256(id_.encode()).digest()
        self.events.append((self.seq, id_, 0, digest, self.seq, kind, us, us, "ADD", step, raw))
        self.links += [(self.seq, role, us, thing) for role, thing in links]
        self.seq += 1

    def lot(self, n: int, chance: random.Random) -> None:
        """One harvest with everything that becomes of it."""
        us = BEGAN_US + n * MINUTE_US
        raw, washed = f"/01/{GTIN}/10/R{n}", f"/01/{GTIN}/10/W{n}"
        self.add("ObjectEvent", "commissioning", us, [(17, raw)])
        self.add("TransformationEvent", "commissioning", us + 1, [(20, raw), (21, washed)])
        for half in "AB":
            packed = f"/01/{GTIN}/10/P{n}{half}"
            self.add("TransformationEvent", "repackaging", us + 2, [(20, washed), (21, packed)])
            boxes = [f"/01/{GTIN}/21/{n}{half}{k}" for k in range(BOXES)]
            self.add("TransformationEvent", "packing", us + 3, [(20, packed), *((5, box) for box in boxes)])
            crate, pallet = f"urn:x:crate:{chance.randrange(CRATES)}", f"/00/3{n:015}{ord(half) % 10}"
            self.add("AggregationEvent", "packing", us + 4, [(2, crate), *((3, box) for box in boxes)])
            self.add("AggregationEvent", "packing", us + 5, [(2, pallet), (3, crate)])
            for k, step in enumerate(("shipping", "transporting", "receiving")):
                self.add("ObjectEvent", step, us + 6 + k, [(1, pallet)])
            self.add("AggregationEvent", "unpacking", us + 10, [(6, pallet), (7, crate)])
            self.add("AggregationEvent", "unpacking", us + 11, [(6, crate), *((7, box) for box in boxes)])
            self.add("ObjectEvent", "retail_selling", us + 12, [(1, boxes[0])])


def _jsonb(text: str) -> bytes:
    """As COPY takes it."""
    return b"\x01" + text.encode()


async def fill(database_url: str, count: int) -> int:
    """How many lots it made."""
    connection = await asyncpg.connect(database_url)
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_jsonb, decoder=bytes, format="binary")
    chance, lots, seq = random.Random(SEED), 0, 10_000_000
    first = seq
    try:
        while seq - first < count:
            made = Made(seq)
            for n in range(lots, lots + CHUNK_LOTS):
                made.lot(n, chance)
            columns = (
                "seq", "event_id", "declared_us", "hash", "entry", "type", "event_us", "recorded_us", "action", "biz_step",
                "event",
            )  # fmt: skip
            await connection.copy_records_to_table("epcis_events", records=made.events, columns=columns)
            link_columns = ("event", "role", "event_us", "thing")
            await connection.copy_records_to_table("epcis_links", records=made.links, columns=link_columns)
            seq, lots = made.seq, lots + CHUNK_LOTS
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    told(f"{seq - first:,} events of {lots:,} lots")
    return lots


async def traced(database_url: str, made: int, lots: int) -> None:
    """Tell what it takes to trace lots of three kinds."""
    connection = await asyncpg.connect(database_url)
    config = EpcisConfig(secret=SECRET)
    chance = random.Random(SEED)
    processes = _postgres()
    try:
        for name, form in (
            ("a harvest", "https://id.gs1.org/01/{g}/10/R{n}"),
            ("a packed lot", "https://id.gs1.org/01/{g}/10/P{n}A"),
            ("a box", "https://id.gs1.org/01/{g}/21/{n}B3"),
        ):
            took, events = [], []
            there_s, here_s = _cpu_s(processes), time.process_time()
            for _ in range(lots):
                uri = form.format(g=GTIN, n=chance.randrange(made))
                began_s = time.perf_counter()
                steps = await lineage.trace(connection, uri, config)
                took.append(time.perf_counter() - began_s)
                events.append(len(steps))
            told(
                f"{name}: {statistics.median(events):.0f} events; median {statistics.median(took) * 1000:.1f} ms, "
                f"p99 {p99_ms(took):.1f} ms, most {max(took) * 1000:.1f} ms; processor time "
                f"{(time.process_time() - here_s) / lots * 1000:.1f} ms here, "
                f"{(_cpu_s(processes) - there_s) / lots * 1000:.1f} ms there"
            )
    finally:
        await connection.close()


def _postgres() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if "postgres" in each.name()]


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    total = 0.0
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


async def run(events: int, lots: int, count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder))
        try:
            await asyncio.to_thread(migrate, postgres.url(), MIGRATIONS)
            given = settings(
                database_url=postgres.url(), redis_url=NO_VALKEY, secret=SECRET, http_requests_per_s_max=100_000.0,
                http_requests_burst_max=100_000,
            )  # fmt: skip
            async with opened(given) as server:
                await captured(server.url, count)
            began_s = time.perf_counter()
            made = await fill(postgres.url(), events)
            told(f"made in {time.perf_counter() - began_s:.0f} s")
            await traced(postgres.url(), made, lots)
        finally:
            await asyncio.to_thread(postgres.close)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lots", description="EPCIS events come in, and lots are traced."
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--lots", type=int, default=500, help="that are traced, of each kind")
    parser.add_argument("--captured", type=int, default=20_000, help="events that come in over HTTP")
    options = parser.parse_args()
    uvloop.run(run(options.events, options.lots, options.captured))


if __name__ == "__main__":
    main()
