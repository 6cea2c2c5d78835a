"""One room in this process. Whatever is said, heard or decided in it passes here, and leaves by its scheduler and fan-out.

    replica     the log: position, state, last messages
    chat        lines between being said and being shown or told
    scheduler   when what has gathered leaves
    fanout      to whom, and in which order

    handler --> say --> scheduler --> delta() --> broker ... broker --> merge --> scheduler --> tick() --> fanout

Durations are by the monotonic clock; only what carries a `ts` for people is by the wall clock.
"""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import msgspec
from msgspec import UNSET, Struct

from livehub.base.auth import Identity, Permission
from livehub.hub.broker import messages
from livehub.hub.broker.dispatch import report_foreign
from livehub.hub.broker.messages import RoomDelta
from livehub.hub.rooms import defects
from livehub.hub.rooms.bulk_writer import SendFn
from livehub.hub.rooms.chat_buffer import ChatBuffer
from livehub.hub.rooms.fanout import Fanout, Tick
from livehub.hub.rooms.join_cache import JoinCache
from livehub.hub.rooms.log import StoredRoom
from livehub.hub.rooms.rates import Rates
from livehub.hub.rooms.replica import RoomReplica
from livehub.hub.rooms.room_hosts import may_in
from livehub.hub.rooms.scheduler import RoomScheduler
from livehub.hub.rooms.watchers import Watchers
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.frames import Frame
from livehub.room import wire
from livehub.room.controls import Registry
from livehub.room.history import Arrival, Ring
from livehub.room.models import ChatLine, Snapshot
from livehub.room.pace import TickRateController
from livehub.room.presence import VIEWERS_MAX, WORKER_LIKES_MAX, WORKER_VIEWERS_MAX, Likes, Viewers
from livehub.room.state import RoomState
from livehub.room.unique_visitors import UniqueCounter

log = logging.getLogger("livehub.hub.rooms.room")


class RoomServices(Struct, frozen=True, kw_only=True):
    """What all rooms of a process share."""

    config: HubConfig
    registry: Registry
    effects: "Mapping[str, Effect]"
    pace: TickRateController
    send: SendFn
    publish: Callable[[str, bytes], object]
    devices_of: Callable[[str], Iterable[Connection]]  # a person's connections in this process, in whatever rooms
    wall_s: Callable[[], float]


