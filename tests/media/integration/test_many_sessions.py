"""Hundreds of short sessions, ended in every way there is, leave nothing behind."""

import asyncio
import ctypes
import gc
from collections import Counter
from pathlib import Path

import psutil
from aiortc.rtcdtlstransport import RTCDtlsTransport
from OpenSSL import SSL
from pylibsrtp import Session as SrtpSession

from media.ingest.publisher import Publisher
from media.module import Media
from media.rtc.session import RtcSession
from media.whep.viewer import Viewer
from tests.integration.server import InProcessServer, eventually
from tests.media.integration.peers import RawPeer, post, request
from tests.media.integration.test_hostile import OnAir, on_air
from tests.patience import PATIENCE_S

SESSIONS, AT_ONCE = 500, 20
SILENCE_S = 20.0  # on a busy machine, and while garbage is collected, the one on air must not be ended
LOOK_S = 0.5
WARM_UP = 60
HELD = (RtcSession, Publisher, Viewer, RTCDtlsTransport, SSL.Connection, SrtpSession)
MEMORY_BYTES_MAX = 12_000_000  # 24 KB a session; one that stays is a quarter of a megabyte
LIMITS = {
    "media_sessions_per_s_max": 10_000.0,
    "media_sessions_burst_max": 10_000,
    "media_handshake_s": 1.0,
    "media_silence_s": SILENCE_S,
    "camera_makes_way_s": 0.1,
    "cameras_per_room_max": AT_ONCE,
    "whep_viewers_max": 1_000,
    "whep_unconnected_max": 1_000,
    "http_requests_per_s_max": 10_000.0,
    "http_requests_burst_max": 10_000,
}


class Street:
    """Where sessions come and go: a room on air, and cameras for those who publish."""

    def __init__(self, server: InProcessServer, room: str, cameras: list[dict[str, str]]) -> None:
        self._server = server
        self._room = room
        self._cameras = cameras

    async def pass_by(self, count: int) -> None:
        """So many sessions, some at a time."""
        for first in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._one(first + n, n) for n in range(min(AT_ONCE, count - first))))

    async def _one(self, number: int, place: int) -> None:
        sends = place % 2 == 0
        async with RawPeer.of(sends=sends) as peer:
            token = None
            if sends:
                camera = self._cameras[place // 2]
                token = camera["token"]
                await self._published(peer, camera)
            else:
                await peer.begun(self._server, f"/media/whep/{self._room}")
            match number // 2 % 5:
                case 0:  # never comes
                    return
                case 1:  # comes, and never shakes hands
                    await peer.checked()
                case 2:
                    await peer.connected()
                    assert (await request(self._server, "DELETE", peer.location, "", token, {})).status == 200
                case 3:
                    await peer.connected()
                    await peer.goodbye()
                case 4:  # is gone without a word
                    await peer.connected()

    async def _published(self, peer: RawPeer, camera: dict[str, str]) -> None:
        """Once the one before has made way."""

        async def is_taken() -> bool:
            answer = await post(self._server, camera["whip"], peer.offer(), camera["token"])
            if answer.status == 409:
                return False
            assert answer.status == 201, answer.text
            peer.location, peer.etag = answer.headers["Location"], answer.headers["ETag"]
            peer.learn(answer.text)
            return True

        await eventually(is_taken)


def _held() -> dict[str, int]:
    gc.collect()
    counts = Counter(type(thing) for thing in gc.get_objects() if type(thing) in HELD)
    return {kind.__name__: counts[kind] for kind in HELD}


def _memory_bytes() -> int:
    """Resident, without what the allocator keeps though it is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_five_hundred_short_sessions_leave_nothing(open_server) -> None:
    async with open_server(**LIMITS) as server:
        room = await server.room()
        async with on_air(server, room) as camera:
            playing = asyncio.create_task(_play(camera))
            cameras = [
                await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"}) for _ in range(AT_ONCE // 2)
            ]
            street = Street(server, room, cameras)

            async def has_program() -> bool:
                return room in server.application.get(Media).node.programs.running

            await eventually(has_program)
            held = _held()
            await street.pass_by(WARM_UP)
            await _lets_go(server, held)
            tasks, descriptors = len(asyncio.all_tasks()), _descriptors()
            memory_bytes = _memory_bytes()

            await street.pass_by(SESSIONS)
            await _lets_go(server, held)
            assert server.application.get(Media).node.mux.known == (1, 1)

            async def is_as_before() -> bool:  # HTTP connections of the pool come and go, too
                return len(asyncio.all_tasks()) <= tasks and _descriptors() <= descriptors

            await eventually(is_as_before)
            assert _memory_bytes() - memory_bytes < MEMORY_BYTES_MAX
            playing.cancel()


async def _play(camera: OnAir) -> None:
    while True:
        camera.play(1)
        await asyncio.sleep(0.03)


async def _lets_go(server: InProcessServer, held: dict[str, int]) -> None:
    """Wait until no more is held than that; handshakes that were broken off end a moment later."""
    await _is_quiet(server)
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if _held() == held:
            break
        await asyncio.sleep(LOOK_S)  # not at once: looking takes all of the event loop
    assert _held() == held


async def _is_quiet(server: InProcessServer) -> None:
    """Only the one on air is left."""

    async def is_alone() -> bool:
        sessions = server.application.get(Media).node.sessions
        publishers, viewers = sessions._publishers, sessions._viewers
        assert publishers, "the one on air is gone"
        return (len(publishers), len(viewers)) == (1, 0)

    await eventually(
        is_alone, within_s=SILENCE_S + PATIENCE_S
    )  # those gone without a word are missed after their silence
