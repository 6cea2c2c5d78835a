"""One client: who it is, which rooms it watches, and how frames reach it, by WebSocket or long-polling.

Delivery: frames are written in the order of `send` calls. A droppable frame (a tick) is skipped while more than
`socket_backlog_bytes_max` wait; any other is queued until `socket_backlog_close_bytes`, then the client is cut off with
Close.SLOW_CONSUMER, and recovers by joining again with its last position. For a polling client the same holds in frames,
with half of `socket_polling_queue_max` and the whole of it.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web
from engineio.async_socket import AsyncSocket

from livehub.base.auth import Identity
from livehub.base.config import Config
from livehub.base.limits import Allowance
from livehub.base.metrics import CLOSED
from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.frames import Frame

CLOSE_GRACE_S = 2.0  # for the close frame to leave; then the connection is dropped


class Dropped:
    """How many droppable frames were skipped in this process."""

    frames = 0


class Connection:
    """See the module."""

    __slots__ = (
        "_backlog_bytes",
        "_backlog_frames",
        "_socket",
        "_transport",
        "_websocket",
        "address",
        "closed",
        "connected_s",
        "errors",
        "events",
        "gone",
        "heard_in_round",
        "identity",
        "last_spoke_ms",
        "likes",
        "on_close",
        "pending",
        "rooms",
        "sid",
    )

    def __init__(self, config: Config, socket: AsyncSocket, address: str, now_s: float) -> None:
        # (from here on ticks are skipped, from here on the client is cut off): bytes on a WebSocket, frames for a poll
        self._backlog_bytes = (config.socket_backlog_bytes_max, config.socket_backlog_close_bytes)
        self._backlog_frames = (config.socket_polling_queue_max // 2, config.socket_polling_queue_max)
        self._socket = socket
        self._transport: asyncio.Transport | None = None
        self._websocket: web.WebSocketResponse | None = None
        self.sid: str = socket.sid
        self.address = address
        self.identity: Identity | None = None
        self.rooms: set[str] = set()
        self.events = Allowance(per_s_max=config.socket_events_per_s_max, burst_max=config.socket_events_burst_max)
        self.likes = Allowance(per_s_max=config.likes_per_s_max, burst_max=config.likes_burst_max)
        self.errors = 0
        self.pending = 0
        self.connected_s = now_s
        self.heard_in_round = True
        self.closed: Close | None = None
        self.gone = False
        self.on_close: Callable[[], None] | None = None

    def heard(self) -> None:
        """The client is alive."""
        self.heard_in_round = True

    @property
    def is_websocket(self) -> bool:
        """Whether frames go out over a WebSocket; else by long-polling."""
        return self._transport is not None

    def attach(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        """From now on frames go out over `websocket`; what waits for a poll goes first."""
        self._websocket = websocket
        self._transport = transport
        queue = self._socket.queue
        while not queue.empty():
            waiting = queue.get_nowait()
            queue.task_done()
            if waiting is not None:
                encoded = waiting.encode()
                transport.write(frames.websocket_frame(encoded if isinstance(encoded, bytes) else encoded.encode()))

    def detach(self) -> None:
        """The WebSocket is gone."""
        self._transport = None
        self._websocket = None

    def end_poll(self) -> None:
        """Let a poll that is under way return now instead of at its time-out."""
        if self._transport is None:
            self._socket.queue.put_nowait(None)

    def send(self, frame: Frame, *, droppable: bool = False) -> bool:
        """Write or queue `frame`; False when it was skipped or the client is cut off."""
        if self.closed is not None or self.gone:
            return False
        if self._transport is not None:
            waiting, much, too_much = self._transport.get_write_buffer_size(), *self._backlog_bytes
        else:
            waiting, much, too_much = self._socket.queue.qsize(), *self._backlog_frames
        if waiting > much:
            if droppable:
                Dropped.frames += 1
                return False
            if waiting > too_much:
                self.close(Close.SLOW_CONSUMER)
                return False
        if self._transport is not None:
            self._transport.write(frame.websocket)
        else:
            self._socket.queue.put_nowait(frame.packet)
        return True

    def close(self, code: Close) -> None:
        """Say why and hang up. One who may not return is told so in Socket.IO's words too, or it would try again."""
        if self.closed is not None:
            return
        self.closed = code
        CLOSED.labels(code=int(code)).inc()
        if self.on_close is not None:
            self.on_close()
        transport = self._transport
        if transport is None:
            # The packet must not go through `send`, which would find the socket closed by now.
            if not code.may_return:
                self._socket.queue.put_nowait(frames.DISCONNECT.packet)
            asyncio.get_running_loop().create_task(
                self._socket.close(wait=False, reason=self._socket.server.reason.SERVER_DISCONNECT)
            )
            return
        if not code.may_return:
            transport.write(frames.DISCONNECT.websocket)
        transport.write(frames.close_frame(code))
        asyncio.get_running_loop().call_later(CLOSE_GRACE_S, transport.abort)
