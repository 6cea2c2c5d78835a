"""A short show under load: viewers come in, people chat and like, the host pins, the network drops once, all is counted."""

import asyncio
import statistics
import time

import aiohttp
from msgspec import Struct

from loadtest.crowd import CHAT_MARK, Crowd, Viewer
from loadtest.house import House

SETTLE_S = 2.0
CHATTERS_MAX = 200


class Plan(Struct, frozen=True, kw_only=True):
    """What to do."""

    room: str = "load"
    viewers: int = 500
    seconds: float = 15.0
    chats_per_s: float = 20.0
    likes_per_s: float = 200.0
    controls_per_s: float = 1.0
    cut: bool = True


class Report(Struct, frozen=True, kw_only=True):
    """What came out. Times in ms unless the name says otherwise; processor time is the server's own processes'."""

    viewers: int
    connect_s: float
    connects_per_s: float
    frames: int
    events: int
    frames_per_s: float
    cpu_us_per_frame: float
    cpu_us_per_event: float
    memory_kb_per_viewer: float
    control_p50_ms: float
    control_p99_ms: float
    chat_p50_ms: float
    chat_p99_ms: float
    reconnect_s: float
    controls_sent: int
    viewers_behind: int
    faults: dict[str, int]

    @property
    def sound(self) -> bool:
        """No control message was missing, doubled or out of order, and everybody stands at the head."""
        return not self.faults and not self.viewers_behind


def percentile(values: list[float], percent: int) -> float:
    """The percentile of `values`; 0.0 of none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class LoadShow:
    """Runs a Plan against a House."""

    def __init__(self, house: House, plan: Plan) -> None:
        self._house = house
        self._plan = plan
        self._crowd = Crowd(house.host, house.port, plan.room, plan.viewers)
        self._controls = 0
        self._head = ("", 0)

    async def run(self) -> Report:
        """The whole show."""
        house, plan, crowd = self._house, self._plan, self._crowd
        host = await house.token("host", "load-host")
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {host}"}) as session:
            await self._open(session)
            empty_bytes = house.memory_bytes()
            connect_s = await crowd.enter()
            full_bytes = house.memory_bytes()
            chatters = await self._chatters(session)
            await asyncio.sleep(SETTLE_S)
            crowd.tally.frames = crowd.tally.events = 0
            cpu_s, started_s = house.cpu_s(), time.monotonic()
            await self._perform(session, chatters)
            took_s, cpu_s = time.monotonic() - started_s, house.cpu_s() - cpu_s
            frames, events = crowd.tally.frames, crowd.tally.events
            reconnect_s = await self._lose_the_network(session) if plan.cut else 0.0
            await asyncio.sleep(SETTLE_S)
        tally = crowd.tally
        return Report(
            viewers=plan.viewers,
            connect_s=round(connect_s, 2),
            connects_per_s=round(plan.viewers / connect_s, 1),
            frames=frames,
            events=events,
            frames_per_s=round(frames / took_s, 1),
            cpu_us_per_frame=round(cpu_s / max(frames, 1) * 1e6, 2),
            cpu_us_per_event=round(cpu_s / max(events, 1) * 1e6, 2),
            memory_kb_per_viewer=round((full_bytes - empty_bytes) / plan.viewers / 1024, 1),
            control_p50_ms=round(percentile(tally.control_ms, 50), 1),
            control_p99_ms=round(percentile(tally.control_ms, 99), 1),
            chat_p50_ms=round(percentile(tally.chat_ms, 50), 1),
            chat_p99_ms=round(percentile(tally.chat_ms, 99), 1),
            reconnect_s=round(reconnect_s, 2),
            controls_sent=self._controls,
            viewers_behind=crowd.behind(*self._head),
            faults=dict(tally.faults),
        )

    async def _open(self, session: aiohttp.ClientSession) -> None:
        room = {"id": self._plan.room, "title": "Load test"}
        async with session.post(f"{self._house.url}/api/rooms", json=room) as answer:
            if answer.status not in (201, 409):
                answer.raise_for_status()
        await self._control(session)

    async def _control(self, session: aiohttp.ClientSession) -> None:
        card = {"title": f"Card {self._controls}", "price_minor": 3_990, "currency": "CNY"}
        url = f"{self._house.url}/api/rooms/{self._plan.room}"
        async with session.post(f"{url}/pins", json=card) as answer:
            answer.raise_for_status()
            placed = await answer.json()
        async with session.delete(f"{url}/bag/{placed['card']['id']}") as answer:  # so that the bag does not fill up
            answer.raise_for_status()
            gone = await answer.json()
        self._controls += 2
        self._head = (gone["epoch"], gone["offset"])

    async def _chatters(self, session: aiohttp.ClientSession) -> list[Viewer]:
        """Signed-in people who talk; one person may say a line a second."""
        count = min(CHATTERS_MAX, max(1, int(self._plan.chats_per_s * 2)))
        chatters = []
        for number in range(count):
            async with session.post(f"{self._house.url}/api/session", json={"name": f"Load {number}"}) as answer:
                answer.raise_for_status()
                viewer = Viewer(self._crowd.tally, (await answer.json())["token"])
            await viewer.enter(self._house.host, self._house.port, self._plan.room, None)
            chatters.append(viewer)
        return chatters

    async def _perform(self, session: aiohttp.ClientSession, chatters: list[Viewer]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._chat(chatters))
            group.create_task(self._like(chatters))
            group.create_task(self._direct(session))

    async def _chat(self, chatters: list[Viewer]) -> None:
        for number in range(int(self._plan.seconds * self._plan.chats_per_s)):
            socket = chatters[number % len(chatters)].socket
            if socket is not None:
                socket.emit("chat", {"room": self._plan.room, "text": f"{CHAT_MARK}{time.time() * 1000:.1f}"})
            await asyncio.sleep(1 / self._plan.chats_per_s)

    async def _like(self, chatters: list[Viewer]) -> None:
        per_beat = max(1, round(self._plan.likes_per_s / 10 / len(chatters)))
        for _ in range(int(self._plan.seconds * 10)):
            for viewer in chatters:
                if viewer.socket is not None:
                    viewer.socket.emit("like", {"room": self._plan.room, "n": per_beat})
            await asyncio.sleep(0.1)

    async def _direct(self, session: aiohttp.ClientSession) -> None:
        for _ in range(int(self._plan.seconds * self._plan.controls_per_s)):
            await self._control(session)
            await asyncio.sleep(1 / self._plan.controls_per_s)

    async def _lose_the_network(self, session: aiohttp.ClientSession) -> float:
        """Everybody is cut off, the show goes on meanwhile, all come back and must be made whole."""
        self._crowd.cut()
        for _ in range(3):
            await self._control(session)
        return await self._crowd.enter()
