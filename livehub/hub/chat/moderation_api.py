"""HTTP: moderation."""

from datetime import UTC, datetime
from typing import Any, Literal

from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import LivehubError
from livehub.base.text import clean
from livehub.hub.chat import moderation, schemas, store, words
from livehub.hub.chat.errors import LineNotFound, ModerationFull, UndoOver
from livehub.hub.chat.room_messages import (
    FOR_GOOD_TS,
    RESTRICTIONS,
    SLOW_MODE,
    LineDeleted,
    LineRestored,
    Restrictions,
    SlowModeSet,
    banned,
    muted,
)
from livehub.hub.chat.settings import ChatConfig
from livehub.hub.chat.words import Words
from livehub.hub.rooms import log as controls
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.api import placed
from livehub.hub.rooms.log import LockedRoom, RoomLog, Why
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.schemas import Nothing, Placed
from livehub.room.errors import RoomNotFound
from livehub.room.wire import ErrorBody

MODERATE = Permission.MODERATE

REASON_CHARS_MAX = 200

STORE_S = 0.5  # that a batch of lines takes to be stored, with time to spare
STORE_WAIT_MAX_S = 3.0  # a connection to PostgreSQL is held meanwhile


class ModerationApi:
    def __init__(
        self,
        config: ChatConfig,
        database: Database,
        log: RoomLog,
        rooms: RoomRegistry,
        words: Words,
    ) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._rooms = rooms
        self._words = words

    def endpoints(self) -> list[Endpoint]:
        room = "/api/rooms/{room}"
        held = f"{room}/moderation/held/{{line}}"
        not_found = (RoomNotFound,)
        line = (RoomNotFound, LineNotFound)
        full = (RoomNotFound, ModerationFull)
        nothing = Nothing
        restriction = schemas.RestrictionRequest
        edit_words = Permission.EDIT_WORDS
        words = "/api/moderation/words"
        return [
            get(f"{room}/moderation", self.page, reply=schemas.ModerationPage, may=MODERATE, errors=not_found),
            post(f"{held}/approve", self.approve, may=MODERATE, body=nothing, reply=None, errors=line),
            post(f"{held}/reject", self.reject, may=MODERATE, body=nothing, reply=None, errors=line),
            post(
                f"{room}/moderation/held", self.decide, may=MODERATE, body=schemas.HeldVerdict,
                reply=schemas.HeldOutcomes, errors=not_found,
            ),
            post(
                f"{room}/chats/{{line}}/restore", self.restore_line, may=MODERATE, body=nothing, reply=Placed,
                errors=(*line, UndoOver),
            ),
            delete(f"{room}/chats/{{line}}", self.delete_line, may=MODERATE, reply=Placed, errors=not_found),
            post(
                f"{room}/moderation/mutes", self.mute, may=MODERATE, body=restriction, reply=Placed, errors=full
            ),
            post(
                f"{room}/moderation/bans", self.ban, may=MODERATE, body=restriction, reply=Placed, errors=full
            ),
            post(
                f"{room}/moderation/slow-mode", self.slow_mode, may=MODERATE, body=schemas.SlowModeRequest,
                reply=Placed, errors=not_found,
            ),
            get(words, self.words, reply=schemas.WordLists, may=edit_words),
            post(words, self.set_words, may=edit_words, body=schemas.WordLists, reply=schemas.WordLists, method="PUT"),
        ]  # fmt: skip

    async def page(self, call: Call[None]) -> schemas.ModerationPage:
        """What waits for a moderator, and who is restricted."""
        async with self._database.connection() as connection:
            stored = await controls.stored_room(connection, self._log.registry, call.path["room"])
            held = await moderation.waiting_lines(connection, call.path["room"], self._config.lists_max)
            restricted = stored.state[RESTRICTIONS]
            people = [*restricted.mutes, *restricted.bans]
            names = await moderation.names_of(connection, call.path["room"], people)
        return schemas.ModerationPage(
            held=held,
            restrictions=_restrictions(restricted, names, call.now_ms),
            slow_mode_s=stored.state[SLOW_MODE].slow_mode_s,
        )

    async def approve(self, call: Call[Nothing]) -> None:
        """Show a held line; a reported one just stays."""
        # Locked against a ban at the same time, which hides what the person said before it.
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        await self._approve(call, room, call.path["line"])

    async def reject(self, call: Call[Nothing]) -> None:
        """Keep a held line from being shown; a reported one is deleted."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        await self._reject(call, room, call.path["line"])

    async def decide(self, call: Call[schemas.HeldVerdict]) -> schemas.HeldOutcomes:
        """Approve or reject several held lines."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        outcomes: dict[str, schemas.HeldOutcome] = {}
        for line in sorted(set(call.body.lines)):  # in one order, as everybody who locks several
            try:
                if call.body.verdict == "approve":
                    await self._approve(call, room, line)
                else:
                    await self._reject(call, room, line)
            except LineNotFound as error:
                outcomes[line] = schemas.HeldOutcome(id=line, ok=False, error=_told(error))
            else:
                outcomes[line] = schemas.HeldOutcome(id=line, ok=True)
        return schemas.HeldOutcomes(items=[outcomes[line] for line in call.body.lines])

    async def _approve(self, call: Call[Any], room: LockedRoom, line_id: str) -> None:
        by, now_ms = call.person, call.now_ms
        line, reason = await moderation.decide_line(call.tx, room.id, line_id, "approved", by, now_ms=now_ms)
        if reason == "word":
            # Here and not after the commit, or a crash between the two would lose the line for good.
            await store.insert(call.tx.connection, [store.ChatRow(room.id, line, now_ms)])
            # What is said is only heard when it is said; pages show a line once, however often it comes.
            call.tx.after_commit(lambda: self._rooms.say(room.id, line), or_unknown=True)

    async def _reject(self, call: Call[Any], room: LockedRoom, line_id: str) -> None:
        by, now_ms = call.person, call.now_ms
        line, reason = await moderation.decide_line(call.tx, room.id, line_id, "rejected", by, now_ms=now_ms)
        if reason == "report" and await moderation.delete_line(call.tx, room.id, line.id, by, now_ms=now_ms):
            await self._log.write(room, LineDeleted(line=line.id), now_ms=now_ms)

    async def delete_line(self, call: Call[None]) -> Placed:
        """Take a line away from everybody."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        line = call.path["line"]
        if not await moderation.delete_line(call.tx, room.id, line, call.person, now_ms=call.now_ms):
            return Placed(epoch=room.epoch, offset=room.offset)
        return placed(await self._log.write(room, LineDeleted(line=line), now_ms=call.now_ms))

    async def restore_line(self, call: Call[Nothing]) -> Placed:
        """Give a line back to everybody that was deleted just now."""
        within_s = min(self._config.chat_log_interval_s + STORE_S, STORE_WAIT_MAX_S)
        await moderation.wait_until_stored(call.tx.connection, call.path["room"], call.path["line"], within_s=within_s)
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        line = await moderation.restore_line(
            call.tx, room.id, call.path["line"], call.person, now_ms=call.now_ms, undo_s=self._config.chat_undo_s
        )
        if line is None:
            return Placed(epoch=room.epoch, offset=room.offset)
        return placed(await self._log.write(room, LineRestored(line=line), now_ms=call.now_ms))

    # --- people ---

    async def mute(self, call: Call[schemas.RestrictionRequest]) -> Placed:
        """Mute a person, or let them speak again."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        body = call.body
        data = muted(room.state, body.user, body.seconds, now_ms=call.now_ms, bounds=self._log.bounds)
        return placed(await self._log.write(room, data, now_ms=call.now_ms, why=_why(body)))

    async def ban(self, call: Call[schemas.RestrictionRequest]) -> Placed:
        """Ban a person from the room, or let them in again."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        body = call.body
        data = banned(room.state, body.user, body.seconds, now_ms=call.now_ms, bounds=self._log.bounds)
        if data.until_ts:
            await moderation.hide_lines(call.tx, room.id, body.user, call.person, now_ms=call.now_ms)
        return placed(await self._log.write(room, data, now_ms=call.now_ms, why=_why(body)))

    async def slow_mode(self, call: Call[schemas.SlowModeRequest]) -> Placed:
        """Let a person chat only once in so many seconds."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        return placed(await self._log.write(room, SlowModeSet(seconds=call.body.seconds), now_ms=call.now_ms))

    # --- words ---

    async def words(self, _call: Call[None]) -> schemas.WordLists:
        """The word lists in force."""
        async with self._database.connection() as connection:
            return await words.word_lists(connection)

    async def set_words(self, call: Call[schemas.WordLists]) -> schemas.WordLists:
        """Put new word lists in force, at once and everywhere."""
        block = [clean(word, 60) for word in call.body.block]
        hold = [clean(word, 60) for word in call.body.hold]
        lists = schemas.WordLists(block=block, hold=hold)
        before = await words.word_lists(call.tx.connection)
        await words.store_words(call.tx, lists)
        stored = await words.word_lists(call.tx.connection)
        # How many, and not which: whoever reads the log may not read the lists.
        counts = {"added": _words_beyond(stored, before), "removed": _words_beyond(before, stored)}
        action = Action(type="words", before=_how_many(before), after=_how_many(stored), data=counts)
        await record(call.tx.connection, None, [action], by=call.person, now_ms=call.now_ms)
        call.tx.after_commit(lambda: self._words.changed(stored))
        return stored


