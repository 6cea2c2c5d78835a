"""The stream between a process and the stock engine: frames of msgpack, both ways, each with a code that only we can make.

    frame   = length (4 bytes, of what follows), HMAC-SHA256 of the frame's number and its body (the first 16 bytes), body
    begin   client: nonce (32 bytes)                     engine: nonce (32 bytes)
            then each side's frames, with a key made of the cluster's secret, both nonces, and which side it is

So nobody without the secret can ask or answer, and no frame can be left out, repeated or moved to another stream. What is said
can be read on the way: the engine listens on loopback unless it is told otherwise, and on a network of one's own.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import cast

NONCE_BYTES = 32
CODE_BYTES = 16
HEAD_BYTES = 4
FRAME_BYTES_MAX = 64_000_000
FIRST_FRAME_BYTES_MAX = 1_024  # of somebody who has not shown yet that they are one of us
UNSENT_BYTES_MAX = 64_000_000  # to a peer that does not read; then the stream ends


class StreamError(Exception):
    """The other side does not speak as one of us; the stream is closed."""


def _key(secret: str, client_nonce: bytes, engine_nonce: bytes, side: str) -> bytes:
    return hmac.digest(secret.encode(), b"livehub stock " + side.encode() + client_nonce + engine_nonce, "sha256")


class Stream(asyncio.Protocol):
    """One side. `received` gets the body of each frame; `ready` is called when frames may be sent, `lost` when it is over."""

    def __init__(
        self,
        secret: str,
        side: str,
        *,
        received: "Callable[[Stream, bytes], None]",
        ready: "Callable[[Stream], None]",
        lost: "Callable[[Stream], None]",
    ) -> None:
        self._secret = secret
        self._side = side
        self._received = received
        self._ready = ready
        self._lost = lost
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._buffer = bytearray()
        self._keys: tuple[bytes, bytes] | None = None  # ours, theirs
        self._sent = self._taken = 0
        self._transport: asyncio.Transport | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether the other side has shown that it knows the secret."""
        return self._taken > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._transport.write(self._nonce)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._buffer.clear()
        self._lost(self)

    def close(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, body: bytes) -> None:
        """Send a frame. One to a peer that does not read ends the stream."""
        if self._transport is None or self._keys is None:
            return
        self._transport.write(
            (len(body) + CODE_BYTES).to_bytes(HEAD_BYTES, "big") + _code(self._keys[0], self._sent, body) + body
        )
        self._sent += 1
        if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            if self._keys is None and not self._shook_hands():
                return
            self._take_frames()
        except StreamError:
            self.close()

    def _shook_hands(self) -> bool:
        if len(self._buffer) < NONCE_BYTES:
            return False
        theirs = bytes(self._buffer[:NONCE_BYTES])
        del self._buffer[:NONCE_BYTES]
        is_client = self._side == "client"
        nonces = (self._nonce, theirs) if is_client else (theirs, self._nonce)
        client, engine = (_key(self._secret, *nonces, side) for side in ("client", "engine"))
        self._keys = (client, engine) if is_client else (engine, client)
        self._ready(self)
        return True

    def _take_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= HEAD_BYTES:
            length = int.from_bytes(buffer[at : at + HEAD_BYTES], "big")
            is_stranger = self._side == "engine" and not self._taken  # a client knows whom it has called
            if not CODE_BYTES <= length <= (FIRST_FRAME_BYTES_MAX if is_stranger else FRAME_BYTES_MAX):
                raise StreamError("a frame of no length that there is")
            end = at + HEAD_BYTES + length
            if len(buffer) < end:
                break
            body = bytes(buffer[at + HEAD_BYTES + CODE_BYTES : end])
            assert self._keys is not None
            code = _code(self._keys[1], self._taken, body)
            if not hmac.compare_digest(code, bytes(buffer[at + HEAD_BYTES : at + HEAD_BYTES + CODE_BYTES])):
                raise StreamError("a frame that is not ours")
            self._taken += 1
            at = end
            self._received(self, body)
            if self._transport is None or self._transport.is_closing():
                return
        del buffer[:at]


def _code(key: bytes, number: int, body: bytes) -> bytes:
    return hmac.new(key, number.to_bytes(8, "big") + body, hashlib.sha256).digest()[:CODE_BYTES]
