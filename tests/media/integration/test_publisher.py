"""Publishers as they are in the field: that send every layer of a simulcast, answer no request, and lose packets on the way."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from functools import cache

import numpy as np
import pytest
from aiortc.rtp import RtcpRrPacket

from media.codecs.h264 import SPS, read_sps
from media.codecs.x264 import Access, encoded
from media.drawing import Canvas
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.module import Media
from tests.integration.server import InProcessServer, eventually
from tests.media.ingest.transport_cc_reader import read
from tests.media.integration.peers import RawPeer, Sender, numbered
from tests.media.integration.test_hostile import ENOUGH, SSRC, OnAir, on_air, pictures

FRAME_S = 1 / 30
SIZES = {1: (320, 192), 2: (160, 96), 3: (80, 48)}


@pytest.fixture
async def server(open_server) -> AsyncIterator[InProcessServer]:
    async with open_server(**ENOUGH, camera_keyframe_s_max=1.0, camera_lost_ms=1_500) as running:
        yield running


@cache
def layer(width: int, height: int) -> tuple[Access, ...]:
    """Ten pictures, of which the first and the sixth are keys."""
    canvas = Canvas(width, height)
    canvas.gradient((40, 120, 120), (180, 140, 110))
    drawn: list[np.ndarray] = []
    for number in range(10):
        canvas.disc(10 + number * 4, 20, 8, (230, 100, 160))
        drawn.append(canvas.data.copy())
    return encoded(iter(drawn), width=width, height=height, frames_per_s=30, key_every=5, bitrate_bps=100_000)


class Seen:
    """The pictures that came out of a camera, and when."""

    def __init__(self, camera: LiveCamera) -> None:
        self.frames: list[VideoFrame] = []
        self.at_s: list[float] = []
        self._loop = asyncio.get_running_loop()
        camera.listen(self._take)

    def _take(self, _camera: LiveCamera, frame: Frame) -> None:
        if isinstance(frame, VideoFrame):
            self.frames.append(frame)
            self.at_s.append(self._loop.time())

    def sizes(self) -> list[tuple[int, int]]:
        """Of each picture, as the last keyframe told."""
        found: list[tuple[int, int]] = []
        for frame in self.frames:
            if frame.key:
                sps = read_sps(next(unit for unit in frame.units if unit[0] & 0x1F == SPS))
                size = (sps.width, sps.height)
            else:
                size = found[-1]
            found.append(size)
        return found


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (3, 2, 1)])
async def test_of_three_layers_all_pictures_of_the_largest_come_and_the_clock_does_not_jump(
    server: InProcessServer, order: tuple[int, ...]
) -> None:
    room = await server.room()
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "OBS"})
    counted = {name: await server.metric(f"livehub_media_{name}") for name in ("jumps", "keyframes_asked")}
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], made["token"])
        await peer.connected()
        camera = server.application.get(Media).node.cameras.get(made["camera"]["id"])
        assert camera is not None
        seen = Seen(camera)
        senders = {ssrc: Sender(ssrc=ssrc, sequence=ssrc * 1_000, timestamp=ssrc << 28) for ssrc in order}
        for number in range(300):
            for ssrc, sender in senders.items():
                for data in sender.packets(layer(*SIZES[ssrc])[number % 10][1]):
                    peer.rtp(data)
                sender.timestamp -= 2_700  # three hundred pictures a second
            await asyncio.sleep(1 / 300)

        async def has_all() -> bool:
            return Counter(seen.sizes())[SIZES[1]] == 300

        await eventually(has_all)
        others = Counter(seen.sizes()) - Counter({SIZES[1]: 300})
        began_before = order[: order.index(1)]  # layers of which the first picture came before the largest began
        assert all(others[SIZES[ssrc]] <= 1 for ssrc in order[1:])
        assert others.total() <= len(began_before)
        assert await server.metric("livehub_media_jumps") - counted["jumps"] <= len(began_before)
        assert await server.metric("livehub_media_keyframes_asked") - counted["keyframes_asked"] <= 2
        assert await server.metric("livehub_media_packets_ignored") >= 600 - 2


async def _plays(camera: OnAir, seconds: float, *, keys: bool = False) -> None:
    """Pictures in real time; a keyframe before each five, or none."""
    for number in range(round(seconds / FRAME_S)):
        for data in camera.sender.packets(pictures()[number % 10 if keys else 1][1]):
            camera.peer.rtp(data)
        await asyncio.sleep(FRAME_S)


async def test_one_lost_packet_of_a_sender_that_answers_no_request_is_half_a_second_and_no_slate(
    server: InProcessServer,
) -> None:
    room = await server.room()
    async with on_air(server, room) as camera:
        programs = server.application.get(Media).node.programs

        async def is_shown() -> bool:
            await _plays(camera, 0.2, keys=True)
            return room in programs.running and programs.running[room].mix.on_air == camera.camera.id

        await eventually(is_shown)
        withheld = await server.metric("livehub_media_withheld_frames")
        for _ in range(2):  # the first time it is not known yet that it does not answer
            seen = Seen(camera.camera)
            await _plays(camera, 0.5)
            camera.sender.sequence += 1
            camera.sender.timestamp += 3_000
            await _plays(camera, 2.0)
            assert max(after - before for before, after in itertools.pairwise(seen.at_s)) < 1.3
            assert not any(frame.key for frame in seen.frames)
            assert programs.running[room].mix.on_air == camera.camera.id
            assert camera.camera.state(asyncio.get_running_loop().time()) == "live"
            assert camera.camera.answers_requests is False
        # Some pictures the first time, none the second: each costs at most those that half a second has.
        assert 0 < await server.metric("livehub_media_withheld_frames") - withheld <= 20


async def test_what_is_left_of_a_picture_whose_beginning_was_lost_is_not_shown(server: InProcessServer) -> None:
    room = await server.room()
    async with on_air(server, room) as camera:
        await _plays(camera, 0.2)
        seen = Seen(camera.camera)
        tail = b"\x41\x1a\x80"  # a slice that begins with another than the first macroblock
        camera.sender.sequence += 1
        for data in camera.sender.packets((tail,)):
            camera.peer.rtp(data)
        await _plays(camera, 1.5)
        assert seen.frames
        assert all(tail not in frame.units for frame in seen.frames)


async def test_a_camera_that_sends_pictures_and_no_keyframe_says_so_until_one_comes(server: InProcessServer) -> None:
    room = await server.room()
    async with on_air(server, room) as camera:

        async def problem() -> str | None:
            [shown] = (await server.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]
            found: str | None = shown["problem"]
            return found

        async def is_told() -> bool:
            await _plays(camera, 0.2)
            return await problem() == "no_keyframes"

        await eventually(is_told)
        assert camera.camera.state(asyncio.get_running_loop().time()) == "live"
        await camera.is_well()
        assert await problem() is None


async def test_each_packet_is_reported_to_its_sender_with_the_time_it_came(server: InProcessServer) -> None:
    room = await server.room()
    async with on_air(server, room) as camera:
        peer, loop = camera.peer, asyncio.get_running_loop()
        sent_s: dict[int, float] = {}
        lost = {7, 8, 30}
        number = 0xFFF0
        for _ in range(20):
            for data in camera.sender.packets(pictures()[1][1]):
                if number - 0xFFF0 not in lost:
                    sent_s[number & 0xFFFF] = loop.time()
                    peer.rtp(numbered(data, number))
                number += 1
            await asyncio.sleep(FRAME_S)

        def told() -> dict[int, float | None]:
            return {
                message.base + place & 0xFFFF: at_s
                for message in map(read, peer.arrivals_came)
                for place, at_s in enumerate(message.arrivals)
            }

        async def has_all() -> bool:
            return {n for n, at_s in told().items() if at_s is not None} == set(sent_s)

        await eventually(has_all)
        assert {n for n, at_s in told().items() if at_s is None} == {
            0xFFF0 + n & 0xFFFF for n in lost if n < len(told())
        }
        # One process, one clock, whose origin the 24 bits of 64 ms have cut off.
        late_s = [(at_s + 0.001 - sent_s[n]) % (0.064 * (1 << 24)) for n, at_s in told().items() if at_s is not None]
        assert max(late_s) < 1.0
        assert {message.media for message in map(read, peer.arrivals_came)} == {SSRC}
        assert len(peer.arrivals_came) <= 1 + 20 * FRAME_S / 0.06 * 2
        reports = {packet.ssrc for packet in peer.rtcp_came if isinstance(packet, RtcpRrPacket)}
        assert {message.sender for message in map(read, peer.arrivals_came)} == reports
