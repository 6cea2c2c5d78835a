"""One WebRTC session: its ICE, its DTLS, and SRTP in and out. What is inside the packets is its listener's affair.

    new --first check--> connecting --handshake--> connected --goodbye, silence, close()--> closed

`handshake_s` bounds the way to connected; after that `silence_s` without any datagram ends it. Between, the network may go and
come back: neither DTLS nor SRTP minds.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Literal, Protocol

import pylibsrtp
from aioice import stun
from aiortc.rtp import AnyRtcpPacket, RtcpPacket

from livehub.base.config import Config
from media.rtc.dtls import Certificate, Dtls
from media.rtc.ice import Address, LiteAgent
from media.rtc.port import Port
from media.rtc.sdp import Answering, Credentials, Offer, answer, write_fragment

log = logging.getLogger("livehub.media.peer")

State = Literal["new", "connecting", "connected", "closed"]
WATCH_PAUSE_S = 1.0
ROUND_TRIP_PAUSE_S = 2.0


class Listener(Protocol):
    """What a session is for."""

    def connected(self) -> None:
        """Media may flow."""

    def rtp(self, data: bytes, now_s: float) -> None:
        """An RTP packet, unprotected. `now_s`: the event loop's clock."""

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """RTCP packets, unprotected."""

    def closed(self) -> None:
        """It is over. Called once."""


class Counts:
    """Packets that could not be used, of all sessions."""

    forged = 0  # also broken: what can't be authenticated or read


