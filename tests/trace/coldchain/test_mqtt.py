"""What devices publish to a real broker is stored before it is acknowledged: nothing is lost while one of us is away."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import asyncpg
import pytest

from tests.base.served import serving
from tests.integration.server import eventually
from tests.ports import free_port
from tests.trace.coldchain.van import Van, signed
from trace.coldchain.module import ColdChain

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="there is no mosquitto")


class Broker:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen([MOSQUITTO, "-c", self._config], stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    async def publish(self, device: str, *payloads: bytes) -> None:
        """At least once: returns when the broker has them."""

        async def sent() -> bool:
            try:
                async with aiomqtt.Client("127.0.0.1", self.port) as client:
                    for payload in payloads:
                        await client.publish(f"livehub/1/{device}/readings", payload, qos=1)
            except aiomqtt.MqttError:
                return False
            return True

        await eventually(sent)


@pytest.fixture
def broker(folder: Path) -> Iterator[Broker]:
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
async def van(database_url: str, broker: Broker) -> AsyncIterator[Van]:
    async with serving(database_url, has_jobs=True, mqtt_url=broker.url) as served:
        van = Van(served)
        await eventually(lambda: is_subscribed(van))
        yield van


async def is_subscribed(van: Van) -> bool:
    mqtt = van.served.application.get(ColdChain).mqtt
    return mqtt is not None and mqtt.is_connected


def message(van: Van, device: str, seq: int, celsius: Any = 4.0, *, key: str | None = None) -> bytes:
    body = {"seq": seq, "readings": [{"at": van.now_ms + seq, "celsius": celsius}]}
    return json.dumps({**body, "signature": signed(key or van.keys[device], json.dumps(body).encode())}).encode()


async def seqs(van: Van) -> list[int]:
    rows = await van.served.database.fetch("SELECT seq FROM sensor_batches ORDER BY seq")
    return [row["seq"] for row in rows]


async def test_what_is_published_is_stored_once_and_what_is_wrong_holds_nothing_up(van: Van, broker: Broker):
    device = await van.device()
    await broker.publish(
        device, message(van, device, 1), message(van, device, 2, key="00" * 32), b"", b"not json", b'{"seq": 3}',
        message(van, device, 1), message(van, device, 1, 5.0), message(van, device, 4, "warm"), message(van, device, 5),
    )  # fmt: skip
    await broker.publish("nobody", message(van, device, 6))
    await broker.publish(device, message(van, device, 7))

    async def is_done() -> bool:
        return await seqs(van) == [1, 4, 5, 7]

    await eventually(is_done)
    rows = await van.served.database.fetch("SELECT celsius FROM sensor_batches ORDER BY seq")
    assert [row["celsius"] for row in rows] == [[4.0], [], [4.0], [4.0]]
    again = await van.post(
        device, json.dumps({"seq": 1, "readings": [{"at": van.now_ms + 1, "celsius": 4.0}]}).encode()
    )
    assert (again.status, again.body) == (200, {"accepted": 1, "refused": []})  # the same body over HTTP is the same


async def test_what_came_while_we_were_away_is_taken_when_we_are_back(database_url: str, broker: Broker):
    async with serving(database_url, has_jobs=True, mqtt_url=broker.url) as served:
        van = Van(served)
        await eventually(lambda: is_subscribed(van))
        device = await van.device()
        await broker.publish(device, message(van, device, 1))
    await broker.publish(device, *(message(van, device, seq) for seq in range(2, 60)))
    async with serving(database_url, has_jobs=True, mqtt_url=broker.url) as served:
        van.served = served

        async def is_done() -> bool:
            return await seqs(van) == list(range(1, 60))

        await eventually(is_done)


async def test_a_broker_that_starts_again_finds_us_again(van: Van, broker: Broker):
    device = await van.device()
    broker.stop()
    broker.start()
    await broker.publish(device, message(van, device, 1))

    async def is_done() -> bool:
        return await seqs(van) == [1]

    await eventually(is_done)


async def test_a_message_that_can_never_be_stored_is_set_aside_and_holds_nothing_up(database_url: str, broker: Broker):
    async with serving(database_url, has_jobs=True, mqtt_url=broker.url, mqtt_tries_max=2, db_timeout_s=1.0) as served:
        van = Van(served)
        await eventually(lambda: is_subscribed(van))
        stuck, device = await van.device(), await van.device()
        other = await asyncpg.connect(database_url)
        try:
            async with other.transaction():
                await other.execute("SELECT FROM sensor_devices WHERE id = $1 FOR UPDATE", stuck)
                sent = message(van, stuck, 1)
                await broker.publish(stuck, sent)
                rows = "SELECT sensor, body, signature, reason FROM sensor_set_aside"

                async def is_aside() -> bool:
                    return len(await served.database.fetch(rows)) == 1

                await eventually(is_aside)
                await broker.publish(device, message(van, device, 2))

                async def is_done() -> bool:
                    return await seqs(van) == [2]

                await eventually(is_done)
        finally:
            await other.close()
        (row,) = await served.database.fetch(rows)
        assert (row["sensor"], row["reason"]) == (stuck, "unavailable")
        assert (await van.post(stuck, row["body"], signature=row["signature"])).status == 200  # it can be sent again


BREAKS = """
    CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a defect'; END $$;
    CREATE TRIGGER breaks BEFORE INSERT ON sensor_batches FOR EACH ROW WHEN (NEW.seq = 1) EXECUTE FUNCTION breaks();
"""
BREAKS_ASIDE = "CREATE TRIGGER breaks BEFORE INSERT ON sensor_set_aside FOR EACH ROW EXECUTE FUNCTION breaks();"


async def test_a_message_that_meets_a_defect_of_ours_is_set_aside_as_it_came(van: Van, broker: Broker):
    device = await van.device()
    await van.served.database.execute(BREAKS)
    await broker.publish(device, message(van, device, 1))
    rows = "SELECT sensor, body, signature, reason FROM sensor_set_aside"

    async def is_aside() -> bool:
        return len(await van.served.database.fetch(rows)) == 1

    await eventually(is_aside)
    await broker.publish(device, message(van, device, 2))

    async def is_done() -> bool:
        return await seqs(van) == [2]

    await eventually(is_done)
    (row,) = await van.served.database.fetch(rows)
    assert (row["sensor"], row["reason"]) == (device, "defect")
    await van.served.database.execute("DROP TRIGGER breaks ON sensor_batches")
    assert (await van.post(device, row["body"], signature=row["signature"])).status == 200
    assert await seqs(van) == [1, 2]


async def test_a_message_that_cannot_even_be_set_aside_holds_nothing_up(van: Van, broker: Broker):
    device = await van.device()
    await van.served.database.execute(BREAKS + BREAKS_ASIDE)
    await broker.publish(device, message(van, device, 1))
    await broker.publish(device, message(van, device, 2))

    async def is_done() -> bool:
        return await seqs(van) == [2]

    await eventually(is_done)
    assert await van.served.database.fetchval("SELECT count(*) FROM sensor_set_aside") == 0
