"""The crowd: up to some 16,000 viewers of one room in one process, each checking what it is owed.

Every viewer follows the control log (follow.py): a message missing, doubled, out of order or of another epoch is counted
against the server, and there may be none. A viewer that is refused comes back when it was told to, one that is thrown out
comes back as a browser would; both with jitter, and only so often.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from loadtest.dialects import Answer, Dialect, Entrance, Heard, dialect
from loadtest.follow import Place
from loadtest.hearing import Figures, Hearing
from loadtest.socket import STAY_AWAY, CrowdSocket, Refusal, connection, loopback, upgrade_request

ENTER_TIMEOUT_S = 30.0  # from SYN to the answer to the join; then it is another try
TRIES_MAX = 30  # to get in, one after the other; then the viewer has given up
RETRY_MS = 500  # pause after a refusal that named none; doubles with each
RETRY_MS_MAX = 10_000
BACK_AT_ONCE = 256  # viewers that were thrown out and are on their way back
JITTER = 0.5  # a pause is up to this much longer


class Plan(Struct, frozen=True, kw_only=True):
    """One process's part of the crowd.

    `sources`: the number of the first loopback address to come from (2 is 127.0.0.2), and how many sockets each takes; 0:
    the system chooses. `tokens`: one per viewer, or none for guests. `target`: where `raw` listens, with {room}.
    """

    host: str = "127.0.0.1"
    port: int
    room: str
    size: int
    dialect: str = "livehub"
    target: str = ""
    deflate: bool = False
    first_source: int = 2
    per_source: int = 256
    tokens: list[str] = []


class Viewer:
    """One viewer: a place in the control log, and a socket if there is one."""

    __slots__ = ("_crowd", "answered", "coming", "direct", "likes", "likes_told", "number", "place", "socket")

    def __init__(self, crowd: "Crowd", number: int) -> None:
        self._crowd = crowd
        self.number = number
        self.place = Place()
        self.likes = -1  # the total that was last shown; -1: none yet
        self.likes_told = -1
        self.socket: CrowdSocket | None = None
        self.coming = False  # on the way in; nobody is twice in a room
        self.answered: Callable[[bytes], None] | None = None  # who waits for acknowledgements
        self.direct: Callable[[bytes], None] | None = None  # and for what is told to this person alone

    @property
    def present(self) -> bool:
        """In the room."""
        return self.socket is not None and self.socket.open

    def follow(self, heard: Heard) -> None:
        """Control messages came."""
        for step in heard.steps:
            if step.epoch and not (self.place.epoch or self._crowd.dialect.tells_place):
                self.place.join(step.epoch, step.offset, recovered=False, missed=[])
            elif step.epoch:
                self._crowd.count_faults(self.place.take(step.epoch, step.offset))

    def acknowledged(self, text: bytes) -> None:
        """An event was answered."""
        if self.answered is not None:
            self.answered(text)

    def directed(self, text: bytes) -> None:
        """Something was told to this person alone."""
        if self.direct is not None:
            self.direct(text)

    def lost(self, close_code: int) -> None:
        """Thrown out."""
        self.socket = None
        self._crowd.thrown_out(self, close_code)

    def joined(self, answer: Answer) -> None:
        """In the room, says the server, and perhaps from where on."""
        if not answer.epoch:
            return
        missed = [(control.epoch, control.offset) for control in answer.missed]
        faults = self.place.join(answer.epoch, answer.offset, recovered=answer.recovered, missed=missed)
        self._crowd.count_faults(faults)
        self.likes = max(self.likes, answer.room.likes)
        if self.likes_told < 0:
            self.likes_told = self.likes


class Crowd:
    """The viewers of a Plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.dialect: Dialect = dialect(plan.dialect, plan.target)
        self.hearing = Hearing(self.dialect)
        self.viewers = [Viewer(self, number) for number in range(plan.size)]
        self._request = upgrade_request(
            f"{plan.host}:{plan.port}", self.dialect.target(plan.room), deflate=plan.deflate
        )
        self._back = asyncio.Semaphore(BACK_AT_ONCE)
        self._returning: set[asyncio.Task[None]] = set()
        self._cpu_s = time.process_time()
        self._closing = False
        self.entering = False

    async def enter(self, *, per_s: float, at_once: int) -> int:
        """All that are out come in, from where they stood; how many are in then.

        Connections begin at `per_s` a second (0: as fast as they go), and at most `at_once` are on their way at a time.
        """
        gate = asyncio.Semaphore(at_once)
        started_s = time.monotonic()

        async def one(turn: int, viewer: Viewer) -> None:
            if per_s:
                await asyncio.sleep(started_s + turn / per_s - time.monotonic())
            await self._come(viewer, gate)

        out = [viewer for viewer in self.viewers if not (viewer.present or viewer.coming)]
        returning = tuple(self._returning)
        self.entering = True
        try:
            await asyncio.gather(*(one(turn, viewer) for turn, viewer in enumerate(out)), *returning)
        finally:
            self.entering = False
        return self.present

    def cut(self) -> None:
        """Everybody's network is gone at once."""
        for viewer in self.viewers:
            if viewer.socket is not None:
                viewer.socket.cut()
                viewer.socket = None

    def close(self) -> None:
        """All go, nobody comes back."""
        self._closing = True
        for task in self._returning:
            task.cancel()
        self.cut()

    def behind(self, epoch: str, offset: int) -> int:
        """How many viewers do not stand at (`epoch`, `offset`)."""
        return sum((viewer.place.epoch, viewer.place.offset) != (epoch, offset) for viewer in self.viewers)

    @property
    def present(self) -> int:
        """How many are in the room."""
        return sum(viewer.present for viewer in self.viewers)

    @property
    def returning(self) -> int:
        """How many were thrown out and are on their way back."""
        return len(self._returning)

    def figures(self, second: int) -> Figures:
        """What was heard since the last time; it belongs to the second that ends at `second`, Unix time."""
        figures = self.hearing.settle()
        figures.second = second
        present = likes = 0
        for viewer in self.viewers:
            present += viewer.present
            if viewer.likes > viewer.likes_told:
                if viewer.likes_told >= 0:
                    likes += viewer.likes - viewer.likes_told
                viewer.likes_told = viewer.likes
        figures.present = present
        figures.likes += likes
        cpu_s = time.process_time()
        figures.cpu_s, self._cpu_s = cpu_s - self._cpu_s, cpu_s
        return figures

    # --- for viewers ---

    def count_faults(self, faults: dict[str, int] | None) -> None:
        """The server did wrong, if anything."""
        if faults:
            self.hearing.faults.update(Counter(faults))

    def thrown_out(self, viewer: Viewer, close_code: int) -> None:
        """The server, or the network, closed a viewer's socket."""
        if viewer.coming:  # just entered; whoever waits for that sees it
            return
        self.hearing.notices[f"closed {close_code}"] += 1
        if self._closing or close_code in STAY_AWAY:
            return
        task = asyncio.get_running_loop().create_task(self._come_back(viewer))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _come_back(self, viewer: Viewer) -> None:
        viewer.coming = True
        await asyncio.sleep(random.random() * RETRY_MS / 1000)
        await self._come(viewer, self._back)

    async def _come(self, viewer: Viewer, gate: asyncio.Semaphore) -> None:
        pause_ms = RETRY_MS
        viewer.coming = True
        for _ in range(TRIES_MAX):
            try:
                async with gate:
                    await self._try(viewer)
            except Refusal as refusal:
                self.hearing.notices[refusal.reason] += 1
                if refusal.final:
                    break
                wait_ms = refusal.retry_after_ms if refusal.retry_after_ms is not None else pause_ms
            except (OSError, TimeoutError) as error:
                self.hearing.notices[type(error).__name__] += 1
                wait_ms = pause_ms
            else:
                viewer.coming = False
                return
            pause_ms = min(pause_ms * 2, RETRY_MS_MAX)
            await asyncio.sleep(wait_ms * (1 + JITTER * random.random()) / 1000)
        viewer.coming = False
        self.hearing.faults["never let in"] += 1

    async def _try(self, viewer: Viewer) -> None:
        plan, place = self.plan, viewer.place
        entrance = Entrance(
            room=plan.room,
            token=plan.tokens[viewer.number] if plan.tokens else None,
            since=(place.epoch, place.offset) if place.epoch else None,
        )
        source = loopback(plan.first_source + viewer.number // plan.per_source) if plan.per_source else None
        plain = await connection(plan.host, plan.port, source)
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(
            lambda: CrowdSocket(self._request, self.hearing, viewer, entrance), sock=plain
        )
        try:
            async with asyncio.timeout(ENTER_TIMEOUT_S):
                await socket.entered
        except BaseException:
            socket.cut()
            raise
        if not socket.open:  # already over
            raise Refusal(f"closed {socket.close_code}", final=socket.close_code in STAY_AWAY)
        self.hearing.entered += 1
        viewer.socket = socket
