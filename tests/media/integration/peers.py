"""A WebRTC client of the bare kind: ICE checks, DTLS and SRTP over a socket of its own, and whatever bytes a test likes.

    async with RawPeer.of(sends=True) as peer:
        location = await peer.begun(server, made["whip"], made["token"])
        await peer.connected()
        peer.rtp(packet(...))

DTLS is aiortc's; nothing of media/ is used, so that a mistake there is not made here as well.
"""

import asyncio
import functools
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import pylibsrtp
from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtp import AnyRtcpPacket, RtcpPacket

from tests.integration.server import LocalServer
from tests.patience import PATIENCE_S

CHECK_PAUSE_S = 0.05
VIDEO, RTX, AUDIO = 102, 103, 111
ARRIVAL = 4  # id of the header extension that numbers all packets
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


@functools.cache
def _certificate() -> RTCCertificate:
    return RTCCertificate.generateCertificate()


class _Path:
    """What aiortc's DTLS takes for an ICE transport."""

    role = "controlling"

    def __init__(self, peer: "RawPeer") -> None:
        self._peer = peer
        self.datagrams: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def _recv(self) -> bytes:
        data = await self.datagrams.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._peer.raw(data)


class RawPeer:
    """See the module. `rtp_came`, `rtcp_came`: what the server sent, unprotected; `came_again`: RTP that came before.

    `arrivals_came`: of the RTCP the transport-wide feedback, which aiortc does not read. `loses`: whether the next RTP packet
    is lost on its way here.
    """

    def __init__(self, *, sends: bool, host: str = "127.0.0.1") -> None:
        self._sends = sends
        self._is_ipv6 = ":" in host
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.socket = socket.socket(socket.AF_INET6 if self._is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.socket.setblocking(False)  # noqa: FBT003
        self.socket.bind((host, 0))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.socket, self._readable)
        self._path = _Path(self)
        self.dtls = RTCDtlsTransport(self._path, [_certificate()])  # type: ignore[arg-type]
        self._answered: asyncio.Future[None] | None = None
        self.server: tuple[str, int] = ("127.0.0.1", 0)
        self.remote: dict[str, str] = {}
        self.etag = ""
        self.location = ""
        self.rtp_came: list[bytes] = []
        self.rtp_came_s: list[float] = []  # when, by the event loop's clock
        self.rtcp_came: list[AnyRtcpPacket] = []
        self.arrivals_came: list[bytes] = []
        self.loses: Callable[[], bool] = lambda: False
        self.came_again = 0

    @classmethod
    @asynccontextmanager
    async def of(cls, *, sends: bool, host: str = "127.0.0.1") -> AsyncIterator[Self]:
        """One at this address that is gone, without a word, at the end."""
        peer = cls(sends=sends, host=host)
        try:
            yield peer
        finally:
            await peer.vanish()

    def offer(self) -> str:
        """H.264 with retransmission, and Opus."""
        fingerprint = next(f for f in _certificate().getFingerprints() if f.algorithm == "sha-256")
        common = [
            "c=IN IP4 0.0.0.0", f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}", "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {fingerprint.value}", "a=setup:actpass", "a=rtcp-mux",
            "a=sendonly" if self._sends else "a=recvonly",
        ]  # fmt: skip
        lines = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
            f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} {RTX}", *common, "a=mid:0", f"a=rtpmap:{VIDEO} H264/90000",
            f"a=fmtp:{VIDEO} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            f"a=rtcp-fb:{VIDEO} nack", f"a=rtcp-fb:{VIDEO} nack pli", f"a=rtcp-fb:{VIDEO} goog-remb",
            f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VIDEO}",
            f"a=rtcp-fb:{VIDEO} transport-cc",
            f"a=extmap:{ARRIVAL} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}", *common, "a=mid:1", f"a=rtpmap:{AUDIO} opus/48000/2",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    async def begun(self, server: LocalServer, path: str, token: str | None = None) -> str:
        """POST the offer; where the session is. It must be taken."""
        answer = await post(server, path, self.offer(), token)
        assert answer.status == 201, (answer.status, answer.text)
        self.location, self.etag = answer.headers["Location"], answer.headers["ETag"]
        self.learn(answer.text)
        return self.location

    def learn(self, text: str) -> None:
        """What an answer, or the fragment that answers a restart, says of the server."""
        for line in text.splitlines():
            name, _, value = line.removeprefix("a=").partition(":")
            if name in ("ice-ufrag", "ice-pwd", "fingerprint"):
                self.remote[name] = value
            elif name == "candidate" and self._is_ipv6 == (":" in value.split()[4]):
                self.server = (value.split()[4], int(value.split()[5]))

    async def connected(self) -> None:
        """Through ICE and DTLS."""
        async with asyncio.timeout(PATIENCE_S):
            await self.checked()
            algorithm, _, value = self.remote["fingerprint"].partition(" ")
            self.dtls._set_role("client")
            await self.dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value)]))
            assert self.dtls.state == "connected"

    async def checked(self) -> None:
        """One ICE check that nominates, until it is answered."""
        self._answered = self._loop.create_future()
        while True:
            self.raw(self.check())
            done, _ = await asyncio.wait([self._answered], timeout=CHECK_PAUSE_S)
            if done:
                return

    def check(self, *, password: str | None = None, user: str | None = None) -> bytes:
        """A Binding request; a forged one with another `password` or `user`."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, secrets.token_bytes(12))
        message.attributes["USERNAME"] = user or f"{self.remote['ice-ufrag']}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1_853_824_767
        message.attributes["ICE-CONTROLLING"] = 1
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or self.remote["ice-pwd"]).encode())
        return bytes(message)

    # --- out ---

    def raw(self, data: bytes) -> None:
        """A datagram as it is."""
        if self.socket.fileno() >= 0:
            self.socket.sendto(data, self.server)

    def rtp(self, data: bytes) -> None:
        """An RTP packet, protected. What libsrtp refuses (no RTP, or numbered as one long ago) can't be sent."""
        try:
            self.raw(self.dtls._tx_srtp.protect(data))
        except pylibsrtp.Error:
            return

    def rtcp(self, data: bytes) -> None:
        """RTCP, protected."""
        self.raw(self.dtls._tx_srtp.protect_rtcp(data))

    async def patch(self, server: LocalServer, body: str, token: str | None = None, **headers: str) -> "Reply":
        """PATCH the session. Header names are written with underscores."""
        given = {"Content-Type": FRAGMENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await request(server, "PATCH", self.location, body, token, given)

    # --- in ---

    def _readable(self) -> None:
        while True:
            try:
                data = self.socket.recv(4_096)
            except BlockingIOError:
                return
            except ConnectionError:
                continue
            if data[0] < 4:
                self._stun(data)
            elif 19 < data[0] < 64:
                self._path.datagrams.put_nowait(data)
            elif self.dtls.state == "connected":
                self._media(data)

    def _stun(self, data: bytes) -> None:
        message = stun.parse_message(data)
        if message.message_class == stun.Class.REQUEST:
            reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            reply.attributes["XOR-MAPPED-ADDRESS"] = self.server
            reply.add_message_integrity(self.password.encode())
            self.raw(bytes(reply))
        elif self._answered is not None and not self._answered.done():
            self._answered.set_result(None)

    def _media(self, data: bytes) -> None:
        if 192 <= data[1] <= 223:
            plain = self.dtls._rx_srtp.unprotect_rtcp(data)
            self.rtcp_came += RtcpPacket.parse(plain)
            self.arrivals_came += [part for part in _parts(plain) if (part[0] & 0x1F, part[1]) == (15, 205)]
        elif not self.loses():
            try:
                self.rtp_came.append(self.dtls._rx_srtp.unprotect(data))
                self.rtp_came_s.append(self._loop.time())
            except pylibsrtp.Error:
                self.came_again += 1

    # --- the end ---

    async def goodbye(self) -> None:
        """End DTLS as browsers do."""
        await self.dtls.stop()

    async def vanish(self) -> None:
        """Gone, and nobody is told."""
        if self.socket.fileno() >= 0:
            self._loop.remove_reader(self.socket)
            self.socket.close()
            self._path.datagrams.put_nowait(None)
            await self.dtls.stop()


class Reply:
    """An HTTP answer. `text`: its body."""

    def __init__(self, status: int, headers: Any, text: str) -> None:
        self.status, self.headers, self.text = status, headers, text


async def request(
    server: LocalServer, method: str, path: str, body: str | bytes, token: str | None, headers: dict[str, str]
) -> Reply:
    """A call without JSON."""
    given = {"Authorization": f"Bearer {token}", **headers} if token is not None else headers
    data = body.encode() if isinstance(body, str) else body
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with server.session.request(method, server.url + path, data=data, headers=given, timeout=timeout) as response:
        return Reply(response.status, response.headers.copy(), await response.text())


async def post(
    server: LocalServer, path: str, body: str | bytes, token: str | None = None, content_type: str = SDP
) -> Reply:
    """POST an offer."""
    return await request(server, "POST", path, body, token, {"Content-Type": content_type})


# --- RTP ---


def packet(
    payload: bytes, *, sequence: int, timestamp: int, ssrc: int = 1, kind: int = VIDEO, marker: bool = True
) -> bytes:
    """RFC 3550, section 5.1."""
    second = kind | (0x80 if marker else 0)
    return struct.pack("!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def _parts(compound: bytes) -> Iterator[bytes]:
    """The packets of a compound one (RFC 3550, section 6.1)."""
    while compound:
        size = 4 * (int.from_bytes(compound[2:4], "big") + 1)
        yield compound[:size]
        compound = compound[size:]


def numbered(data: bytes, number: int) -> bytes:
    """`data` with its number among all of the transport in the header extension (RFC 8285, section 4.2)."""
    extension = struct.pack("!HHBHB", 0xBEDE, 1, ARRIVAL << 4 | 1, number & 0xFFFF, 0)
    return bytes((data[0] | 0x10,)) + data[1:12] + extension + data[12:]


class Sender:
    """A well-behaved track: access units as packets, numbers that count on."""

    def __init__(self, *, ssrc: int = 1, sequence: int = 100, timestamp: int = 10_000) -> None:
        self.ssrc, self.sequence, self.timestamp = ssrc, sequence, timestamp

    def packets(self, units: tuple[bytes, ...], *, size: int = 1_100) -> Iterator[bytes]:
        """One picture: single units and FU-A (RFC 6184, sections 5.6 and 5.8)."""
        payloads = [payload for unit in units for payload in _payloads(unit, size)]
        for number, payload in enumerate(payloads):
            marker = number == len(payloads) - 1
            yield packet(payload, sequence=self.sequence, timestamp=self.timestamp, ssrc=self.ssrc, marker=marker)
            self.sequence += 1
        self.timestamp += 3_000


def _payloads(unit: bytes, size: int) -> Iterator[bytes]:
    if len(unit) <= size:
        yield unit
        return
    for at in range(1, len(unit), size):
        start, end = 0x80 if at == 1 else 0, 0x40 if at + size >= len(unit) else 0
        yield bytes((unit[0] & 0xE0 | 28, start | end | unit[0] & 0x1F)) + unit[at : at + size]
