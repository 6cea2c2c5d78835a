"""One room as this process follows it: its state at a position, what gathers for the next tick, who watches here.

No I/O of its own: rooms.py feeds it what the bus and PostgreSQL say, server.py what clients say; frames leave by its Fanout.
"""

import contextlib
import secrets
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable

from livehub.base.config import Config
from livehub.base.limits import Allowance, Rate
from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.hub.control import StoredRoom
from livehub.hub.fanout import Fanout, Tick
from livehub.hub.frames import Frame
from livehub.hub.messages import Batch
from livehub.hub.sending import Deliver
from livehub.room import wire
from livehub.room.history import Arrival, Ring, arrival
from livehub.room.people import People
from livehub.room.presence import Likes, Viewers
from livehub.room.shown import ChatLine, Snapshot
from livehub.room.state import Bounds, RoomState, apply
from livehub.room.tick import Gathering, sample

RATE_WINDOW_S = 5.0


class LiveRoom:
    """See the module. `position` and `state` belong together, always."""

    def __init__(
        self,
        config: Config,
        bounds: Bounds,
        room: str,
        stored: StoredRoom,
        likes: Likes,
        deliver: Deliver,
        ticked: Callable[[float], None],
        along: Callable[["LiveRoom"], Tick | None],
    ) -> None:
        """`ticked` and `along` as in Fanout."""
        self._config = config
        self._bounds = bounds
        self.id = room
        self.position = stored.position
        self.state = stored.state
        self.ring = Ring(config.control_ring_max)
        self.fanout = Fanout(config.fanout_slice, deliver, ticked, lambda: along(self))
        self.viewers = Viewers(config.presence_ttl_s)
        self.likes = likes
        self.people = People()
        self.recent: deque[ChatLine] = deque(maxlen=config.chat_history_max)
        self.last_spoke_ms: OrderedDict[str, int] = OrderedDict()
        self.chats = 0
        self.idle_since_s: float | None = None
        self._gathering = Gathering(config.tick_pending_max)
        self._outgoing = Gathering(config.tick_pending_max)
        self._staff: deque[wire.Staff] = deque(maxlen=config.staff_items_max)
        self._own: dict[str, Connection] = {}
        self._told: tuple[int, int] = (-1, -1)
        self._ticks = 0
        self._joined: wire.Joined | None = None
        self._joined_at: tuple[wire.Position, int, int] | None = None
        self._sent_likes = -1
        self._sent_s = 0.0
        self._sent_people = 0
        self._rates: deque[tuple[float, int, int]] = deque(maxlen=64)
        self._readable = Allowance(
            Rate(per_s_max=config.chat_shown_per_s_max, burst_max=max(1, round(config.chat_shown_per_s_max)))
        )
        self._shown_lately: Counter[str] = Counter()
        self._shown_since_s = 0.0

    # --- control ---

    def follow(self, control: wire.Control) -> Arrival:
        """Take the next control message, pass it on to the viewers here; others are only told apart."""
        kind = arrival(self.position, control)
        if kind is Arrival.NEXT:
            self.position = wire.Position(epoch=control.epoch, offset=control.offset)
            self.state = apply(self.state, control.data, ts=control.ts, bounds=self._bounds)
            self.ring.append(control)
            self._forget(control.data)
            frame = frames.event("control", control)
            if isinstance(control.data, wire.Banned) and control.data.until_ts > control.ts:
                self._put_out(control.data.user, frame)
            self.fanout.control(frame)
        return kind

    def _put_out(self, user: str, frame: Frame) -> None:
        """A banned person hears of it, and nothing more from this room."""
        for connection in self.members_of(user):
            connection.send(frame)
            connection.leave_room(self.id)
            self.fanout.members.pop(connection, None)

    def restart(self, position: wire.Position, state: RoomState) -> None:
        """Stand anew, in another epoch; viewers are sent away to join again, since nothing they have can be continued."""
        self.position = position
        self.state = state
        self.ring = Ring(self._config.control_ring_max)
        for connection in list(self.fanout.members):
            connection.close(Close.RESTART)

    def _forget(self, data: wire.ControlData) -> None:
        if isinstance(data, wire.LineDeleted):
            gone = {line.id for line in self.recent if line.id == data.line} | {data.line}
        elif isinstance(data, wire.Banned) and data.until_ts:
            gone = {line.id for line in (*self.recent, *self._gathering.lines) if line.user == data.user}
        else:
            return
        self.recent = deque((line for line in self.recent if line.id not in gone), maxlen=self.recent.maxlen)
        for line_id in gone:
            self._gathering.remove(line_id)
            self._outgoing.remove(line_id)

    # --- what passes ---

    def say(self, line: ChatLine, speaker: Connection | None = None) -> None:
        """A line from this process: for the viewers here, and for the other processes."""
        self._outgoing.add(line)
        self._hear(line)
        if speaker is not None:
            self._own[line.id] = speaker

    def tell_staff(self, item: wire.Staff) -> None:
        """Something for staff, in this process and the others."""
        self._staff.append(item)
        self.show_staff(item)

    def show_staff(self, item: wire.Staff) -> None:
        """Something for the staff who watch here."""
        frame = frames.event("staff", item)
        for connection in self.fanout.members:
            if connection.identity is not None and connection.identity.is_staff:
                connection.send(frame, droppable=True)

    def merge(self, batch: Batch, now_s: float) -> None:
        """What another process gathered."""
        for line in batch.chats:
            self._hear(line)
        if batch.likes is not None:
            self.likes.hear(batch.worker, batch.likes)
        if batch.viewers is not None:
            self.viewers.hear(batch.worker, batch.viewers, now_s)
        if batch.people is not None:
            with contextlib.suppress(ValueError):  # what a later version of ours sends
                self.people.merge(batch.people)
        for item in batch.staff:
            self.show_staff(item)

    def _hear(self, line: ChatLine) -> None:
        self.chats += 1
        self.recent.append(line)
        self._gathering.add(line)

    # --- ticks ---

    def batch(self, now_s: float) -> Batch | None:
        """What the other processes should know; None when nothing is new and the viewer count was told lately."""
        due = now_s - self._sent_s >= self._config.presence_interval_s
        if not (self._outgoing.lines or self._staff or self.likes.mine != self._sent_likes or due):
            return None
        self._sent_s, self._sent_likes = now_s, self.likes.mine
        staff = list(self._staff)
        self._staff.clear()
        return Batch(
            people=self._new_people() if due else None,
            worker=self.likes.worker,
            chats=self._outgoing.take(),
            likes=self.likes.mine,
            viewers=len(self.fanout.members),
            staff=staff,
        )

    def _new_people(self) -> bytes | None:
        if self.people.added == self._sent_people:
            return None
        self._sent_people = self.people.added
        return self.people.pack()

    def tick(self, now_s: float) -> Tick | None:
        """What this tick tells: one frame to everybody, and their own line to those whose line was sampled out."""
        self._ticks += 1
        self.viewers.hear(self.likes.worker, len(self.fanout.members), now_s)
        viewers, likes = self.viewers.total(now_s), self.likes.total
        lines = self._gathering.take()
        own, self._own = self._own, {}
        self._measure(now_s)
        if not lines and (viewers, likes) == self._told:
            return None
        self._told = (viewers, likes)
        shown = self._sample(lines, now_s)
        everybody = self._frame(shown, likes, viewers)
        left_out = {line.id: line for line in lines if line.id in own} if len(shown) < len(lines) else {}
        for line in shown:
            left_out.pop(line.id, None)
        return everybody, [(self._frame([line], likes, viewers), own[line_id]) for line_id, line in left_out.items()]

    def _sample(self, lines: list[ChatLine], now_s: float) -> list[ChatLine]:
        if now_s - self._shown_since_s > RATE_WINDOW_S:
            self._shown_lately.clear()
            self._shown_since_s = now_s
        readable = self._readable.take_up_to(now_s, len(lines))
        shown = sample(lines, readable, secrets.randbelow, self._shown_lately)
        self._shown_lately.update(line.user for line in shown)
        return shown

    def _frame(self, lines: list[ChatLine], likes: int, viewers: int) -> Frame:
        return frames.event("tick", wire.Tick(room=self.id, chats=lines, likes=likes, viewers=viewers))

    def _measure(self, now_s: float) -> None:
        if not self._rates or now_s - self._rates[-1][0] >= RATE_WINDOW_S / 10:
            self._rates.append((now_s, self.chats, self.likes.total))
        while len(self._rates) > 1 and now_s - self._rates[0][0] > RATE_WINDOW_S:
            self._rates.popleft()

    def rates(self, now_s: float) -> tuple[float, float]:
        """(chats, likes) a second, over the last seconds."""
        if not self._rates:
            return 0.0, 0.0
        then_s, chats, likes = self._rates[0]
        span_s = max(now_s - then_s, 1.0)
        return round((self.chats - chats) / span_s, 2), round((self.likes.total - likes) / span_s, 2)

    # --- who watches ---

    def snapshot(self, now_s: float) -> Snapshot:
        """The room as of `position`."""
        return Snapshot(
            view=self.state.view,
            likes=self.likes.total,
            viewers=self.viewers.total(now_s),
            chats=tuple(self.recent),
            ts=int(now_s * 1000),
        )

    def joined(self, missed: list[wire.Control] | None, now_s: float) -> wire.Joined:
        """The answer to a `join`, as of `position`. Between two ticks and control messages all who join get the same one.

        What is said after it was made comes to its receiver with the next tick, like to everybody else.
        """
        at = (self.position, self._ticks, missed[0].offset if missed else -1 if missed is None else 0)
        if self._joined is None or self._joined_at != at:
            self._joined_at = at
            self._joined = wire.Joined(
                room=self.snapshot(now_s),
                epoch=self.position.epoch,
                offset=self.position.offset,
                recovered=missed is not None,
                missed=missed or [],
            )
        return self._joined

    def enter(self, connection: Connection, now_s: float) -> None:
        """One more viewer here."""
        self.fanout.enter(connection)
        self.viewers.hear(self.likes.worker, len(self.fanout.members), now_s)
        self.idle_since_s = None

    def leave(self, connection: Connection, now_s: float) -> None:
        """One fewer."""
        self.fanout.members.pop(connection, None)
        self.viewers.hear(self.likes.worker, len(self.fanout.members), now_s)
        if not self.fanout.members:
            self.idle_since_s = now_s

    def members_of(self, user: str) -> Iterable[Connection]:
        """The connections of a person here."""
        return [c for c in self.fanout.members if c.identity is not None and c.identity.id == user]

    def spoke(self, user: str, now_ms: int, keys_max: int) -> None:
        """Remember when a person spoke, for slow mode."""
        self.last_spoke_ms[user] = now_ms
        self.last_spoke_ms.move_to_end(user)
        if len(self.last_spoke_ms) > keys_max:
            self.last_spoke_ms.popitem(last=False)
