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

from livehub.base.tasks import Tasks
from media.rtc.dtls import Certificate, Dtls
from media.rtc.ice import Address, LiteAgent
from media.rtc.sdp import Answering, Credentials, Offer, answer, write_fragment
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.peer")

State = Literal["new", "connecting", "connected", "closed"]
WATCH_PAUSE_S = 1.0
ROUND_TRIP_PAUSE_S = 2.0


class SessionListener(Protocol):
    """What a session is for."""

    def connected(self) -> None:
        """Media may flow."""

    def rtp(self, data: bytes, now_s: float) -> None:
        """An RTP packet, unprotected. `now_s`: the event loop's clock."""

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """RTCP packets, unprotected."""

    def closed(self) -> None:
        """It is over. Called once."""


class SessionCounters:
    """Packets that could not be used, of all sessions."""

    forged = 0  # also broken: what can't be authenticated or read


class RtcSession:
    """`now_s` is the event loop's clock."""

    def __init__(
        self, config: MediaConfig, mux: UdpMux, certificate: Certificate, offer: Offer, listener: SessionListener
    ) -> None:
        self._config = config
        self._mux = mux
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
        mux.bind_ufrag(local.ufrag, self)
        self._first_check = asyncio.Event()
        self._handshake: asyncio.Task[bool] | None = None
        self._tasks = Tasks()
        self._task = self._tasks.once("media session", self._live(), of=self.id)
        self._closing: asyncio.Task[None] | None = None

    # --- SDP and ICE over HTTP ---

    def answer(self, *, sources: dict[str, int] | None = None, start_bitrate_kbps: int = 0) -> str:
        given = Answering(
            session=secrets.randbits(62),
            local=self._agent.local,
            fingerprint=self._certificate.fingerprint(),
            addresses=self._mux.addresses,
            port=self._mux.number,
            sources=sources or {},
            start_bitrate_kbps=start_bitrate_kbps,
        )
        return answer(self._offer, given)

    def restart(self, remote: Credentials) -> str:
        """New credentials on both sides; the fragment that tells ours. The session goes on meanwhile."""
        local = new_credentials()
        self._agent.restart(local, remote)
        assert self._agent.before is not None
        kept = {local.ufrag, self._agent.before[0].ufrag}
        self._mux.unbind(self, self._ufrags - kept, set())  # of restarts that nothing came of
        self._ufrags = kept
        self._mux.bind_ufrag(local.ufrag, self)
        self.etag = f'"{secrets.token_urlsafe(9)}"'
        return write_fragment(self._offer, local, self._mux.addresses, self._mux.number)

    @property
    def remote(self) -> Credentials:
        """The peer's ICE credentials; other ones ask for a restart."""
        return self._agent.remote

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
            self._mux.send(data, self._agent.selected)

    # --- in (called by the mux) ---

    def on_stun_request(self, message: stun.Message, address: Address) -> None:
        result = self._agent.check(message, address)
        if isinstance(result, str):
            SessionCounters.forged += 1
            return
        self.heard_s = self._loop.time()
        self._mux.bind_address(address, self)
        if result.dropped is not None:
            self._mux.unbind(self, set(), {result.dropped})
        self._mux.send(result.reply, address)
        if self.state == "new":
            self.state = "connecting"
            self._first_check.set()

    def on_stun_response(self, message: stun.Message) -> None:
        """The answer to a request of ours: the round trip."""
        if self._request is not None and message.transaction_id == self._request[0]:
            self.round_trip_s = self._loop.time() - self._request[1]
            self._request = None

    def on_datagram(self, data: bytes) -> None:
        """DTLS, SRTP or SRTCP, told apart by the first byte (RFC 7983)."""
        first = data[0]
        rx = self._dtls.rx
        now_s = self._loop.time()
        if 127 < first < 192 and rx is not None:
            try:
                is_rtcp = 192 <= data[1] <= 223  # RFC 5761, section 4
                plain = rx.unprotect_rtcp(data) if is_rtcp else rx.unprotect(data)
            except (pylibsrtp.Error, IndexError, ValueError):  # the last: longer than libsrtp takes
                SessionCounters.forged += 1
                return
            self.heard_s = now_s
            if is_rtcp:
                self._listener.rtcp(_read_rtcp(plain), now_s)
            else:
                self._listener.rtp(plain, now_s)
        elif 19 < first < 64:
            self.heard_s = now_s
            self._dtls.ice.on_datagram(data)

    # --- life ---

    async def close(self) -> None:
        """End it; may be called again."""
        if self._task is not asyncio.current_task():
            self._task.cancel()
        await self._end()

    @property
    def is_closing(self) -> bool:
        """Whether its end was asked for by a listener."""
        return self._closing is not None

    def close_soon(self) -> None:
        """End it, for listeners, which cannot wait."""
        if self._closing is None:
            self._closing = self._tasks.once("media session close", self.close(), of=self.id)

    async def _live(self) -> None:
        try:
            if await self._connect():
                self.state = "connected"
                self._listener.connected()
                await self._watch()
        finally:
            await self._end()

    async def _connect(self) -> bool:
        try:
            async with asyncio.timeout(self._config.media_handshake_s):
                await self._first_check.wait()
                self._handshake = asyncio.create_task(self._dtls.connect(self._offer), name="media handshake")
                return await self._handshake
        except TimeoutError:
            return False

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
            self._mux.unbind(self, self._ufrags, set(self._agent.addresses))
            self._listener.closed()


def new_credentials() -> Credentials:
    """Fresh ICE credentials; the ufrag also finds the session, so it is long enough never to meet twice."""
    return Credentials(secrets.token_hex(8), secrets.token_hex(16))


def _read_rtcp(data: bytes) -> list[AnyRtcpPacket]:
    try:
        return RtcpPacket.parse(data)
    except (ValueError, IndexError):
        SessionCounters.forged += 1
        return []
