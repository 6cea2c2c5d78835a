"""A process that takes readings in is killed in the middle: what it acknowledged is there, and nothing is there twice."""

import asyncio
import json
import signal
import sys

from tests.base.served import Served
from tests.patience import PATIENCE_S
from tests.trace.coldchain.sending import body_of
from tests.trace.coldchain.van import MINUTE_MS, Van

ACKNOWLEDGED_MIN = 100  # before it is killed
DEVICES = 6


async def killed(van: Van, url: str) -> set[tuple[str, int]]:
    """Run it until so much is acknowledged, and kill it: all that was."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.trace.coldchain.sending", url, str(van.served.clock.now_s),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    said = list[bytes]()
    try:
        child.stdin.write(json.dumps(van.keys).encode())
        child.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            while len(said) < ACKNOWLEDGED_MIN:
                line = await child.stdout.readline()
                assert line, "it ended by itself"
                said.append(line)
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
    said += [line for line in (await child.stdout.read()).splitlines(keepends=True) if line.endswith(b"\n")]
    await child.wait()
    return {(device.decode(), int(seq)) for device, seq in (line.split() for line in said)}


async def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_is_there_twice(van: Van, database_url: str):
    await van.rule(high_c=8.0, minutes=0)
    devices = [await van.device(f"Van {n}") for n in range(DEVICES)]
    began_ms = van.now_ms - 5_000 * MINUTE_MS
    await van.shipment(devices, begins=began_ms)
    first = await killed(van, database_url)
    await check(van.served, first)
    second = await killed(van, database_url)  # which sends all of it again, and goes on
    await check(van.served, first | second)
    findings = await van.served.database.fetchval("SELECT count(*) FROM coldchain_findings WHERE level = 'breach'")
    assert findings == len(await van.entries("cold_chain_breach")) == len(await van.events())
    warm = await van.served.database.fetchval("SELECT count(*) FROM sensor_batches WHERE seq % 10 = 0")
    assert findings == warm > 0
    device, seq = max(first)
    before = await van.served.contents()
    again = await van.post(device, body_of(seq, began_ms))
    assert (again.status, again.body) == (200, {"accepted": 1, "refused": []})
    assert await van.served.contents() == before


async def check(served: Served, acknowledged: set[tuple[str, int]]) -> None:
    rows = await served.database.fetch("SELECT sensor, seq FROM sensor_batches")
    stored = [(row["sensor"], row["seq"]) for row in rows]
    assert acknowledged <= set(stored)
    logged = [
        (device, seq)
        for row in await served.database.fetch("SELECT entry FROM log_entries ORDER BY id")
        if (entry := json.loads(row["entry"]))["type"] == "readings"
        for device, seq, _, _ in entry["batches"]
    ]
    assert sorted(logged) == sorted(stored)
