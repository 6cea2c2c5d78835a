"""Datagrams and packets that no honest peer sends: counted, survived, and without effect on other cameras."""

import asyncio
import logging
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket

from media.codecs.x264 import Access, encoded
from media.drawing import Canvas
from media.ingest.camera import LiveCamera
from media.module import Media
from media.whep.viewer import AGAIN_WINDOW_S
from tests.integration.server import InProcessServer, eventually
from tests.media.integration.peers import AUDIO, RTX, VIDEO, RawPeer, Sender, packet, post

ENOUGH = {"media_sessions_per_s_max": 1_000.0, "media_sessions_burst_max": 1_000}
SSRC = 7


@cache
def pictures() -> tuple[Access, ...]:
    """Ten, of which the first and the sixth are keys."""
    canvas = Canvas(160, 96)
    canvas.gradient((40, 120, 120), (180, 140, 110))

    def drawn() -> Iterator[object]:
        for number in range(10):
            canvas.disc(10 + number * 8, 40, 8, (230, 100, 160))
            yield canvas.data

    return encoded(drawn(), width=160, height=96, frames_per_s=30, key_every=5, bitrate_bps=200_000)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No exception is logged, whatever comes."""
    yield
    found = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR or r.exc_info]
    assert not found, found


@pytest.fixture
async def server(open_server) -> AsyncIterator[InProcessServer]:
    async with open_server(**ENOUGH, camera_pli_ms=50) as running:
        yield running


class OnAir:
    """A publisher that is connected, and its camera."""

    def __init__(self, peer: RawPeer, camera: LiveCamera, sequence: int) -> None:
        self.peer, self.camera = peer, camera
        self.sender = Sender(ssrc=SSRC, sequence=sequence)

    def play(self, count: int = 10) -> None:
        """Good pictures, the first a key."""
        for number in range(count):
            for data in self.sender.packets(pictures()[number % 10][1]):
                self.peer.rtp(data)

    async def is_well(self) -> None:
        """Good pictures come through still, beginning with a key that is asked for or not."""
        before = self.camera.last_key

        async def has_new_picture() -> bool:
            self.play()
            return self.camera.last_key is not before

        await eventually(has_new_picture)


@asynccontextmanager
async def on_air(server: InProcessServer, room: str, *, sequence: int = 100) -> AsyncIterator[OnAir]:
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], made["token"])
        await peer.connected()
        camera = server.application.get(Media).node.cameras.get(made["camera"]["id"])
        assert camera is not None
        made_of = OnAir(peer, camera, sequence)
        await made_of.is_well()
        yield made_of


async def _rises(server: InProcessServer, metric: str, by: int = 1, *, since: float) -> None:
    async def has_risen() -> bool:
        return await server.metric(metric) >= since + by

    await eventually(has_risen)


async def test_strangers_are_counted_and_change_nothing(server: InProcessServer) -> None:
    room = await server.room()
    async with on_air(server, room) as camera:
        port = server.application.get(Media).node.mux
        peer, known = camera.peer, port.known
        strangers, forged = port.strangers, await server.metric("livehub_media_forged")
        good = packet(pictures()[0][1][0], sequence=1, timestamp=1, ssrc=SSRC)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            ufrag = peer.remote["ice-ufrag"]
            sent = [
                good, peer.dtls._tx_srtp.protect(good), b"\x80", b"\x16\xfe\xfd" + bytes(40), b"\0", b"\0\1\0\0" + bytes(16),
                b"\0\1\0\x08\x21\x12\xa4\x42" + b"A" * 20, peer.check(user="unknown:unknown"),
            ]  # fmt: skip
            for data in sent:
                stranger.sendto(data, peer.server)
            await _rises_here(lambda: port.strangers, strangers + len(sent))
            checks = [peer.check(password="not the password"), peer.check(user=f"{ufrag}:other")]
            for data in checks:
                stranger.sendto(data, peer.server)
            await _rises(server, "livehub_media_forged", since=forged)
            stranger.setblocking(False)  # noqa: FBT003
            with pytest.raises(BlockingIOError):
                stranger.recv(2_048)  # not one answer
        assert port.known == known
        await camera.is_well()


async def _rises_here(value: Callable[[], int], until: int) -> None:
    async def has_risen() -> bool:
        return value() >= until

    await eventually(has_risen)


async def test_a_connected_peer_may_send_what_it_likes_and_only_its_own_picture_suffers(
    server: InProcessServer,
) -> None:
    room = await server.room()
    async with on_air(server, room) as good, on_air(server, room) as bad:
        chance = random.Random(4)
        for case in (_truncated, _broken_units, _wild_headers, _rtx_garbage, _rtcp_garbage, _not_authentic):
            case(bad, chance)
            await bad.is_well()
            await good.is_well()
        assert await server.metric("livehub_media_broken_frames") > 0
        assert await server.metric("livehub_media_forged") > 0
        assert await server.metric("livehub_media_publishers") == 2


def _truncated(camera: OnAir, chance: random.Random) -> None:
    """RTP headers that promise more than there is: extension, CSRCs, padding."""
    unit = pictures()[0][1][0]
    sender = camera.sender
    for first in (0x90, 0x8F, 0xA0, 0xBF, 0xB0):
        for body in (b"", unit[:1], unit[:5], unit, unit + b"\xff", struct.pack("!HH", 0xBEDE, 0xFFFF) + unit):
            data = packet(body, sequence=sender.sequence, timestamp=sender.timestamp, ssrc=SSRC)
            sender.sequence += 1
            camera.peer.rtp(bytes((first,)) + data[1:])


def _broken_units(camera: OnAir, chance: random.Random) -> None:
    """Payloads of every type with chance inside; STAP-A, FU-A and parameter sets that lie."""
    sender = camera.sender
    sps, pps, slice_ = pictures()[0][1][:3]
    payloads = [bytes((0x60 | kind,)) + chance.randbytes(size) for kind in range(32) for size in (0, 1, 2, 30, 900)]
    payloads += [
        b"\x78\xff\xff" + sps, b"\x78\0\0", b"\x78\0\2\x67", b"\x78\0\1\x67\0\1\x68\0\1\x65",
        b"\x7c\x85", b"\x7c\x45" + slice_, b"\x7c\xc5" + slice_, b"\x7c\x05" + slice_, b"\x7c\x98" + slice_,
        b"\x78" + b"".join(b"\0\2\x67" + bytes((n,)) for n in range(256)),
        sps[:4], sps[:1], pps[:1], b"\x67" + chance.randbytes(1_000), b"\x67" + b"\0" * 1_000, b"\x67" + b"\xff" * 60,
        b"\x67\x42\xe0\x1f" + b"\0" * 30 + b"\xff" * 30, b"\x65", b"\x65" + b"\0" * 1_000, b"",
    ]  # fmt: skip
    for payload in payloads:
        for marker in (True, False):
            data = packet(payload, sequence=sender.sequence, timestamp=sender.timestamp, ssrc=SSRC, marker=marker)
            camera.peer.rtp(data)
            sender.sequence += 1
        sender.timestamp += 3_000
    for payload in (b"", b"\x03", b"\x03\x3f", b"\xff\xff\xff", chance.randbytes(1_200)):
        camera.peer.rtp(packet(payload, sequence=len(payload), timestamp=len(payload) * 960, ssrc=9, kind=AUDIO))


def _wild_headers(camera: OnAir, chance: random.Random) -> None:
    """Clocks that jump an hour forward and back, numbers that leap, another SSRC in every packet, unknown payload types."""
    sender = camera.sender
    for jump in (90_000 * 3_600, -90_000 * 3_600, 1 << 31, 90_000 * 3):
        sender.timestamp += jump
        camera.play(6)
    for leap in (400, 600, 2_999, 3_001, 20_000):
        sender.sequence += leap
        camera.play(6)
    for ssrc in range(100, 200):
        camera.peer.rtp(packet(pictures()[0][1][0], sequence=ssrc, timestamp=ssrc * 3_000, ssrc=ssrc))
    for kind in (0, 1, 63, 96, 127):
        camera.peer.rtp(packet(b"x" * 100, sequence=kind, timestamp=1, kind=kind))
    for number in chance.sample(range(sender.sequence, sender.sequence + 2_000), 300):
        camera.peer.rtp(packet(b"\x61" + b"x" * 20, sequence=number, timestamp=number, ssrc=SSRC))
    sender.sequence += 2_000


def _rtx_garbage(camera: OnAir, chance: random.Random) -> None:
    """Retransmissions of what was never missing, and too short ones."""
    for size in (0, 1, 2, 3, 500):
        for _ in range(20):
            data = packet(chance.randbytes(size), sequence=chance.randrange(65_536), timestamp=1, ssrc=8, kind=RTX)
            camera.peer.rtp(data)


def _rtcp_garbage(camera: OnAir, chance: random.Random) -> None:
    """RTCP of every type whose length or content does not fit."""
    for kind in range(192, 224):
        for count, body in ((0, b""), (31, b""), (1, bytes(4)), (3, chance.randbytes(24)), (15, chance.randbytes(400))):
            ssrc = SSRC if kind != 203 else 99  # a BYE of its own stream would be an honest one
            head = struct.pack("!BBHI", 0x80 | count, kind, len(body) // 4 + 1, ssrc)
            camera.peer.rtcp(head + body)
            camera.peer.rtcp(head + body[: len(body) // 2])
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, SSRC, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF, 1, 1)
    camera.peer.rtcp(report)
    camera.peer.rtcp(struct.pack("!BBHIQIII", 0x80, 200, 6, SSRC, 0, 0, 1, 1))


def _not_authentic(camera: OnAir, chance: random.Random) -> None:
    """From the right address, but nothing that its keys protect; and datagrams larger than any that WebRTC sends."""
    for size in (1, 2, 11, 12, 40, 1_500, 2_048, 2_049, 9_000, 65_000):
        for first in (0, 3, 20, 23, 63, 64, 128, 144, 191, 192, 255):
            camera.peer.raw(bytes((first,)) + chance.randbytes(size))
    camera.peer.raw(b"\x80\xc8")
    for _ in range(3):
        camera.peer.raw(b"\x16\xfe\xfd" + chance.randbytes(60))


async def test_a_camera_with_b_frames_is_ended_and_staff_see_why(server: InProcessServer) -> None:
    room = await server.room()
    async with on_air(server, room) as good, on_air(server, room) as bad:

        async def is_refused() -> bool:
            for step in (6_000, -9_000) * 5:  # two pictures on and one back, counting that each moves on by one
                bad.play(1)
                bad.sender.timestamp += step
            cameras = (await server.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]
            shown = next(camera for camera in cameras if camera["id"] == bad.camera.id)
            return (shown["state"], shown["problem"]) == ("lost", "b_frames")

        await eventually(is_refused)
        assert bad.camera.source is None
        await good.is_well()
        assert await server.metric("livehub_media_publishers") == 1


@pytest.fixture
async def patient_server(open_server) -> AsyncIterator[InProcessServer]:
    """A server that waits longer for a lost packet than a busy machine takes to bring it again."""
    async with open_server(**ENOUGH, camera_frame_wait_ms=5_000) as running:
        yield running


async def test_a_loss_across_the_wrap_of_sequence_numbers_is_asked_for_and_repaired(
    patient_server: InProcessServer,
) -> None:
    server = patient_server
    room = await server.room()
    async with on_air(server, room, sequence=65_000) as camera:
        peer, sender = camera.peer, camera.sender
        while sender.sequence < 65_532:
            camera.play(1)
        assert sender.sequence < 65_536
        kept: dict[int, bytes] = {}
        frames = [list(sender.packets(pictures()[n][1])) for n in range(10)]
        for data in (data for frame in frames for data in frame):
            kept[struct.unpack_from("!H", data, 2)[0]] = data
        lost = {65_534, 65_535, 0, 1}
        peer.rtcp_came.clear()
        for number, data in kept.items():
            if number not in lost:
                peer.rtp(data)

        async def has_asked() -> bool:
            asked = {n for p in peer.rtcp_came if isinstance(p, RtcpRtpfbPacket) for n in p.lost}
            return lost & set(kept) <= asked

        await eventually(has_asked)
        given_up = await server.metric("livehub_media_packets_lost")
        for number in lost & set(kept):
            peer.rtp(
                packet(struct.pack("!H", number) + kept[number][12:], sequence=number, timestamp=0, ssrc=8, kind=RTX)
            )
        await camera.is_well()
        assert await server.metric("livehub_media_packets_lost") == given_up


async def test_viewers_are_served_up_to_the_cap_and_no_further(open_server) -> None:
    async with open_server(**ENOUGH, whep_viewers_max=1) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as first, RawPeer.of(sends=False) as second:
            await _has_program(server, room, camera)
            location = await first.begun(server, f"/media/whep/{room}")
            reply = await post(server, f"/media/whep/{room}", second.offer())
            assert (reply.status, '"players_full"' in reply.text) == (503, True)
            assert int(reply.headers["Retry-After"]) >= 1
            assert (await server.session.delete(server.url + location)).status == 200
            await second.begun(server, f"/media/whep/{room}")


async def _has_program(server: InProcessServer, room: str, camera: OnAir) -> None:
    async def is_on() -> bool:
        camera.play()
        program = server.application.get(Media).node.programs.running.get(room)
        return program is not None and program.mix.on_air == camera.camera.id

    await eventually(is_on)


async def test_a_viewer_gets_again_what_it_asks_for_and_its_keyframes_are_throttled(open_server) -> None:
    async with open_server(**ENOUGH, camera_pli_ms=5_000) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as viewer:
            await _has_program(server, room, camera)
            await viewer.begun(server, f"/media/whep/{room}")
            await viewer.connected()

            async def has_video() -> bool:
                camera.play()
                return len(_video(viewer)) >= 20

            await eventually(has_video)
            data = _video(viewer)[-1]
            number, ssrc = struct.unpack_from("!H", data, 2)[0], struct.unpack_from("!I", data, 8)[0]
            nack = bytes(RtcpRrPacket(ssrc=5)) + bytes(RtcpRtpfbPacket(fmt=1, ssrc=5, media_ssrc=ssrc, lost=[number]))
            viewer.rtcp(nack)
            await _rises_here(lambda: viewer.came_again, 1)

            asked = await server.metric("livehub_media_keyframes_asked")
            for _ in range(50):
                viewer.rtcp(bytes(RtcpRrPacket(ssrc=5)) + bytes(RtcpPsfbPacket(fmt=1, ssrc=5, media_ssrc=ssrc)))
            for kind in (205, 206):
                viewer.rtcp(struct.pack("!BBHIIHH", 0x81, kind, 3, 5, ssrc, 65_535, 0xFFFF))
            viewer.rtcp(struct.pack("!BBHI", 0x81, 206, 1, 5))
            viewer.rtp(packet(b"x" * 100, sequence=1, timestamp=1, kind=VIDEO))
            viewer.rtcp(nack)
            await _rises_here(lambda: viewer.came_again, 2)
            assert await server.metric("livehub_media_keyframes_asked") <= asked + 1


def _video(viewer: RawPeer) -> list[bytes]:
    return [data for data in viewer.rtp_came if data[1] & 0x7F == VIDEO]


async def test_a_viewer_who_asks_for_everything_again_and_again_gets_so_much_a_second(open_server) -> None:
    async with open_server(**ENOUGH, whep_history_packets=64) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as viewer:
            await _has_program(server, room, camera)
            await viewer.begun(server, f"/media/whep/{room}")
            await viewer.connected()

            async def has_video() -> bool:
                camera.play()
                return len(_video(viewer)) >= 64

            await eventually(has_video)
            data = _video(viewer)[-1]
            number, ssrc = struct.unpack_from("!H", data, 2)[0], struct.unpack_from("!I", data, 8)[0]
            lost = [n & 0xFFFF for n in range(number - 40, number)]
            nack = bytes(RtcpRrPacket(ssrc=5)) + bytes(
                RtcpRtpfbPacket(fmt=1, ssrc=5, media_ssrc=ssrc, lost=sorted(lost))
            )
            before = await server.metric("livehub_media_sent_again")
            began_s = time.monotonic()
            for _ in range(100):
                viewer.rtcp(nack)
                await asyncio.sleep(0.01)
            await _rises(server, "livehub_media_sent_again", 64, since=before)
            # None twice in a tenth of a second; a hundred requests at forty packets each were made.
            windows = (time.monotonic() - began_s) / AGAIN_WINDOW_S + 2
            assert await server.metric("livehub_media_sent_again") - before <= 40 * windows < 4_000