def _how_many(lists: schemas.WordLists) -> dict[str, int]:
    return {"block": len(lists.block), "hold": len(lists.hold)}


def _words_beyond(these: schemas.WordLists, those: schemas.WordLists) -> int:
    """How many words are in these lists and not in those."""
    return len(set(these.block) - set(those.block)) + len(set(these.hold) - set(those.hold))


def _told(error: LivehubError) -> ErrorBody:
    return ErrorBody(code=error.code, name=error.name, message=error.message)


def _why(body: schemas.RestrictionRequest) -> Why | None:
    reason = clean(body.reason, REASON_CHARS_MAX) if body.reason and body.reason.strip() else ""
    return Why(reason=reason, line=body.line) if reason or body.line else None


def _restrictions(restricted: Restrictions, names: dict[str, str], now_ms: int) -> list[schemas.Restriction]:
    kinds: list[tuple[Literal["mute", "ban"], dict[str, int]]] = [("mute", restricted.mutes), ("ban", restricted.bans)]
    return [
        schemas.Restriction(
            user=user,
            name=names.get(user, ""),
            kind=kind,
            until=None if until_ts >= FOR_GOOD_TS else datetime.fromtimestamp(until_ts / 1000, UTC),
        )
        for kind, entries in kinds
        for user, until_ts in entries.items()
        if until_ts > now_ms
    ]
