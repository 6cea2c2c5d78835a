"""`python -m tests.bench.readings [--readings 1 50 256] [--seconds 5] [--in-shipments]`: readings of sensors taken in a second.

Everything but HTTP: signatures checked, bodies read, placed, judged, logged and committed to the embedded PostgreSQL as `demo`
runs it. `--readings`: in one body. So many devices send at once, each its next body when the last one was answered.
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
from trace.coldchain.intake import Intake
from trace.coldchain.keys import DeviceKeys
from trace.coldchain.settings import ColdChainConfig

SECRET = "a secret of the benchmark, more than 32 characters"
DEVICES = 64


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.readings")
    parser.add_argument("--readings", type=int, nargs="+", default=[1, 50, 256])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--in-shipments", action="store_true")
    options = parser.parse_args()
    for readings in options.readings:
        with tempfile.TemporaryDirectory() as folder:
            postgres = start_postgres(Path(folder))
            try:
                migrate(postgres.url(), MIGRATIONS)
                bench = Bench(postgres.url(), readings)
                uvloop.run(bench.run(options.seconds, in_shipments=options.in_shipments))
            finally:
                postgres.close()


if __name__ == "__main__":
    main()
