"""A part that fails on a frame is counted and logged, and every other part gets the frame all the same."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

import pytest
from aioice import stun

from media.defects import DEFECTS
from media.frames import Frame, VideoFrame
from media.hls.packaged_output import PackagedOutput
from media.hls.packager import Packager
from media.hls.tracks import PackagingSettings
from media.ingest.camera import LiveCamera
from media.parts import PackagerEvent
from media.program.output import Output
from media.program.running import RunningProgram
from media.program.slate import Slate
from media.rtc.ice import Address
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from tests.media.hls.streams import ORIGIN_MS, video

KEYFRAME = VideoFrame(time=90_000, key=True, units=(b"\x67sps", b"\x68pps", b"\x65idr"))


def count(part: str) -> float:
    return dict(DEFECTS.counts()).get((part,), 0.0)


class Keeps:
    """An output that keeps what it is given."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.calls: list[str] = []

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)

    def finish(self) -> None:
        self.calls.append("finish")

    async def close(self) -> None:
        self.calls.append("close")


class Fails(Keeps):
    """One that can't do anything."""

    def put(self, frame: Frame) -> None:
        raise ValueError(frame)

    def finish(self) -> None:
        raise ValueError

    async def close(self) -> None:
        raise ValueError


class Opens:
    """The outputs of one program."""

    def __init__(self, *outputs: Output) -> None:
        self._outputs = outputs

    def open(self, room: str, request_keyframe: Callable[[], None]) -> Sequence[Output]:
        return self._outputs

    def slate(self, room: str) -> Slate | None:
        return None

    def end(self, room: str) -> None:
        """Nothing to end."""


async def test_an_output_that_fails_does_not_keep_frames_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    before, keeps = count("output"), Keeps()
    program = RunningProgram(MediaConfig(), "farm", Opens(Fails(), keeps), lambda room, switched: None)
    camera = LiveCamera(MediaConfig(), "cam-1", "farm")
    program.add(camera)
    camera.feed(KEYFRAME, asyncio.get_running_loop().time())
    assert [frame.units for frame in keeps.frames if isinstance(frame, VideoFrame)] == [KEYFRAME.units]
    program.finish()
    await program.close()
    assert keeps.calls == ["finish", "close"]
    assert count("output") == before + 3
    assert [record.getMessage() for record in caplog.records] == ["media.defect"]  # one in ten seconds


async def test_a_sink_that_fails_does_not_keep_parts_from_the_others() -> None:
    class Broken:
        def put(self, events: Sequence[PackagerEvent]) -> None:
            raise ValueError(events)

    class Sink:
        events = 0

        def put(self, events: Sequence[PackagerEvent]) -> None:
            self.events += len(events)

    before, sink = count("sink"), Sink()
    packager = Packager(PackagingSettings(), ORIGIN_MS)
    output = PackagedOutput(MediaConfig(), "farm", packager, [Broken(), sink])
    for frame in video(30):
        output.put(frame)
    output.finish()
    assert sink.events > 3
    assert count("sink") > before


def test_a_listener_that_fails_does_not_keep_a_cameras_frames_from_the_others() -> None:
    def fails(_camera: LiveCamera, _frame: Frame) -> None:
        raise ValueError

    before = count("listener")
    heard: list[Frame] = []
    camera = LiveCamera(MediaConfig(), "cam-1", "farm")
    camera.listen(fails)
    camera.listen(lambda _camera, frame: heard.append(frame))
    camera.feed(KEYFRAME, 0.0)
    assert heard == [KEYFRAME]
    assert count("listener") == before + 1


async def test_a_session_that_fails_does_not_keep_datagrams_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Member:
        def __init__(self, fails: bool) -> None:
            self.fails = fails
            self.heard: asyncio.Queue[bytes] = asyncio.Queue()

        def on_stun_request(self, message: stun.Message, address: Address) -> None:
            """None comes."""

        def on_stun_response(self, message: stun.Message) -> None:
            """None comes."""

        def on_datagram(self, data: bytes) -> None:
            if self.fails:
                raise ValueError
            self.heard.put_nowait(data)

    caplog.set_level(logging.CRITICAL)
    before = count("session")
    mux = UdpMux(MediaConfig(media_host="127.0.0.1"))
    mux.open()
    members = [Member(fails=True), Member(fails=False)]
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in members]
    try:
        for member, sender in zip(members, sockets, strict=True):
            sender.bind(("127.0.0.1", 0))
            mux.bind_address(sender.getsockname(), member)
        for sender in sockets:
            sender.sendto(b"\x80media", ("127.0.0.1", mux.number))
        async with asyncio.timeout(10):
            assert await members[1].heard.get() == b"\x80media"
        assert count("session") == before + 1
    finally:
        for sender in sockets:
            sender.close()
        mux.close()
