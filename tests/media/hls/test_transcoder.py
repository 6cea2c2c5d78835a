"""The lower rendition: smaller, at the same times, with key frames where the main one has them; its process may die."""

import asyncio
import io
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.h264 import BrokenFrame
from media.codecs.x264 import encoded
from media.drawing import Canvas
from media.frames import VIDEO_HZ, VideoFrame
from media.hls.frame_pipe import FRAME_BYTES_MAX, pack, read_frame
from media.hls.transcode_worker import FrameTranscoder, run
from media.hls.transcoder import Transcoder
from media.settings import MediaConfig
from tests.media.clips import decoded

STEP = VIDEO_HZ // 30
BEGIN = 1_800_000_000 * VIDEO_HZ


def stream(seconds: float, width: int = 640, height: int = 1136, begin: int = BEGIN) -> list[VideoFrame]:
    """A disc that moves, a key frame each half second."""

    def picture(number: int) -> Canvas:
        canvas = Canvas(width, height)
        canvas.gradient((40, 110, 130), (180, 130, 110))
        canvas.disc(100 + number * 4 % (width - 200), height / 2, 60, (220, 90, 160))
        return canvas

    made = encoded(
        (picture(number).data for number in range(round(seconds * 30))),
        width=width,
        height=height,
        frames_per_s=30,
        key_every=15,
        bitrate_bps=1_500_000,
    )
    return [VideoFrame(begin + number * STEP, *access) for number, access in enumerate(made)]


def lowered(frames: list[VideoFrame], lowering: FrameTranscoder | None = None) -> list[VideoFrame]:
    lowering = lowering or FrameTranscoder(360, 600_000)
    return [made for frame in frames for made in lowering.feed(frame)]


def test_it_is_smaller_with_the_same_times_and_key_frames():
    sent = stream(2)
    made = lowered(sent)
    assert [(frame.time, frame.key) for frame in made] == [(frame.time, frame.key) for frame in sent]
    pictures = decoded([frame.units for frame in made])
    assert {(picture.width, picture.height) for picture in pictures} == {(360, 640)}
    assert sum(len(unit) for frame in made for unit in frame.units) * 8 / 2 < 900_000


def test_it_begins_with_a_key_frame_and_goes_on_after_a_broken_one():
    sent = stream(2)
    sent[20] = VideoFrame(sent[20].time, key=False, units=(b"\x41\x9a" + b"\xff" * 300,))
    made = lowered(sent[5:])
    assert made[0].key
    assert made[0].time == sent[15].time
    assert made[-1].time == sent[-1].time
    assert decoded([frame.units for frame in made])


def test_another_camera_of_another_size_gets_a_new_encoder():
    lowering = FrameTranscoder(360, 600_000)
    made = lowered(stream(0.5), lowering) + lowered(stream(0.5, 1280, 720, BEGIN + VIDEO_HZ), lowering)
    assert made[15].key
    sizes = [(picture.width, picture.height) for picture in decoded([frame.units for frame in made])]
    assert sizes == [(360, 640)] * 15 + [(640, 360)] * 15


def test_a_picture_that_is_small_already_stays_so():
    made = lowered(stream(0.5, 320, 240))
    assert {(picture.width, picture.height) for picture in decoded([frame.units for frame in made])} == {(320, 240)}


@given(st.lists(st.tuples(st.integers(0, 2**60), st.booleans(), st.lists(st.binary(min_size=1, max_size=30)))))
def test_frames_come_out_of_the_pipe_as_they_went_in(frames: list[tuple[int, bool, list[bytes]]]):
    sent = [VideoFrame(time, key, tuple(units)) for time, key, units in frames]
    pipe = io.BytesIO(b"".join(map(pack, sent)))
    assert [read_frame(pipe) for _ in sent] == sent
    assert read_frame(pipe) is None


@given(st.binary(min_size=1, max_size=60))
def test_a_pipe_with_anything_else_in_it_is_refused_or_read(data: bytes):
    pipe = io.BytesIO(data)
    try:
        while (frame := read_frame(pipe)) is not None:
            assert len(frame.units) <= len(data)
    except (EOFError, ValueError):
        pass


def test_a_frame_on_the_pipe_has_a_bound():
    with pytest.raises(ValueError, match="too large"):
        read_frame(io.BytesIO(bytes(9) + (FRAME_BYTES_MAX + 1).to_bytes(4, "big")))
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(bytes(9) + (4).to_bytes(4, "big") + b"\xff" * 4))


def test_the_process_ends_with_its_input():
    sink = io.BytesIO()
    run(FrameTranscoder(360, 600_000), io.BytesIO(b"".join(map(pack, stream(0.5)))), sink)
    sink.seek(0)
    assert sum(1 for _ in iter(lambda: read_frame(sink), None)) == 15


class Made:
    """What a Transcoder gives."""

    def __init__(self, config: MediaConfig) -> None:
        self.frames: list[VideoFrame] = []
        self.lower = Transcoder(config, "farm", self._take)
        self._news = asyncio.Event()

    def _take(self, frame: VideoFrame) -> None:
        self.frames.append(frame)
        self._news.set()

    async def play(self, frames: list[VideoFrame], until: int) -> None:
        """Feed them over and over, as a program does, until the frames made are `until`."""
        async with asyncio.timeout(60):
            while len(self.frames) < until:
                for frame in frames:
                    self.lower.feed(frame)
                    await asyncio.sleep(0.005)

    async def __aenter__(self) -> "Made":
        self.lower.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lower.stop()


async def test_a_process_that_dies_is_started_again_and_the_main_rendition_does_not_wait():
    sent = stream(1)
    async with Made(MediaConfig(media_lower=True)) as made:
        await made.play(sent, 10)
        first = made.lower.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        count = len(made.frames)
        await made.play(sent, count + 30)
        second = made.lower.pid
        assert second not in (None, first)
    assert made.lower.starts == 2
    assert made.frames[0].key
    assert decoded([frame.units for frame in made.frames])
    with pytest.raises(ProcessLookupError):
        os.kill(second or 0, 0)


async def test_one_that_hangs_gets_no_more_than_its_backlog():
    sent = stream(1)
    size = sum(len(unit) for frame in sent for unit in frame.units)
    config = MediaConfig(media_lower=True, media_lower_backlog_bytes=65_536)
    async with Made(config) as made:
        await made.play(sent, 10)
        os.kill(made.lower.pid or 0, signal.SIGSTOP)
        for _ in range(400_000 // size + 2):
            for frame in sent:
                made.lower.feed(frame)
        assert made.lower.left_out_frames > 0
        os.kill(made.lower.pid or 0, signal.SIGCONT)
        count = len(made.frames)
        await made.play(sent, count + 30)
    assert made.lower.starts == 1
