"""One client: who it is, which rooms it watches, and how frames reach it, by WebSocket or long-polling.

Delivery: frames are written in the order of `send` calls. A droppable frame (a tick) is skipped while more than
`socket_backlog_bytes_max` wait; any other is queued until `socket_backlog_close_bytes`, then the client is cut off with
Close.SLOW_CONSUMER, and recovers by joining again with its last position. For a polling client the same holds in frames,
with half of `socket_polling_queue_max` and the whole of it.

One who sends more than it may is refused, each event by its number. Whoever goes on for longer than `socket_errors_max`
allows is cut off with Close.TOO_FAST: nothing more is read, what was read is answered, and then we hang up.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from livehub.base.auth import GUEST, Identity, guest
from livehub.base.errors import TooFast
from livehub.base.limits import BucketSpec, TokenBucket, retry_after_ms
from livehub.base.metrics import CLOSED
from livehub.base.tasks import Tasks
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.frames import Frame
from livehub.hub.sockets.socketio import Move, State, after

if TYPE_CHECKING:
    from engineio.async_socket import AsyncSocket

CLOSE_GRACE_S = 2.0  # for the close frame to leave; then the connection is dropped
ANSWERS_S = 2.0  # for what one who is cut off was not answered yet
LOOK_S = 0.02  # whether it was


class Dropped:
    """Droppable frames skipped in this process."""

    frames = 0


class Limits:
    """What all connections of a process share."""

    def __init__(self, config: HubConfig) -> None:
        # (from here on ticks are skipped, from here on the client is cut off): bytes on a WebSocket, frames for a poll
        self.backlog_bytes = (config.socket_backlog_bytes_max, config.socket_backlog_close_bytes)
        self.backlog_frames = (config.socket_polling_queue_max // 2, config.socket_polling_queue_max)
        self.events = BucketSpec(per_s_max=config.socket_events_per_s_max, burst_max=config.socket_events_burst_max)
        self.likes = BucketSpec(per_s_max=config.likes_per_s_max, burst_max=config.likes_burst_max)
        # Refusals, forgiven as fast as events are allowed: nobody is cut off for what they did an hour ago.
        self.errors = BucketSpec(per_s_max=config.socket_events_per_s_max, burst_max=config.socket_errors_max)
        self.tasks = Tasks()


class Connection:
    """One client's connection. `state` as in socketio.py; `identity` is set from CONNECTED on, `close_code` once we closed."""

    __slots__ = (
        "_corked",
        "_cutting_off",
        "_errors",
        "_limits",
        "_socket",
        "close_code",
        "connected_s",
        "deflate",
        "events",
        "fd",
        "heard_in_round",
        "identity",
        "is_open",
        "likes",
        "network",
        "pending",
        "rooms",
        "sid",
        "slot",
        "state",
        "transport",
    )

    def __init__(
        self, limits: Limits, sid: str, network: str, now_s: float, *, socket: "AsyncSocket | None" = None
    ) -> None:
        """`socket`: of a client that begins by polling; else `attach` comes before the first frame. `now_s`: monotonic."""
        self._limits = limits
        self._corked: list[bytes] | None = None
        self._socket = socket
        self.state = State.OPEN
        self.is_open = True  # state < CLOSING, kept because each frame to each viewer asks for it
        self.transport: asyncio.Transport | None = None
        self.sid = sid
        self.network = network
        self.identity: Identity | None = None
        self.deflate = False
        self.fd = -1  # of a plain TCP connection, which bulk_writer.py may write to
        self.rooms: tuple[str, ...] = ()
        self.events = TokenBucket(limits.events)
        self.likes = TokenBucket(limits.likes)
        self._errors: TokenBucket | None = None  # from the first refusal on; few ever have one
        self._cutting_off: asyncio.Task[None] | None = None
        self.pending = 0
        self.connected_s = now_s
        self.heard_in_round = True
        self.close_code: int | None = None
        self.slot = -1  # in the wheel of heartbeats

    def admitted(self, identity: Identity) -> None:
        """The CONNECT was accepted."""
        self._move(Move.ADMITTED)
        self.identity = identity

    @property
    def person(self) -> Identity:
        """Whom it speaks for; without a token, a guest who is nobody else."""
        return self.identity or guest(self.sid)

    @property
    def is_anonymous(self) -> bool:
        """It came without a token: its id is its own, and over with it."""
        return self.identity is None or self.identity.id == GUEST + self.sid

    def ended(self) -> bool:
        """It is over. False: that was known."""
        if self.state is State.CLOSED:
            return False
        self._move(Move.ENDED)
        return True

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)
        self.is_open = self.state < State.CLOSING

    def enter_room(self, room: str) -> None:
        if room not in self.rooms:
            self.rooms += (room,)

    def leave_room(self, room: str) -> None:
        self.rooms = tuple(name for name in self.rooms if name != room)

    # --- what it may send ---

    def charge(self, cost: float, now_s: float) -> None:
        """Let the event that is being handled count as `cost` of them, at most as all of a full allowance. Raises TooFast.

        A refusal takes nothing, not even the one that the router took: whoever waits as told is let through.
        """
        self.events.put_back(1.0)
        wait_s = self.events.wait_s(now_s, min(cost, self._limits.events.burst_max))
        if wait_s:
            raise self.exceeded(wait_s, now_s)

    def exceeded(self, wait_s: float, now_s: float) -> TooFast:
        """The refusal of what came `wait_s` too early. One who goes on regardless is cut off."""
        if self._errors is None:
            self._errors = TokenBucket(self._limits.errors)
        if self._errors.wait_s(now_s):
            self.cut_off()
        return TooFast(retry_after_ms=retry_after_ms(wait_s))

    def is_too_fast(self, now_s: float) -> bool:
        """Whether a packet that is no event, and so gets no refusal, exceeds the same allowance; takes one of it if not."""
        wait_s = self.events.wait_s(now_s)
        if wait_s:
            self.exceeded(wait_s, now_s)
        return wait_s > 0

    # --- how frames travel ---

    @property
    def is_websocket(self) -> bool:
        """Whether frames go out over a WebSocket; else by long-polling."""
        return self.transport is not None

    def attach(self, transport: asyncio.Transport, *, deflate: bool = False) -> None:
        """From now on frames go out over a WebSocket; what waits for a poll goes first. `deflate`: it takes compressed ones."""
        self.transport = transport
        self.deflate = deflate
        if transport.get_extra_info("sslcontext") is None and (tcp := transport.get_extra_info("socket")) is not None:
            self.fd = tcp.fileno()
        queue = self._socket.queue if self._socket is not None else None
        while queue is not None and not queue.empty():
            waiting = queue.get_nowait()
            queue.task_done()
            if waiting is not None:
                encoded = waiting.encode()
                transport.write(frames.websocket_frame(encoded if isinstance(encoded, bytes) else encoded.encode()))

    def detach(self) -> None:
        self.transport = None
        self.fd = -1

    def end_poll(self) -> None:
        """Let a poll that is under way return now instead of at its time-out."""
        if self.transport is None and self._socket is not None:
            self._socket.queue.put_nowait(None)

    def send(self, frame: Frame, *, droppable: bool = False) -> bool:
        """Write or queue `frame`; False when it was skipped or the client is cut off."""
        if not self.is_open:
            return False
        transport = self.transport
        if transport is not None:
            if (waiting := transport.get_write_buffer_size()) and self._too_slow(
                waiting, self._limits.backlog_bytes, droppable=droppable
            ):
                return False
            data = frame.deflated if self.deflate else frame.websocket
            if self._corked is None:
                transport.write(data)
            else:
                self._corked.append(data)
        elif self._socket is not None:
            if self._too_slow(self._socket.queue.qsize(), self._limits.backlog_frames, droppable=droppable):
                return False
            for packet in frame.packets:
                self._socket.queue.put_nowait(packet)
        return True

    def cork(self) -> None:
        """Until `flush`, in the same step of the event loop, what is sent gathers: many answers to one read are one write."""
        self._corked = []

    def flush(self) -> None:
        """Write what has gathered, and gather no more."""
        gathered, self._corked = self._corked, None
        if gathered and self.transport is not None:
            self.transport.write(b"".join(gathered))

    def write_rest(self, data: bytes, sent: int) -> None:
        """The kernel took `sent` bytes of `data` at `fd`; the rest goes the usual way."""
        if self.transport is not None:
            self.transport.write(data[sent:])

    def _too_slow(self, waiting: int, backlog: tuple[int, int], *, droppable: bool) -> bool:
        much, too_much = backlog
        if waiting > much and droppable:
            Dropped.frames += 1
            return True
        if waiting > too_much:
            self.close(CloseCode.SLOW_CONSUMER)
            return True
        return False

    def pong(self, payload: bytes) -> None:
        """Answer a WebSocket ping; one who pings and does not read is slow like any other."""
        transport = self.transport
        if transport is not None and not self._too_slow(
            transport.get_write_buffer_size(), self._limits.backlog_bytes, droppable=False
        ):
            self.flush()
            transport.write(frames.pong_frame(payload))

    # --- how it ends ---

    def cut_off(self) -> None:
        """Hang up on one who goes on sending too much, when what was read of it is answered."""
        if self._cutting_off is not None or not self.is_open:
            return
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):  # it is closing
                self.transport.pause_reading()
        closing = self._close_when_answered(CloseCode.TOO_FAST)
        self._cutting_off = self._limits.tasks.once("cut off", closing, of=self.sid)

    async def until_heard(self) -> None:
        """Before more of a polling client is read: of one who is being cut off nothing is."""
        if self._cutting_off is not None:
            await asyncio.wait([self._cutting_off])

    async def _close_when_answered(self, code: CloseCode) -> None:
        """Not in the middle of what was read, of which each event gets its answer: a tap that was taken may have been held."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + ANSWERS_S
        while self.is_open and (self.pending or self._has_unread()) and loop.time() < until_s:  # noqa: ASYNC110  (it is rare)
            await asyncio.sleep(LOOK_S)
        self.close(code)
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.transport.resume_reading()  # for the client's answer to our close

    def _has_unread(self) -> bool:
        """Whether answers wait for a poll; with the session they would be gone."""
        return self.transport is None and self._socket is not None and not self._socket.queue.empty()

    def close_websocket(self, code: int) -> None:
        """Close with a code of RFC 6455, section 7.4.1, rather than one of ours.

        What such a client answers can't be told from what it sent before, so we don't wait for it: we stop sending, which
        closes our half of TCP, and read on, or the kernel would reset the connection and with it our close frame.
        """
        transport, is_open = self.transport, self.is_open
        self._close(code, b"")
        if is_open and transport is not None and transport.can_write_eof():
            transport.write_eof()

    def close(self, code: CloseCode) -> None:
        """Say why and hang up. One who may not return is told so in Socket.IO's words too, or it would try again."""
        transport, socket = self.transport, self._socket
        if transport is not None or socket is None:
            self._close(code, b"" if code.may_return else frames.DISCONNECT.websocket)
        elif self.is_open:
            self._closing(code)
            # The packet must not go through `send`, which would find the connection closing by now.
            if not code.may_return:
                socket.queue.put_nowait(frames.DISCONNECT.packets[0])
            self._limits.tasks.once(
                "polling close", socket.close(wait=False, reason=socket.server.reason.SERVER_DISCONNECT), of=self.sid
            )

    def _close(self, code: int, last: bytes) -> None:
        if not self.is_open:
            return
        self._closing(code)
        self.flush()
        if self.transport is not None:
            self.transport.write(last + frames.close_frame(code))
            asyncio.get_running_loop().call_later(CLOSE_GRACE_S, self.transport.abort)

    def _closing(self, code: int) -> None:
        self._move(Move.WE_CLOSE)
        self.close_code = code
        CLOSED.labels(code=int(code)).inc()