class Peer:
    """See the module. `now_s` is the event loop's clock."""

    def __init__(self, config: Config, port: Port, certificate: Certificate, offer: Offer, listener: Listener) -> None:
        self._config = config
        self._port = port
        self._offer = offer
        self._listener = listener
        self._certificate = certificate
        self._loop = asyncio.get_running_loop()
        local = new_credentials()
        self._agent = LiteAgent(local, offer.remote)
        self._ufrags = {local.ufrag}
        self._dtls = Dtls(certificate, self._send)
        self._request: tuple[bytes, float] | None = None
        self.id = secrets.token_urlsafe(12)
        self.etag = f'"{secrets.token_urlsafe(9)}"'
        self.state: State = "new"
        self.heard_s = self._loop.time()
        self.round_trip_s: float | None = None
        port.name(local.ufrag, self)
        self._task = asyncio.create_task(self._live(), name="media peer")
        self._first_check = asyncio.Event()
        self._handshake: asyncio.Task[bool] | None = None
        self.forget: Callable[[], None] = lambda: None

    # --- SDP and ICE over HTTP ---

    def answer(self, *, sources: dict[str, tuple[int, int]] | None = None, start_bitrate_kbps: int = 0) -> str:
        """The SDP answer."""
        given = Answering(
            session=secrets.randbits(62),
            local=self._agent.local,
            fingerprint=self._certificate.fingerprint(),
            addresses=self._port.addresses,
            port=self._port.number,
            sources=sources or {},
            start_bitrate_kbps=start_bitrate_kbps,
        )
        return answer(self._offer, given)

    def restarts_with(self, remote: Credentials) -> bool:
        """Whether these credentials of the peer mean an ICE restart."""
        return remote != self._agent.remote

    def restart(self, remote: Credentials) -> str:
        """New credentials on both sides; the fragment that tells ours. The session goes on meanwhile."""
        local = new_credentials()
        self._agent.restart(local, remote)
        assert self._agent.before is not None
        kept = {local.ufrag, self._agent.before[0].ufrag}
        self._port.forget(self, self._ufrags - kept, set())  # of restarts that nothing came of
        self._ufrags = kept
        self._port.name(local.ufrag, self)
        self.etag = f'"{secrets.token_urlsafe(9)}"'
        return write_fragment(local, self._port.addresses, self._port.number)

    # --- out ---

    @property
    def address(self) -> Address | None:
        """Where the peer is now."""
        return self._agent.selected

    @property
    def protect(self) -> Callable[[bytes], bytes] | None:
        """SRTP of this session, once it is connected."""
        return self._dtls.tx.protect if self._dtls.tx is not None else None

    def send_rtcp(self, data: bytes) -> None:
        """RTCP, protected here. Before the session is connected it is dropped."""
        if self._dtls.tx is not None and self.state == "connected":
            self._send(self._dtls.tx.protect_rtcp(data))

    def _send(self, data: bytes) -> None:
        if self._agent.selected is not None:
            self._port.send(data, self._agent.selected)

    # --- in (called by the port) ---

    def checked(self, message: stun.Message, address: Address) -> None:
        """A check of the peer."""
        result = self._agent.check(message, address)
        if isinstance(result, str):
            Counts.forged += 1
            return
        self.heard_s = self._loop.time()
        self._port.place(address, self)
        if result.dropped is not None:
            self._port.forget(self, set(), {result.dropped})
        self._port.send(result.reply, address)
        if self.state == "new":
            self.state = "connecting"
            self._first_check.set()

    def told(self, message: stun.Message) -> None:
        """The answer to a request of ours: the round trip."""
        if self._request is not None and message.transaction_id == self._request[0]:
            self.round_trip_s = self._loop.time() - self._request[1]
            self._request = None

    def arrived(self, data: bytes) -> None:
        """DTLS, SRTP or SRTCP, told apart by the first byte (RFC 7983)."""
        first = data[0]
        rx = self._dtls.rx
        now_s = self._loop.time()
        if 127 < first < 192 and rx is not None:
            try:
                is_rtcp = 192 <= data[1] <= 223  # RFC 5761, section 4
                plain = rx.unprotect_rtcp(data) if is_rtcp else rx.unprotect(data)
            except (pylibsrtp.Error, IndexError, ValueError):  # the last: longer than libsrtp takes
                Counts.forged += 1
                return
            self.heard_s = now_s
            if is_rtcp:
                self._listener.rtcp(_read_rtcp(plain), now_s)
            else:
                self._listener.rtp(plain, now_s)
        elif 19 < first < 64:
            self.heard_s = now_s
            self._dtls.path.arrived(data)

    # --- life ---

    async def close(self) -> None:
        """End it; may be called again."""
        if self._task is not asyncio.current_task():
            self._task.cancel()
        await self._end()

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(self._config.media_handshake_s):
                await self._first_check.wait()
                self._handshake = asyncio.create_task(self._dtls.connect(self._offer), name="media handshake")
                connected = await self._handshake
        except TimeoutError:
            connected = False
        if connected:
            self.state = "connected"
            self._listener.connected()
            await self._watch()
        await self._end()

    async def _watch(self) -> None:
        """Until the peer says goodbye or nothing is heard of it."""
        next_s = 0.0
        while not self._dtls.closed:
            now_s = self._loop.time()
            if now_s - self.heard_s > self._config.media_silence_s:
                return
            if now_s >= next_s:
                next_s = now_s + ROUND_TRIP_PAUSE_S
                transaction = secrets.token_bytes(12)
                self._request = (transaction, now_s)
                self._send(self._agent.request(transaction))
            await asyncio.sleep(WATCH_PAUSE_S)

    async def _end(self) -> None:
        if self.state == "closed":
            return
        self.state = "closed"
        try:
            if self._handshake is not None:
                self._handshake.cancel()
            await self._dtls.close()
        finally:
            self._port.forget(self, self._ufrags, set(self._agent.addresses))
            self.forget()
            self._listener.closed()


def new_credentials() -> Credentials:
    """Fresh ICE credentials; the ufrag also finds the session, so it is long enough never to meet twice."""
    return Credentials(secrets.token_hex(8), secrets.token_hex(16))


def _read_rtcp(data: bytes) -> list[AnyRtcpPacket]:
    try:
        return RtcpPacket.parse(data)
    except (ValueError, IndexError):
        Counts.forged += 1
        return []
