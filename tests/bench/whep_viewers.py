"""`python -m tests.bench.whep_viewers URL COUNT SECONDS`: viewers by WebRTC that cost little: real ICE, DTLS and RTCP.

They count what comes and do not decode it. Each asks for a keyframe now and then (PLI), and for packets that it says it lost
(NACK), as viewers on a bad link do. A process of its own; it prints one line of JSON at the end.
"""

import asyncio
import json
import random
import secrets
import socket
import struct
import sys
import time
import urllib.request

import uvloop
from aioice import stun
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket

from media.rtc.dtls import Certificate, Dtls
from media.rtc.sdp import Credentials, Offer

PLI_EVERY_S = 10.0
LOSS = 0.01
FEEDBACK_PAUSE_S = 0.25
_OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-ufrag:{ufrag}
a=ice-pwd:{password}
a=fingerprint:{fingerprint[0]} {fingerprint[1]}
a=setup:actpass
m=video 9 UDP/TLS/RTP/SAVPF 102 103
c=IN IP4 0.0.0.0
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:102 H264/90000
a=fmtp:102 packetization-mode=1;profile-level-id=42e01f
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
"""


class Viewer:
    """One of them."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self.local = Credentials(secrets.token_hex(4), secrets.token_hex(12))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._address = ("127.0.0.1", 0)
        self._checked = asyncio.Event()
        self._dtls = Dtls(certificate, self._send)
        self._ssrc = secrets.randbits(32)
        self._video_ssrc: int | None = None
        self._highest = 0
        self._missing: list[int] = []
        self.packets = 0
        self.octets = 0
        self.gaps = 0
        self._next: int | None = None

    async def begin(self, url: str) -> None:
        """Connect; raises when the server does not want it."""
        offer = _OFFER.format(
            ufrag=self.local.ufrag, password=self.local.password, fingerprint=self._certificate.fingerprint()
        ).replace("\n", "\r\n")
        answer = await asyncio.to_thread(_post, url, offer)
        told = dict(line[2:].split(":", 1) for line in answer.split("\r\n") if line.startswith("a=") and ":" in line)
        candidate = told["candidate"].split()
        self._address = (candidate[4], int(candidate[5]))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        await self._check(told["ice-ufrag"], told["ice-pwd"])
        algorithm, value = told["fingerprint"].split()
        peer = Offer(
            streams=(), remote=self.local, fingerprints=((algorithm, value),), setup="active", bundle=()
        )  # we begin DTLS, the server answers
        if not await self._dtls.connect(peer):
            raise ConnectionError("DTLS failed")

    async def _check(self, ufrag: str, password: str) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:{self.local.ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        for _ in range(20):
            self._send(bytes(request))
            try:
                async with asyncio.timeout(0.5):
                    await self._checked.wait()
                    return
            except TimeoutError:
                continue
        raise ConnectionError("no answer to checks")

    def _send(self, data: bytes) -> None:
        self._socket.sendto(data, self._address)

    def _readable(self) -> None:
        try:
            for _ in range(200):
                self._arrived(self._socket.recv(2_048))
        except BlockingIOError:
            return

    def _arrived(self, data: bytes) -> None:
        first = data[0]
        if first > 127:
            if 192 <= data[1] <= 223:
                return
            self.packets += 1
            self.octets += len(data)
            if data[1] & 0x7F == 102:
                sequence = data[2] << 8 | data[3]
                if self._video_ssrc is None:
                    self._video_ssrc = struct.unpack_from("!I", data, 8)[0]
                if self._next is not None and sequence != self._next:
                    behind = (sequence - self._next) & 0xFFFF
                    if behind > 0x8000:
                        return  # sent again
                    self.gaps += behind
                self._next = sequence + 1 & 0xFFFF
                if random.random() < LOSS:
                    self._missing.append(sequence)
        elif first > 19:
            self._dtls.ice.on_datagram(data)
        elif first < 4:
            self._checked.set()

    async def feed_back(self, until_s: float) -> None:
        """Reports, requests for keyframes and for packets, until then."""
        next_key_s = time.monotonic() + random.uniform(0, PLI_EVERY_S)
        await asyncio.sleep(random.uniform(0, FEEDBACK_PAUSE_S))
        while time.monotonic() < until_s:
            await asyncio.sleep(FEEDBACK_PAUSE_S)
            if self._video_ssrc is None or self._dtls.tx is None:
                continue
            out = bytes(RtcpRrPacket(ssrc=self._ssrc, reports=[]))
            if self._missing:
                out += bytes(
                    RtcpRtpfbPacket(fmt=1, ssrc=self._ssrc, media_ssrc=self._video_ssrc, lost=sorted(self._missing))
                )
                self._missing = []
            if time.monotonic() > next_key_s:
                next_key_s += PLI_EVERY_S
                out += bytes(RtcpPsfbPacket(fmt=1, ssrc=self._ssrc, media_ssrc=self._video_ssrc))
            self._send(self._dtls.tx.protect_rtcp(out))


def _post(url: str, offer: str) -> str:
    request = urllib.request.Request(url, offer.encode(), {"Content-Type": "application/sdp"}, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


async def watch(url: str, count: int, seconds: float) -> dict[str, float]:
    """Totals of `seconds`, which begin when all have joined."""
    certificate = Certificate.generateCertificate()
    viewers = [Viewer(certificate) for _ in range(count)]
    joining_s = time.monotonic()
    for viewer in viewers:
        await viewer.begin(url)
    joined_s = time.monotonic() - joining_s
    sys.stdout.write("joined\n")
    sys.stdout.flush()
    feeding = [asyncio.create_task(viewer.feed_back(time.monotonic() + seconds + 2)) for viewer in viewers]
    await asyncio.sleep(1)
    before = [(viewer.packets, viewer.octets, viewer.gaps) for viewer in viewers]
    begun_s = time.monotonic()
    await asyncio.sleep(seconds)
    wall_s = time.monotonic() - begun_s
    changes = [
        (viewer.packets - packets, viewer.octets - octets, viewer.gaps - gaps)
        for viewer, (packets, octets, gaps) in zip(viewers, before, strict=True)
    ]
    for task in feeding:
        task.cancel()
    rates = sorted(octets * 8 / wall_s for _, octets, _ in changes)
    return {
        "joined_s": joined_s,
        "packets_per_s": sum(packets for packets, _, _ in changes) / wall_s,
        "least_bps": rates[0],
        "median_bps": rates[len(rates) // 2],
        "missed_share": sum(gaps for _, _, gaps in changes) / max(1, sum(packets for packets, _, _ in changes)),
    }


if __name__ == "__main__":
    uvloop.install()
    figures = asyncio.run(watch(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(json.dumps(figures) + "\n")
