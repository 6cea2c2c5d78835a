"""Who joins by WebRTC in the middle of a group of pictures gets all of it, whatever is lost; and none without a keyframe."""

import asyncio
import itertools
import random
import struct

from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket

from media.codecs.h264 import is_key
from media.codecs.h264_rtp import units_of
from tests.integration.server import eventually
from tests.media.integration.peers import VIDEO, RawPeer
from tests.media.integration.test_hostile import ENOUGH, _has_program, on_air, pictures

GROUP = 60  # pictures that ran when the viewer came


class Watching:
    """The video that a viewer got, by sequence number; `ask()` asks for what is missing, as browsers do."""

    def __init__(self, peer: RawPeer) -> None:
        self._peer = peer

    @property
    def packets(self) -> dict[int, bytes]:
        """By the number of each, counted on over the wrap."""
        found: dict[int, bytes] = {}
        highest: int | None = None
        for data in self._peer.rtp_came:
            if data[1] & 0x7F == VIDEO:
                number = int.from_bytes(data[2:4], "big")
                if highest is not None:
                    number = highest + (number - highest + 0x8000) % 0x10000 - 0x8000
                highest = number if highest is None else max(highest, number)
                found[number] = data
        return found

    def missing(self) -> list[int]:
        packets = self.packets
        return [n for n in range(min(packets), max(packets)) if n not in packets] if packets else []

    def ask(self) -> None:
        missing = self.missing()[:100]
        if missing:
            ssrc = struct.unpack_from("!I", next(iter(self.packets.values())), 8)[0]
            nack = RtcpRtpfbPacket(fmt=1, ssrc=5, media_ssrc=ssrc, lost=[n & 0xFFFF for n in missing])
            self._peer.rtcp(bytes(RtcpRrPacket(ssrc=5)) + bytes(nack))

    def pictures(self) -> list[tuple[int, tuple[bytes, ...]]]:
        """(timestamp, units) of each whole one, in order: packets up to a marker, all of one time."""
        made: list[tuple[int, tuple[bytes, ...]]] = []
        payloads: list[bytes] = []
        times: set[int] = set()
        for _, data in sorted(self.packets.items()):
            payloads.append(data[12:])
            times.add(struct.unpack_from("!I", data, 4)[0])
            if data[1] & 0x80:
                [timestamp] = times
                made.append((timestamp, units_of(payloads)))
                payloads, times = [], set()
        return made


async def test_all_pictures_of_the_group_arrive_whole_over_a_link_that_loses_every_tenth_packet(open_server) -> None:
    # A slow burst, so that live pictures come in its middle.
    limits = {
        "whep_join_pace_rate": 1.5,
        "whep_join_bps_min": 100_000,
        "camera_keyframe_ms": 60_000,
        "camera_pli_ms": 5_000,
    }
    async with open_server(**ENOUGH, **limits) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as viewer:
            await _has_program(server, room, camera)
            sent: list[tuple[bytes, ...]] = []
            loop = asyncio.get_running_loop()
            since_s = loop.time()

            async def plays(number: int) -> None:
                """In real time, or the camera's clock is found to be slow."""
                sent.append(pictures()[number][1])
                for data in camera.sender.packets(sent[-1]):
                    camera.peer.rtp(data)
                await asyncio.sleep(max(0.0, since_s + len(sent) / 30 - loop.time()))

            await plays(0)
            for _ in range(GROUP - 1):
                await plays(1)
            chance = random.Random(3)
            watching = Watching(viewer)
            viewer.loses = lambda: chance.random() < 0.1
            await viewer.begun(server, f"/media/whep/{room}")
            await viewer.connected()

            async def has_all() -> bool:
                await plays(1)
                watching.ask()
                return len(watching.packets) > 2 * GROUP and len(watching.missing()) < 5

            await eventually(has_all)
            viewer.loses = lambda: False

            async def is_whole() -> bool:
                watching.ask()
                return not watching.missing()

            await eventually(is_whole)
            came = watching.pictures()
            assert [units for _, units in came] == sent[: len(came)]
            assert len(came) > GROUP
            assert [is_key(units) for _, units in came].count(True) == 1
            times = [timestamp for timestamp, _ in came]
            steps = [(after - before) & 0xFFFFFFFF for before, after in itertools.pairwise(times)]
            assert all(0 < step < 90_000 for step in steps), steps
            assert sum(steps[: GROUP - 1]) < 90_000  # two seconds of pictures, drawn together


async def test_who_lost_the_whole_beginning_gets_it_again_without_a_new_keyframe(open_server) -> None:
    async with open_server(**ENOUGH, camera_keyframe_ms=60_000, camera_pli_ms=5_000) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as viewer:
            await _has_program(server, room, camera)

            async def plays(number: int) -> None:
                for data in camera.sender.packets(pictures()[number][1]):
                    camera.peer.rtp(data)
                await asyncio.sleep(1 / 30)

            await plays(0)
            for _ in range(GROUP):
                await plays(1)
            watching = Watching(viewer)
            viewer.loses = lambda: True  # as when the last datagram of the handshake was lost
            await viewer.begun(server, f"/media/whep/{room}")
            await viewer.connected()
            for _ in range(15):
                await plays(1)
            viewer.loses = lambda: False
            again = await server.metric("livehub_media_joins_again")
            viewer.rtcp(bytes(RtcpRrPacket(ssrc=5)) + bytes(RtcpPsfbPacket(fmt=1, ssrc=5, media_ssrc=1)))

            async def is_whole() -> bool:
                await plays(1)
                watching.ask()
                return len(watching.packets) > GROUP and not watching.missing()

            await eventually(is_whole)
            came = watching.pictures()
            assert [is_key(units) for _, units in came] == [True] + [False] * (len(came) - 1)
            assert await server.metric("livehub_media_joins_again") == again + 1


async def test_who_has_to_wait_for_a_keyframe_is_sent_no_picture_before_it(open_server) -> None:
    async with open_server(**ENOUGH, whep_join_bytes_max=0, camera_pli_ms=50) as server:
        room = await server.room()
        async with on_air(server, room) as camera, RawPeer.of(sends=False) as viewer:
            await _has_program(server, room, camera)
            waiting = await server.metric("livehub_media_joins_waiting")
            asked = await server.metric("livehub_media_keyframes_asked")
            await viewer.begun(server, f"/media/whep/{room}")
            await viewer.connected()

            watching = Watching(viewer)

            async def has_asked() -> bool:
                for data in camera.sender.packets(pictures()[1][1]):
                    camera.peer.rtp(data)
                return bool(await server.metric("livehub_media_keyframes_asked") > asked)

            await eventually(has_asked)
            for _ in range(10):
                for data in camera.sender.packets(pictures()[1][1]):
                    camera.peer.rtp(data)
                await asyncio.sleep(1 / 30)
            assert watching.packets == {}

            async def has_picture() -> bool:
                camera.play(5)
                return len(watching.pictures()) >= 3

            await eventually(has_picture)
            assert is_key(watching.pictures()[0][1])
            assert await server.metric("livehub_media_joins_waiting") == waiting + 1
