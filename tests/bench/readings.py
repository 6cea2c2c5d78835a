"""`python -m tests.bench.readings [--readings 1 50 256] [--seconds 5] [--in-shipments] [--to-checkpoint]`: readings a second.

Everything but HTTP: signatures checked, bodies read, placed, judged, logged and committed to the embedded PostgreSQL as `demo`
runs it. `--readings`: in one body. So many devices send at once, each its next body when the last one was answered.

`--to-checkpoint`: instead of that, how long it is from when a body with one reading comes until the checkpoint that has it lies
in the log's folder, where everybody reads it. Bodies come one by one; another process writes the log, as on a node of several.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from livehub.app import MIGRATIONS
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from tests.bench.transparency_log import log_process
from trace.coldchain.intake import Intake
from trace.coldchain.keys import DeviceKeys
from trace.coldchain.settings import ColdChainConfig
from trace.log.reader import LogReader

SECRET = "a secret of the benchmark, more than 32 characters"
DEVICES = 64
PROBES = 300
PROBE_PAUSE_S = 0.02
LOOK_S = 0.002


class Bench:
    def __init__(self, url: str, readings: int) -> None:
        self._database = Database(Config(database_url=url, secret=SECRET))
        config = ColdChainConfig(sensor_past_s_max=31_536_000, sensor_kept_s=31_536_000)
        keys = DeviceKeys(self._database, SECRET, kept_s=3600.0, keys_max=1_000, monotonic_s=time.monotonic)
        self._keys = keys
        self._intake = Intake(config, self._database, keys, time.time)
        self._readings = readings
        self._taken = 0
        self._waits_s: list[float] = []

    async def run(self, seconds: float, *, in_shipments: bool) -> None:
        await self._database.open()
        secrets_ = {f"device-{n}": secrets.token_bytes(32) for n in range(DEVICES)}
        for device, key in secrets_.items():
            sealed = await self._keys.seal(device, key)
            await self._execute(
                "INSERT INTO sensor_devices (id, name, kind, sealed, created_ms, created_by) "
                "VALUES ($1, $1, 'temperature', $2, 1, 'b')",
                device, sealed,
            )  # fmt: skip
        if in_shipments:
            await self._begin_shipments(list(secrets_))
        self._intake.start()
        used_s, began_s = time.process_time(), time.monotonic()
        await asyncio.gather(*(self._send(device, key, began_s + seconds) for device, key in secrets_.items()))
        used_s, lasted_s = time.process_time() - used_s, time.monotonic() - began_s
        waits = sorted(self._waits_s)
        sys.stdout.write(
            f"{self._readings} readings a body, {'judged by a rule' if in_shipments else 'in no shipment'}: "
            f"{self._taken / lasted_s:,.0f} readings/s, p50 {1000 * waits[len(waits) // 2]:.0f} ms, "
            f"p99 {1000 * waits[len(waits) * 99 // 100]:.0f} ms, {100 * used_s / lasted_s:.0f} % of a core (with signing)\n"
        )
        await self._intake.stop()
        await self._database.close(1.0)

    async def run_to_checkpoint(self, folder: Path) -> None:
        """The log is written into `folder`."""
        await self._database.open()
        key, reader, waits = secrets.token_bytes(32), LogReader(folder, tiles_cached_max=10), list[float]()
        await self._execute(
            "INSERT INTO sensor_devices (id, name, kind, sealed, created_ms, created_by) "
            "VALUES ('device', 'device', 'temperature', $1, 1, 'b')",
            await self._keys.seal("device", key),
        )  # fmt: skip
        await self._begin_shipments(["device"])
        self._intake.start()
        for seq in range(PROBES + 1):
            size = _size(reader)
            body = json.dumps({"seq": seq, "readings": [{"at": int(time.time() * 1000), "celsius": 4.0}]}).encode()
            signature = hmac.new(key, body, hashlib.sha256).hexdigest()
            began_s = time.monotonic()
            await self._intake.take("device", body, signature)
            while _size(reader) <= size:  # noqa: ASYNC110  # the other process only writes a file
                await asyncio.sleep(LOOK_S)
            waits.append(time.monotonic() - began_s)
            await asyncio.sleep(PROBE_PAUSE_S)
        waits = sorted(waits[1:])  # the first one waits for the log's process to start
        sys.stdout.write(
            f"from a reading to the published checkpoint: p50 {1000 * waits[len(waits) // 2]:.0f} ms, "
            f"p99 {1000 * waits[len(waits) * 99 // 100]:.0f} ms, at most {1000 * waits[-1]:.0f} ms, of {len(waits)}\n"
        )
        await self._intake.stop()
        await self._database.close(1.0)

    async def _begin_shipments(self, devices: list[str]) -> None:
        await self._execute(
            "INSERT INTO coldchain_rules (product, rule, offer, changed_ms, changed_by) VALUES ('default', $1, '{}', 1, 'b')",
            {"high_c": 8.0, "low_c": 0.0},
        )  # fmt: skip
        await self._execute(
            "INSERT INTO coldchain_rule_versions (product, version, from_ms, rule, offer) "
            "SELECT product, version, 0, rule, offer FROM coldchain_rules"
        )
        await self._execute(
            "INSERT INTO shipments (id, origin, destination, began_ms, created_ms, created_by, entry) "
            "VALUES ('s', '', '', 1, 1, 'b', 1)"
        )
        await self._execute("INSERT INTO shipment_batches VALUES ('s', 'batch-1', 'default')")
        await self._execute(
            "INSERT INTO shipment_sensors (shipment, sensor, product, state) "
            "SELECT 's', d, 'default', '{}' FROM unnest($1::text[]) d",
            devices,
        )  # fmt: skip

    async def _send(self, device: str, key: bytes, until_s: float) -> None:
        seq, at_ms = 0, int(time.time() * 1000) - 20_000_000
        while time.monotonic() < until_s:
            seq += 1
            readings = [{"at": at_ms + n, "celsius": 4.0 + n % 10 / 10} for n in range(self._readings)]
            at_ms += self._readings
            body = json.dumps({"seq": seq, "readings": readings}).encode()
            signature = hmac.new(key, body, hashlib.sha256).hexdigest()
            began_s = time.monotonic()
            await self._intake.take(device, body, signature)
            self._waits_s.append(time.monotonic() - began_s)
            self._taken += self._readings

    async def _execute(self, query: str, *values: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(query, *values)


def _size(reader: LogReader) -> int:
    published = reader.checkpoint()
    return 0 if published is None else published[0].size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.readings")
    parser.add_argument("--readings", type=int, nargs="+", default=[1, 50, 256])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--in-shipments", action="store_true")
    parser.add_argument("--to-checkpoint", action="store_true")
    options = parser.parse_args()
    for readings in [1] if options.to_checkpoint else options.readings:
        with tempfile.TemporaryDirectory() as folder:
            postgres = start_postgres(Path(folder))
            try:
                migrate(postgres.url(), MIGRATIONS)
                bench, log = Bench(postgres.url(), readings), Path(folder) / "log"
                if options.to_checkpoint:
                    with log_process(postgres.url(), log):
                        uvloop.run(bench.run_to_checkpoint(log))
                else:
                    uvloop.run(bench.run(options.seconds, in_shipments=options.in_shipments))
            finally:
                postgres.close()


if __name__ == "__main__":
    main()
