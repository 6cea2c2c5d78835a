"""One process's hub: its parts made and connected, started and stopped together, its bus messages handed round.

The roof (livehub/app.py) gives it a database, tokens and the ports that upper floors fill, and mounts it.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial

import msgspec
from aiohttp import web

from livehub.base.auth import Tokens
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.ids import short_id
from livehub.base.metrics import WATCHED
from livehub.hub import frames, messages
from livehub.hub.answers import Answers
from livehub.hub.api_moderation import ModerationApi
from livehub.hub.api_quizzes import QuizApi
from livehub.hub.api_rooms import ProductCards, RoomApi
from livehub.hub.bodies import WordLists
from livehub.hub.bus import Bus
from livehub.hub.chatlog import ChatLog
from livehub.hub.clients import Clients
from livehub.hub.connection import Dropped
from livehub.hub.control import ControlLog
from livehub.hub.directs import Directs
from livehub.hub.dispatch import Counts, Dispatcher
from livehub.hub.events import RoomEvents
from livehub.hub.handover import Handover
from livehub.hub.liveroom import LiveRoom
from livehub.hub.moderating import Words
from livehub.hub.rooms import LiveRooms
from livehub.hub.server import SocketServer
from livehub.room import wire
from livehub.room.state import Bounds

log = logging.getLogger("livehub.hub")

WATCH_PAUSE_S = 1.0
FIGURES_PAUSE_S = 2.0


class Hub:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        tokens: Tokens,
        *,
        product_card: ProductCards,
        handover: Handover | None,
        now_s: Callable[[], float],
    ) -> None:
        self._database = database
        self._now_s = now_s
        self.worker = short_id(secrets.token_bytes(5))
        bounds = Bounds(
            bag_max=config.bag_max,
            coupons_max=config.coupons_shown_max,
            questions_max=config.questions_shown_max,
            restrictions_max=config.restrictions_max,
        )
        self.bus = Bus(config, receive=self._received, on_change=self._bus_changed)
        self.rooms = LiveRooms(config, database, self.bus, bounds, self.worker, self._late, now_s)
        self.controls = ControlLog(bounds, self.rooms.committed)
        self.directs = Directs(config, database, self.bus, self.worker)
        self.words = Words(database)
        self.rooms.also = [self.directs.catch_up, self.words.catch_up]
        self._answers = Answers(config, database)
        self._chatlog = ChatLog(config, database)
        self.dispatcher = Dispatcher(config, now_s)
        events = RoomEvents(
            config,
            database,
            self.rooms,
            answers=self._answers,
            chatlog=self._chatlog,
            directs=self.directs,
            words=self.words,
            now_s=now_s,
        )
        events.register(self.dispatcher)
        self.clients = Clients(config, tokens, self.dispatcher, events, self.directs, now_s)
        self.sockets = SocketServer(config, self.clients, handover, now_s)
        self.quizzes = QuizApi(config, database, self.controls)
        self._moderation = ModerationApi(
            config,
            database,
            self.controls,
            self.rooms,
            chatlog=self._chatlog,
            directs=self.directs,
            words_changed=self._words_changed,
            now_s=now_s,
        )
        self._room_api = RoomApi(config, database, tokens, self.controls, self.rooms, product_card, now_s)
        self._tasks: list[asyncio.Task[None]] = []
        self._reloading: asyncio.Task[None] | None = None
        self.database_up = False  # until the first look; that look also loads what is kept in memory
        self.database_reached = False  # ever
        self._watch_figures()

    def endpoints(self) -> list[Endpoint]:
        """All calls of the hub."""
        return [*self._room_api.endpoints(), *self.quizzes.endpoints(), *self._moderation.endpoints()]

    def attach(self, app: web.Application) -> None:
        """Serve the socket on `app`."""
        self.sockets.attach(app)

    async def start(self) -> None:
        """Start every part; nothing here waits for PostgreSQL or Valkey to be there."""
        await self.bus.subscribe(messages.DIRECTS)
        await self.bus.subscribe(messages.WORDS)
        for part in (self.bus, self.rooms, self.directs, self._answers.commits, self._chatlog, self.sockets):
            part.start()
        self._tasks = [
            asyncio.create_task(self._watch_forever(), name="hub watch"),
            asyncio.create_task(self._tell_figures_forever(), name="hub figures"),
        ]

    async def stop(self) -> None:
        """Send clients away, store what waits, stop every part."""
        await self.sockets.stop()
        for task in self._tasks:
            task.cancel()
        await self._answers.commits.stop()
        await self._chatlog.stop()
        await self.directs.stop()
        await self.rooms.stop()
        await self.bus.stop()

    def away(self) -> list[str]:
        """What is missing now, by name; empty when all is well."""
        return [name for name, up in (("postgresql", self.database_up), ("valkey", self.bus.connected)) if not up]

    def _late(self, lag_s: float) -> None:
        self.clients.admission.lag_s = lag_s

    # --- the bus ---

    def _received(self, channel: str, payload: bytes) -> None:
        try:
            message = messages.decode(payload)
        except msgspec.DecodeError:
            log.warning("hub.foreign_message", extra={"channel": channel})
            return
        if isinstance(message, messages.Committed):
            self.rooms.arrived(message.control)
        elif isinstance(message, messages.Batch):
            self.rooms.merge(messages.room_of(channel) or "", message)
        elif isinstance(message, messages.Addressed):
            if message.worker != self.worker:
                self.directs.arrived(message)
        else:
            self._reload_words()

    def _bus_changed(self) -> None:
        self.rooms.resync()
        self._reload_words()
        self._tell_state()

    def _words_changed(self, lists: WordLists) -> None:
        self.words.take(lists)  # for whoever made the call; then, as in every process, whatever is in PostgreSQL
        self._reload_words()
        self.bus.publish(messages.WORDS, messages.encode(messages.WordsChanged()))

    def _reload_words(self) -> None:
        self._reloading = asyncio.get_running_loop().create_task(self._reload(), name="words")

    async def _reload(self) -> None:
        try:
            await self.words.reload()
        except LivehubError:
            log.warning("hub.words_not_loaded")  # the watch loads them when PostgreSQL is back

    # --- watching ---

    async def _watch_forever(self) -> None:
        while True:
            up = await self._database.ping()
            if up != self.database_up:
                log.log(logging.INFO if up else logging.WARNING, "hub.database_changed", extra={"up": up})
                self.database_up = up
                self._tell_state()
                if up:
                    self.database_reached = True
                    self.rooms.resync()
                    self._reload_words()
            await asyncio.sleep(WATCH_PAUSE_S)
            self._tell_state()  # what was away from the start has not changed, and is to be told, too

    def _tell_state(self) -> None:
        degraded = wire.Notice(type="degraded", ts=int(self._now_s() * 1000)) if self.away() else None
        if (degraded is None) != (self.clients.notice is None):
            self.clients.tell_all(degraded)

    async def _tell_figures_forever(self) -> None:
        while True:
            await asyncio.sleep(FIGURES_PAUSE_S)
            for live in self.rooms.all():
                try:
                    await self._tell_figures(live)
                except LivehubError:
                    break  # PostgreSQL is away; the next round tries again

    async def _tell_figures(self, live: LiveRoom) -> None:
        staff = [c for c in live.fanout.members if c.identity is not None and c.identity.is_staff]
        if not staff:
            return
        figures = msgspec.to_builtins(await self._moderation.figures_of(live))
        told = wire.Staff(room=live.id, type="figures", ts=int(self._now_s() * 1000), data=figures)
        frame = frames.event("staff", told)
        for connection in staff:
            connection.send(frame, droppable=True)

    def _watch_figures(self) -> None:
        rooms = self.rooms
        WATCHED.watch("livehub_sockets", "Sockets open", lambda: len(self.clients.connections))
        WATCHED.watch("livehub_rooms_followed", "Rooms in memory", lambda: len(rooms.all()))
        WATCHED.watch("livehub_bus_up", "Whether Valkey is there", lambda: float(self.bus.connected))
        WATCHED.watch("livehub_database_up", "Whether PostgreSQL is there", lambda: float(self.database_up))
        WATCHED.watch(
            "livehub_deliveries",
            "Frames handed over",
            lambda: rooms.deliveries,
            kind="counter",
        )
        WATCHED.watch(
            "livehub_frames_dropped", "Ticks skipped for slow viewers", lambda: Dropped.frames, kind="counter"
        )
        WATCHED.watch(
            "livehub_tick_interval_seconds", "Pause between ticks of a busy room", lambda: rooms.ticking.pace.interval_s
        )
        WATCHED.watch("livehub_loop_lag_seconds", "How late the event loop is", lambda: self.clients.admission.lag_s)
        WATCHED.watch("livehub_bus_dropped", "Bus messages not sent", lambda: self.bus.dropped, kind="counter")
        WATCHED.watch("livehub_chats_dropped", "Lines not stored", lambda: self._chatlog.dropped, kind="counter")
        for name in Counts.events:
            read = partial(Counts.events.__getitem__, name)
            WATCHED.watch(f"livehub_events_{name}", f"Events {name} taken", read, kind="counter")
