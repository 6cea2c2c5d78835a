"""Chat in one process: its parts made and connected, started and stopped together. Wiring only."""

from collections.abc import Mapping, Sequence

from livehub.base.auth import Identity
from livehub.base.db import Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.metrics import CALLBACKS
from livehub.base.module import Context, Part
from livehub.hub.chat import people
from livehub.hub.chat.effects import EFFECTS
from livehub.hub.chat.event_log import EventLogApi
from livehub.hub.chat.handlers import ChatEvents
from livehub.hub.chat.moderation_api import ModerationApi
from livehub.hub.chat.room_messages import check_not_banned, without_gone_texts
from livehub.hub.chat.settings import ChatConfig
from livehub.hub.chat.staff_figures import OpenQuestions, StaffFigures
from livehub.hub.chat.store import ChatLog
from livehub.hub.chat.words import Words, WordsChanged
from livehub.hub.hub import Hub
from livehub.hub.rooms.room import Room
from livehub.hub.sockets.router import Handler
from livehub.people.list_files import ListFiles
from livehub.people.names import NameWords


class Chat(Part):
    def __init__(self, context: Context) -> None:
        config, database, hub = context.config(ChatConfig), context.database, context.get(Hub)
        self._now_s = context.now_s
        self._controls = hub.controls
        self._holds_sockets = hub.holds_sockets
        self.words = Words(database, hub.bus)
        context.provide(NameWords, self.words)
        self._log = ChatLog(config, database)
        self._events = ChatEvents(config, database, hub.rooms, chatlog=self._log, words=self.words, now_s=context.now_s)
        self._moderation = ModerationApi(config, database, hub.controls, hub.rooms, self.words)
        self._event_log = EventLogApi(config, database, ListFiles(config, database, context.clock.real_s))
        self._figures = StaffFigures(
            database, hub.rooms, questions=lambda: context.port(OpenQuestions), now_s=context.now_s
        )
        hub.rooms.on_control(EFFECTS)
        hub.membership.checks.append(self._check_entry)
        hub.membership.retellings.append(without_gone_texts)
        if hub.holds_sockets:
            hub.dispatch.on(WordsChanged, lambda _channel, _message: self.words.reload_soon())
            hub.sync.add_reconciler(self.words.catch_up)
        CALLBACKS.watch("livehub_chats_dropped", "Lines not stored", lambda: self._log.dropped, kind="counter")

    def endpoints(self) -> Sequence[Endpoint]:
        return [*self._moderation.endpoints(), *self._figures.endpoints(), *self._event_log.endpoints()]

    def socket_handlers(self) -> Mapping[str, Handler]:
        return self._events.handlers()

    async def start(self) -> None:
        """Hear of changed word lists, and store what is said."""
        if self._holds_sockets:
            await self.words.start()
            self._log.start()
            self._figures.start()

    async def stop(self) -> None:
        """Store what waits."""
        await self._figures.stop()
        await self.words.stop()
        await self._log.stop()

    async def person_merged(self, tx: Transaction, was: str, person: str, *, now_ms: int) -> Sequence[str]:
        return await people.take_along(self._controls, tx, was, person, now_ms=now_ms)

    async def person_unmerged(self, tx: Transaction, was: str, person: str, did: Sequence[str], *, now_ms: int) -> None:
        del was
        await people.take_back(self._controls, tx, person, did, now_ms=now_ms)

    async def person_erased(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        del stand_in
        await people.forget(self._controls, tx, person, now_ms=now_ms)

    def _check_entry(self, live: Room, person: Identity) -> None:
        check_not_banned(live.state, person.id, now_ms=int(self._now_s() * 1000))
