"""MQTT: readings that devices publish to a broker. One process of all subscribes, and acknowledges what is durable.

    livehub/1/{device}/readings      the same body as over HTTP, with its signature beside it (signed.py), QoS 1

A message is acknowledged when its readings are committed, or when they never will be (a wrong signature, another body
under its seq: counted and logged). While PostgreSQL is away it waits. One that fails `mqtt_tries_max` times though
PostgreSQL is there, or meets a defect of ours, is set aside (table sensor_set_aside), counted and logged as an error:
it would keep back all that come after it. Until then the broker keeps it: `mqtt_unacknowledged_max` are under way at
most (MQTT 5, Receive Maximum), so nothing is dropped here. Our session at the broker outlives us, so what comes
meanwhile is taken later; how much that may be is the broker's setting (max_queued_messages; mosquitto keeps 1,000
unless told otherwise). What comes again has the same seq and body, and does nothing.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from yarl import URL

from livehub.base.db import Connection, Database
from livehub.base.db_errors import DRIVER_ERRORS
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.leading import leading
from livehub.base.logs import Occasional
from livehub.base.metrics import CALLBACKS
from livehub.base.tasks import end_all
from trace.coldchain.finding import Q
from trace.coldchain.intake import Intake
from trace.coldchain.keys import DEVICE_CHARS_MAX, SIGNATURE_CHARS
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.signed import split

if TYPE_CHECKING:
    import aiomqtt

log = logging.getLogger("trace.coldchain.mqtt")
_occasional = Occasional(log)

TOPIC = "livehub/1/+/readings"
CLIENT_ID = "livehub-readings"  # of the session that the broker keeps for us
LOCK = 0x6C68_6D71  # "lhmq": whoever holds it subscribes
SILENCE_S = 10.0
LEAD_PAUSE_S = 2.0
PAUSE_S_MIN = 0.5
PAUSE_S_MAX = 15.0
RETRY_S = 0.5  # of readings for which PostgreSQL is away, and after the first try that failed for another reason
RETRY_S_MAX = 15.0
QOS = 1
DEFECT = "defect"
PORTS = {"mqtt": 1883, "mqtts": 8883}


class MqttIntake:
    def __init__(self, config: ColdChainConfig, database: Database, intake: Intake) -> None:
        self._config = config
        self._database = database
        self._intake = intake
        self._url = URL(config.mqtt_url)
        self._taken = self._refused = self._set_aside = 0
        self.is_connected = False
        CALLBACKS.watch("livehub_mqtt_connected", "Whether we are subscribed here", lambda: float(self.is_connected))
        CALLBACKS.watch("livehub_mqtt_messages_total", "Messages taken", lambda: self._taken, kind="counter")
        CALLBACKS.watch(
            "livehub_mqtt_messages_refused_total", "Messages refused for good", lambda: self._refused, kind="counter"
        )
        CALLBACKS.watch(
            "livehub_mqtt_messages_set_aside_total",
            "Messages that could not be stored as readings and were kept aside",
            lambda: self._set_aside,
            kind="counter",
        )

    async def run(self) -> None:
        """For as long as the process lives: wait for the lead, then receive until it or the broker is lost."""
        while True:
            lost = asyncio.Event()
            limits_s = {"silence_s": SILENCE_S, "restore_s_max": SILENCE_S}
            try:
                async with leading(self._database, LOCK, "livehub mqtt", **limits_s, on_lost=lost.set) as connection:
                    if connection is not None:
                        await self._receive_while_leading(connection, lost)
            except (Unavailable, *DRIVER_ERRORS):
                pass  # the database says so in the log
            await asyncio.sleep(LEAD_PAUSE_S)

    async def _receive_while_leading(self, connection: Connection, lost: asyncio.Event) -> None:
        parts = [
            asyncio.create_task(self._receive_forever()),
            asyncio.create_task(_stay(connection)),
            asyncio.create_task(lost.wait()),
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                await part
        finally:
            await end_all(parts)

    async def _receive_forever(self) -> None:
        import aiomqtt  # noqa: PLC0415  # only who has a broker needs it

        tries = 0
        while True:
            try:
                async with self._subscribed() as client:
                    tries = 0
                    await self._receive(client)
            except aiomqtt.MqttError as error:
                _occasional.warning("mqtt.away", self._url.host or "", extra={"reason": str(error)})
            finally:
                self.is_connected = False
            await asyncio.sleep(min(PAUSE_S_MAX, PAUSE_S_MIN * 2**tries))
            tries = min(tries + 1, 10)

    @asynccontextmanager
    async def _subscribed(self) -> "AsyncIterator[aiomqtt.Client]":
        import aiomqtt  # noqa: PLC0415
        from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415
        from paho.mqtt.properties import Properties  # noqa: PLC0415

        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._config.mqtt_session_s
        properties.ReceiveMaximum = self._config.mqtt_unacknowledged_max
        scheme = self._url.scheme
        client = aiomqtt.Client(
            self._url.host or "",
            self._url.explicit_port or PORTS[scheme],
            username=self._url.user,
            password=self._url.password,
            identifier=CLIENT_ID,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=properties,
            tls_params=aiomqtt.TLSParameters() if scheme == "mqtts" else None,
            # Messages of QoS 0, which the broker sends whatever we have acknowledged, are dropped beyond it.
            max_queued_incoming_messages=2 * self._config.mqtt_unacknowledged_max,
        )
        client._client.manual_ack_set(
            on=True
        )  # aiomqtt has no name for it; else it would be acknowledged before it is stored
        async with client:
            await client.subscribe(TOPIC, qos=QOS)
            self.is_connected = True
            log.info("mqtt.subscribed", extra={"host": self._url.host})
            yield client

    async def _receive(self, client: "aiomqtt.Client") -> None:
        """Many are taken at once, so that they share commits, and acknowledged in their order (MQTT 5, 4.6)."""
        under_way: asyncio.Queue[tuple[Any, asyncio.Task[None]]] = asyncio.Queue(self._config.mqtt_unacknowledged_max)
        acknowledging = asyncio.create_task(_acknowledge(client, under_way))
        receiving = asyncio.create_task(self._take_all(client, under_way))
        try:
            await asyncio.wait((receiving, acknowledging), return_when=asyncio.FIRST_COMPLETED)
            for ended in (receiving, acknowledging):
                if ended.done():
                    ended.result()
        finally:
            await end_all([receiving])
            rest = [under_way.get_nowait()[1] for _ in range(under_way.qsize())]
            await end_all([acknowledging, *rest])

    async def _take_all(
        self, client: "aiomqtt.Client", under_way: "asyncio.Queue[tuple[Any, asyncio.Task[None]]]"
    ) -> None:
        async for message in client.messages:
            await under_way.put((message, asyncio.create_task(self._take(message))))

    async def _take(self, message: "aiomqtt.Message") -> None:
        """Until it is stored, set aside, or refused for good."""
        device = str(message.topic).split("/")[2]
        properties: Sequence[tuple[str, str]] = getattr(message.properties, "UserProperty", ())
        payload = message.payload
        if len(payload) > self._config.sensor_body_bytes_max:
            self._refuse(device, "too_large")
            return
        body, signature = split(payload, properties)
        tries = 0
        while True:
            try:
                await self._intake.take(device, body, signature)
            except LivehubError as refusal:
                if refusal.retryable:
                    tries += await self._database.ping()
                    if tries >= self._config.mqtt_tries_max and await self._is_set_aside(
                        device, body, signature, refusal.name
                    ):
                        return
                    # Each after another time: what fails one may fail all that share its commit.
                    await asyncio.sleep(_pause_s(tries))
                    continue
                if refusal.name == LivehubError.name:  # so group commits say that a row met a defect
                    if not await self._is_kept_from_defect(device, body, signature):
                        tries += 1
                        await asyncio.sleep(_pause_s(tries))
                        continue
                else:
                    self._refuse(device, refusal.name)
            except Exception:  # a defect of ours with one message must not keep back all that come after it
                log.exception("mqtt.defect", extra={"device": device[:64]})
                if not await self._is_kept_from_defect(device, body, signature):
                    tries += 1
                    await asyncio.sleep(_pause_s(tries))
                    continue
            else:
                self._taken += 1
            return

    async def _is_kept_from_defect(self, device: str, body: bytes, signature: str) -> bool:
        """Set aside, or refused if it cannot be even that; not while PostgreSQL is away."""
        try:
            return await self._is_set_aside(device, body, signature, DEFECT)
        except Exception:  # what no table takes must not keep back the others, either
            log.exception("mqtt.not_set_aside", extra={"device": device[:64], "bytes": len(body)})
            self._refuse(device, DEFECT)
            return True

    async def _is_set_aside(self, device: str, body: bytes, signature: str, reason: str) -> bool:
        """Whether it is kept elsewhere now: if even that fails, PostgreSQL is not really there."""
        try:
            async with self._database.batch.connection() as connection:
                await connection.execute(
                    Q["set_aside"], device[:DEVICE_CHARS_MAX], body, signature[:SIGNATURE_CHARS], int(time.time() * 1000),
                    reason,
                )  # fmt: skip
        except Unavailable:
            return False
        self._set_aside += 1
        log.error("mqtt.set_aside", extra={"device": device[:64], "bytes": len(body), "reason": reason})
        return True

    def _refuse(self, device: str, reason: str) -> None:
        self._refused += 1
        _occasional.warning("mqtt.refused", reason, extra={"device": device[:64], "reason": reason})


def _pause_s(tries: int) -> float:
    pause_s: float = RETRY_S * 2 ** min(tries, 10)
    return min(RETRY_S_MAX, pause_s) * random.uniform(0.5, 1.5)


async def _acknowledge(client: "aiomqtt.Client", under_way: "asyncio.Queue[tuple[Any, asyncio.Task[None]]]") -> None:
    while True:
        message, taking = await under_way.get()
        await taking
        client._client.ack(message.mid, message.qos)


async def _stay(connection: Connection) -> None:
    """PostgreSQL ends the session of a leader that says nothing."""
    while True:
        await connection.execute(Q["still_here"])
        await asyncio.sleep(SILENCE_S / 4)
