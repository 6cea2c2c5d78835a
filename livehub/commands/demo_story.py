"""The demo's proof: batches with steps and certificates, a cold chain with a gap and a breach, and a van that goes on driving.

Told over HTTP, as the scripts of a farm would, so that all of it is real: events, entries of the log, anchors, findings.
What is there already is left as it is; each day on which the demo is started has a batch of its own.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import math
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

log = logging.getLogger("livehub.commands.demo_story")

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
GTIN = {"blueberries": "09520123456788", "greens": "09520123456795"}
FIELD = {"name": "青禾农场 3 号棚 Qinghe Farm, tunnel 3", "lat": 31.0976, "lon": 121.0512}
HOUSE = {"name": "青禾农场包装间 Qinghe Farm, packing house", "lat": 31.0991, "lon": 121.0548}
STATION = {"name": "徐汇前置仓 Xuhui station", "lat": 31.1886, "lon": 121.4365}
RULES: dict[str, dict[str, Any]] = {
    "blueberries": {
        "rule": {"high_c": 8.0, "low_c": 0.0, "minutes": 20.0, "grace_minutes": 5.0, "silence_minutes": 15.0},
        "model": "blueberries",
        "offer": {"kind": "replacement"},
    },
    "greens": {
        "rule": {"high_c": 8.0, "low_c": 0.0, "minutes": 20.0, "grace_minutes": 5.0, "silence_minutes": 15.0},
        "model": "fresh-cut-lettuce",
        "offer": {"kind": "refund"},
    },
}
READING_MS = 2 * MINUTE_MS
LIVE_S = 15.0  # between the readings of the van that goes on
READINGS_MAX = 500  # in one body
CALL_S_MAX = 30.0
PATIENCE_S = 5.0  # for the van's thread to end


class StoryFailed(Exception):
    """The server refused, or was not there."""


class Story:
    """`kept`: the file with the keys of the two sensors, which the server tells once."""

    def __init__(self, url: str, token: str, kept: Path, pictures: Path, zone: ZoneInfo) -> None:
        self._url = url
        self._token = token
        self._kept = kept
        self._pictures = pictures
        self._zone = zone
        self._calls: aiohttp.ClientSession

    async def tell(self) -> str:
        """The code of today's berries. Raises StoryFailed."""
        try:
            async with self._session() as self._calls:
                now_ms = await self._now_ms()
                day = datetime.fromtimestamp(now_ms / 1000, self._zone).strftime("%Y%m%d")
                await self._rules()
                sensors = await self._sensors()
                if not await self._known("blueberries", f"{day}A"):
                    await self._berries(f"{day}A", sensors["van"], now_ms)
                if not await self._known("greens", f"{day}B"):
                    await self._greens(f"{day}B", sensors["cart"], now_ms)
                return str((await self._known("blueberries", f"{day}A"))[0]["code"])
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StoryFailed(f"the demo's own calls fail: {error!r}") from error

    async def drive(self, is_over: Callable[[float], bool]) -> None:
        """Send what the van's sensor measures until `is_over`, which waits as long as it is told. What a server that is busy
        does not take it has later, as backlog.
        """
        unsent: list[dict[str, Any]] = []
        async with self._session() as self._calls:
            sensor = (await self._sensors())["van"]
            while not await asyncio.to_thread(is_over, LIVE_S):
                try:
                    unsent = [*unsent, _reading(await self._now_ms())][-READINGS_MAX:]
                    await self._send(sensor, unsent)
                    unsent = []
                except (StoryFailed, aiohttp.ClientError, OSError, TimeoutError) as error:
                    log.info("demo.reading_kept", extra={"reason": repr(error), "unsent": len(unsent)})

    def _session(self) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=CALL_S_MAX)
        tls = ssl.create_default_context()  # whatever its certificate says, who listens at our port here is us
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        return aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(ssl=tls))

    # --- what is told ---

    async def _berries(self, lot: str, sensor: dict[str, str], now_ms: int) -> None:
        """Picked five hours ago, and under way: the van stood in a tunnel for a while, where nothing was heard of it."""
        field, certificate = await self._picture("story-field.webp"), await self._picture("story-certificate.webp")
        packed = await self._picture("story-packed.webp")
        paper = {"kind": "organic", "number": "DEMO-ORG-0001", "picture": certificate}
        batch = await self._batch("blueberries", lot, now_ms - 5 * HOUR_MS, 400, [paper])
        await self._step(batch, "inspected", now_ms - 290 * MINUTE_MS, FIELD, photo=field, celsius=17.5)
        await self._step(batch, "cooled", now_ms - 4 * HOUR_MS, HOUSE, celsius=3.6)
        await self._step(batch, "inspected", now_ms - 220 * MINUTE_MS, HOUSE)
        await self._step(batch, "packed", now_ms - 3 * HOUR_MS, HOUSE, photo=packed, celsius=4.0)
        await self._call("POST", f"/api/batches/{batch}/sheets", {"boxes": 24})
        began_ms = now_ms - 2 * HOUR_MS
        await self._step(batch, "shipped", began_ms, HOUSE, celsius=4.1)
        gap = range(began_ms + 40 * MINUTE_MS, began_ms + 62 * MINUTE_MS)
        times = [at for at in range(began_ms, now_ms, READING_MS) if at not in gap]
        await self._send(sensor, [_reading(at) for at in times])
        await self._end_of_yesterday(sensor["id"], began_ms)
        way = {"batches": [batch], "devices": [sensor["id"]], "from": began_ms, "to": STATION["name"]}
        await self._call("POST", "/api/shipments", way)
        await self._call("POST", "/api/rooms/demo/pins", {"product": "blueberries", "batch": batch})

    async def _greens(self, lot: str, sensor: dict[str, str], now_ms: int) -> None:
        """Yesterday's, whose van was too warm for three quarters of an hour; they were destroyed."""
        start_ms = now_ms - 26 * HOUR_MS
        batch = await self._batch("greens", lot, start_ms, 120, [])
        await self._step(batch, "cooled", start_ms + 45 * MINUTE_MS, HOUSE, celsius=4.2)
        await self._step(batch, "packed", start_ms + 90 * MINUTE_MS, HOUSE)
        began_ms, ended_ms = start_ms + 2 * HOUR_MS, start_ms + 5 * HOUR_MS
        await self._step(batch, "shipped", began_ms, HOUSE, celsius=4.4)
        hot = (began_ms + HOUR_MS, began_ms + 105 * MINUTE_MS)
        await self._send(sensor, [_reading(at, hot=hot) for at in range(began_ms, ended_ms, READING_MS)])
        way = {"batches": [batch], "devices": [sensor["id"]], "from": began_ms, "to": STATION["name"]}
        shipment = await self._call("POST", "/api/shipments", way)
        await self._call("POST", f"/api/shipments/{shipment['id']}/end", {"at": ended_ms, "celsius": 6.4})
        await self._step(batch, "received", ended_ms, STATION, celsius=6.4)
        await self._step(batch, "destroyed", ended_ms + HOUR_MS, STATION)

    async def _end_of_yesterday(self, sensor: str, began_ms: int) -> None:
        """The van's shipments of days before arrive: it drives for today's."""
        open_ = await self._call("GET", "/api/shipments?is_open=true")
        for each in open_["items"]:
            if sensor in each["devices"]:
                await self._call("POST", f"/api/shipments/{each['id']}/end", {"at": began_ms - MINUTE_MS})

    # --- what it is told with ---

    async def _rules(self) -> None:
        known = {each["product"] for each in (await self._call("GET", "/api/cold-chain/rules"))["items"]}
        for product, rule in RULES.items():
            if product not in known:
                await self._call("POST", f"/api/cold-chain/rules/{product}", rule)

    async def _sensors(self) -> dict[str, dict[str, str]]:
        """Those of before, as long as the server knows them."""
        try:
            kept = json.loads(self._kept.read_text())
        except (OSError, ValueError):
            kept = {}
        known = {each["id"] for each in (await self._call("GET", "/api/devices"))["items"]}
        missing = {"van": "冷链车 1 号 Van 1", "cart": "冷链车 2 号 Van 2"}
        for name, label in missing.items():
            if kept.get(name, {}).get("id") not in known:
                kept[name] = await self._call("POST", "/api/devices", {"name": label, "kind": "temperature"})
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        self._kept.touch(mode=0o600)
        self._kept.write_text(json.dumps(kept))
        return {name: dict(kept[name]) for name in missing}

    async def _now_ms(self) -> int:
        """Business time, which is told to whoever moves it: by a millisecond."""
        clock = await self._call("POST", "/api/dev/clock", {"advance_ms": 1})
        return int(datetime.fromisoformat(clock["now"]).timestamp() * 1000)

    async def _known(self, product: str, lot: str) -> list[Any]:
        return list((await self._call("GET", f"/api/batches?product={product}&q={lot}"))["items"])

    async def _batch(self, product: str, lot: str, at_ms: int, units: int, certificates: list[Any]) -> str:
        body = {
            "product": product, "gtin": GTIN[product], "lot": lot, "harvested_at": at_ms, "place": FIELD, "units": units,
            "certificates": certificates,
        }  # fmt: skip
        return str((await self._call("POST", "/api/batches", body))["id"])

    async def _step(self, batch: str, kind: str, at_ms: int, place: dict[str, Any], **more: Any) -> None:
        given = {name: value for name, value in more.items() if value is not None}
        await self._call("POST", f"/api/batches/{batch}/steps", {"kind": kind, "at": at_ms, "place": place, **given})

    async def _picture(self, name: str) -> str | None:
        """Uploaded; None where the pages, which have it, are not built."""
        try:
            file = (self._pictures / name).read_bytes()
        except OSError:
            return None
        return str((await self._call("POST", "/api/uploads", file))["id"])

    async def _send(self, sensor: dict[str, str], readings: list[dict[str, Any]]) -> None:
        """Numbered by the clock, which no restart sets back."""
        body = json.dumps({"seq": int(time.time() * 1000), "readings": readings}).encode()
        signature = hmac.new(bytes.fromhex(sensor["key"]), body, hashlib.sha256).hexdigest()
        await self._call("POST", f"/api/sensors/{sensor['id']}/readings", body, {"X-Signature": signature})

    async def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        said = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_urlsafe(16), **(headers or {})}
        if path == "/api/uploads":
            sent["Content-Type"] = "image/webp"
        if not headers:
            sent["Authorization"] = f"Bearer {self._token}"
        async with self._calls.request(method, self._url + path, data=said, headers=sent) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise StoryFailed(f"{method} {path}: {answer.status} {text[:300]}")
            return json.loads(text) if text else None


class Van:
    """The one that goes on, in a thread of its own."""

    def __init__(self, story: Story) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(story,), name="demo-van", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    def _run(self, story: Story) -> None:
        try:
            asyncio.run(story.drive(self._over.wait))
        except (StoryFailed, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("demo.van_stopped", extra={"reason": repr(error)})


def _reading(at_ms: int, *, hot: tuple[int, int] | None = None) -> dict[str, Any]:
    """A van's cooling goes on and off every quarter of an hour; `hot`: when its door stood open."""
    celsius = 4.1 + 0.9 * math.sin(at_ms / (15 * MINUTE_MS) * 2 * math.pi)
    if hot is not None and hot[0] <= at_ms < hot[1]:
        celsius += 9.0 * min(1.0, (at_ms - hot[0]) / (15 * MINUTE_MS))
    return {"at": datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(), "celsius": round(celsius, 1)}