class Room:
    """`viewers`, `likes` and `people` count over all processes (counters.py stores them).

    Figures are of people, without staff. Somebody who watches by two processes is in the sum of both, so that sum is shown as
    no more than the people so far, as long as these are counted exactly; past that the estimate of them is shown as no less
    than the most at once.
    """

    def __init__(self, services: RoomServices, stored: StoredRoom, likes: Likes) -> None:
        config, room = services.config, stored.state.room
        self._services = services
        self._channel = messages.room_channel(room)
        self.id = room
        self.replica = RoomReplica(stored, services.registry, config.control_ring_max)
        self.chat = ChatBuffer(config)
        self.viewers = Viewers(config.presence_ttl_s)
        self.likes = likes
        self.people = UniqueCounter()
        self.idle_since_s: float | None = time.monotonic()
        self._watchers = Watchers()
        self._staff: set[Connection] = set()  # of the members, those who run the room
        self._experts: set[Connection] = set()  # and those who answer its questions, no more
        self._staff_items: deque[wire.Staff] = deque(maxlen=config.staff_items_max)
        self._rates = Rates()
        self._joins = JoinCache()
        self._ticks = 0
        self._shown: tuple[int, int] = (-1, -1)  # viewers and likes, as of the last tick
        self._stock: dict[str, int] = {}
        self._shown_stock: dict[str, int] = {}  # as of the last tick
        self._presence_s = 0.0  # when the last delta left
        self._told_likes = -1
        self._told_people = 0
        self.scheduler = RoomScheduler(
            room,
            services.pace,
            least_s=config.tick_interval_ms / 1000,
            idle_s=config.presence_interval_s,
            tell=self._tell,
            make=self._tick,
        )
        self.fanout = Fanout(
            config.fanout_slice, services.send, self.scheduler.on_tick_sent, self.scheduler.piggyback_tick
        )

    def start(self) -> None:
        self.fanout.start(self.id)
        self.scheduler.start(self.fanout.tick)

    def stop(self) -> None:
        self.scheduler.stop()
        self.fanout.stop()

    @property
    def position(self) -> wire.Position:
        """Where the log stands here."""
        return self.replica.position

    @property
    def state(self) -> RoomState:
        return self.replica.state

    @property
    def ring(self) -> Ring:
        return self.replica.ring

    # --- the log ---

    def follow(self, control: wire.Control) -> Arrival:
        """Take the next control message and pass it on to the viewers here; of any other, only say how it relates."""
        kind, data = self.replica.follow(control)
        if kind is Arrival.NEXT:
            frame = frames.event("control", control)
            effect = self._services.effects.get(control.type)
            if effect is not None and data is not None:
                try:
                    effect(self, control, data, frame)
                except Exception:
                    log.exception("rooms.effect_failed", extra={"room": self.id, "type": control.type})
            self.fanout.control(frame)
        return kind

    @property
    def is_behind(self) -> bool:
        """Whether the room must be read before anybody is shown it (`adopt`)."""
        return self.replica.is_behind

    def adopt(self, stored: StoredRoom) -> bool:
        """As RoomReplica.adopt."""
        return self.replica.adopt(stored)

    def remove(self, user: str, frame: Frame) -> None:
        """A person hears this, and nothing more from this room."""
        for connection in self.members_of(user):
            connection.send(frame)
            connection.leave_room(self.id)
            self.leave(connection)

    def restart(self, position: wire.Position, state: RoomState) -> None:
        """Stand anew. Viewers are sent away to join again, since nothing they have can be continued."""
        self.replica.restart(position, state)
        self.send_away()

    def send_away(self) -> None:
        """Have all viewers join again."""
        for connection in list(self.fanout.members):
            connection.close(CloseCode.LOG_RESTARTED)

    def forget_lines(self, is_gone: Callable[[ChatLine], bool]) -> None:
        """Lines that nobody shall be shown any more: those remembered for whoever joins, and those that wait."""
        self.chat.remove(is_gone)

    # --- what passes ---

    def say(self, line: ChatLine, speaker: Connection | None = None) -> None:
        """A line from this process: for the viewers here, and for the other processes.

        One that cannot be encoded would spoil the tick, the delta and the snapshots that it is part of, so it is dropped here.
        """
        try:
            frames.encode(line)
        except Exception as error:  # noqa: BLE001
            defects.report("line", self.id, error)
            return
        self.chat.say(line, speaker)
        self.scheduler.wake()

    def like(self, count: int) -> None:
        """Likes that came in here."""
        self.likes.add(count)
        self.scheduler.wake()

    def set_stock(self, stock: Mapping[str, int]) -> None:
        """What is left here, by what it is left of, at most `room_stock_max`; ticks and snapshots tell it, the latest wins."""
        kept = dict(islice(stock.items(), self._services.config.room_stock_max))
        if kept != self._stock:
            self._stock = kept
            self.scheduler.wake()

    def staff_item(self, kind: wire.StaffType, data: Struct, now_ms: int) -> wire.Staff:
        """Something of this room that staff are to be told."""
        return wire.Staff(room=self.id, type=kind, ts=now_ms, data=msgspec.to_builtins(data))

    def tell_staff(self, item: wire.Staff) -> None:
        """Something for staff, in this process and the others."""
        self._staff_items.append(item)
        self.show_staff(item)
        self.scheduler.wake()

    def show_staff(self, item: wire.Staff) -> None:
        """Something for the staff who watch here; experts hear of questions alone."""
        told = self._staff | self._experts if item.type == "question" else self._staff
        if told:
            frame = frames.event("staff", item)
            for connection in told:
                connection.send(frame, droppable=True)

    @property
    def has_staff(self) -> bool:
        return bool(self._staff)

    def merge(self, delta: RoomDelta) -> None:
        for line in delta.chats:
            self.chat.hear(line)
        if delta.likes is not None and self._is_credible("likes", delta.likes, WORKER_LIKES_MAX):
            self.likes.update(delta.worker, delta.likes)
        if delta.viewers is not None and self._is_credible("viewers", delta.viewers, WORKER_VIEWERS_MAX):
            self.viewers.update(delta.worker, delta.viewers, time.monotonic())
        if delta.people is not None:
            with contextlib.suppress(ValueError):  # what a later version of ours sends
                self.people.merge(delta.people)
        for item in delta.staff:
            self.show_staff(item)
        self.scheduler.wake()

    def _is_credible(self, name: str, figure: int, most: int) -> bool:
        """Whether one process can have that; if not it is a stranger's figure, and the rest of its message holds."""
        if 0 <= figure <= most:
            return True
        report_foreign(self._channel, f"{figure} {name}")
        return False

    def _tell(self) -> bool:
        delta = self._delta()
        if delta is not None:
            self._services.publish(self._channel, messages.encode(delta))
        return delta is not None

    def _delta(self) -> RoomDelta | None:
        """What the other processes should know; None when nothing is new and the viewer count was told lately."""
        now_s = time.monotonic()
        is_due = now_s - self._presence_s >= self._services.config.presence_interval_s
        if not (self.chat.to_tell.lines or self._staff_items or self.likes.mine != self._told_likes or is_due):
            return None
        self._presence_s, self._told_likes = now_s, self.likes.mine
        staff = list(self._staff_items)
        self._staff_items.clear()
        return RoomDelta(
            people=self._new_people() if is_due else None,
            worker=self.likes.worker,
            chats=self.chat.to_tell.take(),
            likes=self.likes.mine,
            viewers=len(self._watchers),
            staff=staff,
        )

    def _new_people(self) -> bytes | None:
        if self.people.added == self._told_people:
            return None
        self._told_people = self.people.added
        return self.people.pack()

    # --- ticks ---

    def _tick(self) -> Tick | None:
        """One frame to everybody, and their own line to those whose line was sampled out; None when nothing is new."""
        now_s = time.monotonic()
        self._ticks += 1
        self.viewers.update(self.likes.worker, len(self._watchers), now_s)
        viewers, likes = self.viewer_count, self.likes.total
        shown, left_out = self.chat.take_shown(now_s)
        self._rates.sample(now_s, self.chat.count, likes)
        is_same = (viewers, likes) == self._shown and self._stock == self._shown_stock
        if not shown and not left_out and is_same:
            return None
        self._shown, self._shown_stock = (viewers, likes), self._stock
        own = [(self._frame([line], likes, viewers), speaker) for line, speaker in left_out]
        return self._frame(shown, likes, viewers), own

    def _frame(self, lines: list[ChatLine], likes: int, viewers: int) -> Frame:
        stock = self._stock or UNSET
        return frames.event("tick", wire.Tick(room=self.id, chats=lines, likes=likes, viewers=viewers, stock=stock))

    # --- figures ---

    @property
    def viewer_count(self) -> int:
        """People who watch now."""
        return self.viewers.total(time.monotonic(), self._viewers_max)

    @property
    def viewers_peak(self) -> int:
        """The most people who watched at once."""
        return min(self.viewers.peak, self._viewers_max)

    @property
    def people_count(self) -> int:
        """People who have watched so far."""
        return max(self.people.count, self.viewers_peak)

    @property
    def _viewers_max(self) -> int:
        """Whoever watches here is there, also one who was taken for somebody counted before."""
        return max(self.people.count, len(self._watchers)) if self.people.is_exact else VIEWERS_MAX

    def rates(self) -> tuple[float, float]:
        """(chats, likes) a second, over the last seconds."""
        return self._rates.per_s(time.monotonic(), self.chat.count, self.likes.total)

    # --- who watches ---

    def snapshot(self) -> Snapshot:
        """The room as of `position`."""
        return Snapshot(
            view=self.replica.view,
            likes=self.likes.total,
            viewers=self.viewer_count,
            chats=tuple(self.chat.recent),
            ts=int(self._services.wall_s() * 1000),
            bounds=self._services.registry.shown_bounds,
            stock=self._stock,
        )

    def joined(self, missed: list[wire.Control] | None) -> wire.Joined:
        """The answer to a `join`, as of `position`."""
        return self._joins.answer(self.position, self._ticks, missed, self.snapshot, now_s=time.monotonic())

    def enter(self, connection: Connection) -> None:
        self.fanout.enter(connection)
        self._place(connection)
        self.viewers.update(self.likes.worker, len(self._watchers), time.monotonic())
        self.idle_since_s = None

    def _place(self, connection: Connection) -> None:
        """Among the audience or the staff, by what the person is here."""
        person = connection.person
        if self.is_run_by(person):
            self._staff.add(connection)
            return
        self._watchers.enter(connection)
        if may_in(self.state, person, Permission.ANSWER_QUESTIONS):
            self._experts.add(connection)

    def place_again(self, user: str) -> None:
        """What a person is here has changed: who runs the room now is no viewer of it, and the other way round."""
        for connection in self.members_of(user):
            self._displace(connection)
            self._place(connection)
            if connection not in self._staff:
                self.people.add(user)
        self.viewers.update(self.likes.worker, len(self._watchers), time.monotonic())

    def _displace(self, connection: Connection) -> None:
        self._watchers.leave(connection)
        self._staff.discard(connection)
        self._experts.discard(connection)

    def is_run_by(self, person: Identity) -> bool:
        """Whether a person is staff of this room: they see what staff see, may say anything, and are not its audience."""
        return may_in(self.state, person, Permission.RUN_SHOWS)

    def leave(self, connection: Connection) -> None:
        self.fanout.members.pop(connection, None)
        self._displace(connection)
        self.viewers.update(self.likes.worker, len(self._watchers), time.monotonic())
        if not self.fanout.members and self.idle_since_s is None:
            self.idle_since_s = time.monotonic()

    def members_of(self, user: str) -> list[Connection]:
        """The connections of a person that watch here."""
        return [connection for connection in self._services.devices_of(user) if connection in self.fanout.members]


Effect = Callable[[Room, wire.Control, Struct, Frame], None]
"""What a module does to the room of this process, beside its reducer, when its message comes; before the frame goes out."""
