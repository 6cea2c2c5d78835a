"""Cameras that are pulled, against a real RTSP server: frames as the camera made them, and back again after it was away."""

import asyncio
import contextlib
import itertools
import logging
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from livehub.base.errors import BadRequest
from media.codecs.audio import opus_duration
from media.frames import AUDIO_HZ, OPUS_FRAME, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.ingest.demand import PullDemand
from media.ingest.demux import checked_file, checked_url, shown_url
from media.ingest.puller import Pauses, Puller, PullKind
from media.schemas import CameraProblem
from media.settings import MediaConfig
from tests.media.clips import FRAMES_PER_S, decoded, write_mp4

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parent.parent / "rtsp_server.py"
CONFIG = MediaConfig(camera_pull_retry_min_s=0.1, camera_pull_retry_max_s=0.2, camera_pull_silence_s=1.0)


def _has_server() -> bool:
    look = "import gi; gi.require_version('GstRtspServer', '1.0')"
    return (
        bool(shutil.which(SYSTEM_PYTHON))
        and not subprocess.run([SYSTEM_PYTHON, "-c", look], capture_output=True, check=False).returncode
    )


needs_server = pytest.mark.skipif(not _has_server(), reason="gst-rtsp-server is not installed")


class Seen:
    """What came of a source."""

    def __init__(self, config: MediaConfig, kind: PullKind, url: str | None) -> None:
        self.frames: list[Frame] = []
        self.states: list[tuple[str, CameraProblem | None]] = []
        self._news = asyncio.Event()
        self.source = Puller(config, kind, url, take=self._take, changed=self._changed)

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._news.set()

    def _changed(self, state: str, problem: CameraProblem | None) -> None:
        self.states.append((state, problem))
        self._news.set()

    @property
    def pictures(self) -> list[VideoFrame]:
        return [frame for frame in self.frames if isinstance(frame, VideoFrame)]

    @property
    def sounds(self) -> list[AudioFrame]:
        return [frame for frame in self.frames if isinstance(frame, AudioFrame)]

    async def pictured(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.pictures) < count:
                self._news.clear()
                await self._news.wait()

    async def in_state(self, state: str) -> CameraProblem | None:
        async with asyncio.timeout(60):
            while not self.states or self.states[-1][0] != state:
                self._news.clear()
                await self._news.wait()
        return self.states[-1][1]

    async def __aenter__(self) -> "Seen":
        self.source.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.source.stop()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mp4(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=30)


@contextlib.contextmanager
def camera(port: int, file: Path, audio: str = "none", *sign_in: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [SYSTEM_PYTHON, str(SERVER), str(port), str(file), audio, *sign_in]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def steps(frames: Sequence[Frame]) -> set[int]:
    return {after.time - before.time for before, after in itertools.pairwise(frames)}


@needs_server
@pytest.mark.parametrize("audio", ["opus", "alaw"])
async def test_an_ip_camera_comes_as_it_was_encoded_with_its_sound(port: int, mp4: Path, audio: str):
    with camera(port, mp4, audio):
        async with Seen(CONFIG, "rtsp", f"rtsp://127.0.0.1:{port}/cam") as seen:
            await seen.pictured(2 * FRAMES_PER_S)
    assert seen.pictures[0].key
    assert [unit[0] & 0x1F for unit in seen.pictures[0].units][:2] == [7, 8]
    assert len(decoded([frame.units for frame in seen.pictures])) == len(seen.pictures)
    # The camera's reports of its clock move times by some hundredths of a millisecond.
    assert steps(seen.pictures) <= set(range(3_600 - 90, 3_600 + 91))
    assert len(seen.sounds) > 50
    assert all(frame.duration == OPUS_FRAME == opus_duration(frame.data) for frame in seen.sounds)
    assert steps(seen.sounds) == {OPUS_FRAME}
    assert abs(seen.sounds[-1].time / AUDIO_HZ - seen.pictures[-1].time / VIDEO_HZ) < 1.0


@needs_server
async def test_an_ip_camera_that_was_away_comes_back(port: int, mp4: Path):
    async with Seen(CONFIG, "rtsp", f"rtsp://127.0.0.1:{port}/cam") as seen:
        assert await seen.in_state("lost") == "unreachable"
        with camera(port, mp4):
            await seen.pictured(10)
        await seen.in_state("lost")
        count = len(seen.pictures)
        with camera(port, mp4):
            await seen.pictured(count + 10)
    assert seen.pictures[count].key
    assert [state for state, _ in seen.states if state == "live"] == ["live", "live"]
    assert seen.pictures[count].time > seen.pictures[count - 1].time


@needs_server
async def test_an_ip_camera_that_falls_silent_without_a_word_is_called_anew(port: int, mp4: Path):
    with camera(port, mp4) as process:
        async with Seen(CONFIG, "rtsp", f"rtsp://127.0.0.1:{port}/cam") as seen:
            await seen.pictured(10)
            process.send_signal(signal.SIGSTOP)  # its connection stays, as when a cable was pulled
            assert await seen.in_state("lost") == "silent"
            count = len(seen.pictures)
            process.send_signal(signal.SIGCONT)
            await seen.pictured(count + 10)
    assert seen.pictures[count].key


@needs_server
async def test_a_camera_that_wants_a_password_gets_it_and_nobody_else_does(
    port: int, mp4: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    with camera(port, mp4, "none", "farmer", "geheim"):
        async with Seen(CONFIG, "rtsp", f"rtsp://farmer:geheim@127.0.0.1:{port}/cam") as seen:
            await seen.pictured(5)
        async with Seen(CONFIG, "rtsp", f"rtsp://farmer:falsch@127.0.0.1:{port}/cam") as wrong:
            assert await wrong.in_state("lost") == "password"
    told = caplog.text + repr(seen.states) + repr(wrong.states)
    assert "geheim" not in told
    assert "falsch" not in told


@needs_server
async def test_an_ip_camera_that_has_no_such_stream_is_told_from_one_that_is_away(port: int, mp4: Path):
    with camera(port, mp4):
        async with Seen(CONFIG, "rtsp", f"rtsp://127.0.0.1:{port}/other") as seen:
            assert await seen.in_state("lost") == "not_found"


async def test_a_picture_of_another_format_is_refused(tmp_path: Path):
    write_mp4(tmp_path / "new.mp4", seconds=1, codec="mpeg4")
    async with Seen(MediaConfig(media_files=str(tmp_path)), "file", "new.mp4") as seen:
        assert await seen.in_state("refused") == "codec"
    assert seen.frames == []


async def test_a_camera_that_never_answers_is_left_at_once(port: int):
    with socket.create_server(("127.0.0.1", port)):
        async with Seen(MediaConfig(camera_pull_open_s=1.0), "rtsp", f"rtsp://127.0.0.1:{port}/cam") as seen:
            assert await seen.in_state("lost") == "silent"
    assert seen.frames == []


async def test_nothing_is_heard_of_a_source_after_its_stop(port: int):
    seen = Seen(CONFIG, "test", None)
    async with seen:
        await seen.pictured(3)
    count = len(seen.frames)
    await asyncio.sleep(0.2)
    assert len(seen.frames) == count


async def test_a_file_goes_on_from_its_beginning_in_one_line_of_time(tmp_path: Path):
    write_mp4(tmp_path / "short.mp4", seconds=1, aac=True)
    async with Seen(MediaConfig(media_files=str(tmp_path)), "file", "short.mp4") as seen:
        await seen.pictured(3 * FRAMES_PER_S)
    keys = [number for number, frame in enumerate(seen.pictures) if frame.key]
    assert keys[:3] == [0, FRAMES_PER_S, 2 * FRAMES_PER_S]
    # The sound is a few milliseconds longer than the picture, and what comes next waits for it.
    assert steps(seen.pictures) <= set(range(3_600, 9_000))
    assert len(decoded([frame.units for frame in seen.pictures])) == len(seen.pictures)
    assert seen.sounds
    assert steps(seen.sounds) <= set(range(OPUS_FRAME, 5 * OPUS_FRAME))


async def test_a_file_with_b_frames_is_refused(tmp_path: Path):
    write_mp4(tmp_path / "film.mp4", seconds=1, b_frames=2)
    async with Seen(MediaConfig(media_files=str(tmp_path)), "file", "film.mp4") as seen:
        assert await seen.in_state("refused") == "b_frames"


async def test_a_file_that_is_no_film_is_refused(tmp_path: Path):
    (tmp_path / "notes.mp4").write_bytes(b"hello " * 1_000)
    async with Seen(MediaConfig(media_files=str(tmp_path)), "file", "notes.mp4") as seen:
        assert await seen.in_state("refused") == "unreadable"


async def test_the_test_picture_moves_and_sounds():
    async with Seen(CONFIG, "test", None) as seen:
        await seen.pictured(70)
    assert [number for number, frame in enumerate(seen.pictures) if frame.key][:3] == [0, 30, 60]
    assert steps(seen.pictures) == {3_000}
    assert steps(seen.sounds) == {OPUS_FRAME}
    pictures = decoded([frame.units for frame in seen.pictures])
    assert (pictures[0].width, pictures[0].height) == (720, 1280)
    assert (pictures[0].to_ndarray() != pictures[15].to_ndarray()).any()


async def test_a_loop_that_is_late_loses_frames_up_to_a_key_frame_and_no_more(tmp_path: Path):
    write_mp4(tmp_path / "short.mp4", seconds=1)
    async with Seen(MediaConfig(media_files=str(tmp_path), camera_pull_frames_max=16), "file", "short.mp4") as seen:
        await seen.pictured(2)
        time.sleep(2)  # noqa: ASYNC251  # that blocks the loop, on purpose
        await seen.pictured(60)
    assert seen.source.counters.left_out_frames > 0
    pictures = seen.pictures
    gaps = [n for n in range(1, len(pictures)) if pictures[n].time - pictures[n - 1].time > 5_000]
    assert gaps
    assert all(pictures[n].key for n in gaps)


@pytest.mark.parametrize(
    "url",
    [
        "", "http://10.0.0.1/", "file:///etc/passwd", "rtsp://", "rtsp:///cam", "concat:rtsp://h/a|/etc/passwd",
        "rtsp://host/a b", "rtsp://host/a\r\nX: y", "rtsp://host:0/", "rtsp://host:99999/", "rtsp://[::1/",
        "rtsp://host/\u202ea", "rtsp://host/\u2066a\u2069", "rtsp://host/a\u200b", "rtsp://host/\x85", "rtsp://ho\xadst/",
        "rtsp://host/\U000e0041",
    ],
)  # fmt: skip
def test_only_addresses_of_ip_cameras_are_called(url: str):
    with pytest.raises(BadRequest):
        checked_url(url)


@pytest.mark.parametrize(
    "name", ["", "..", ".", ".hidden", "../clip.mp4", "a/clip.mp4", "/etc/passwd", "link.mp4", "x\0"]
)
def test_only_plain_names_in_the_media_folder_are_files(tmp_path: Path, name: str):
    folder = tmp_path / "media"
    folder.mkdir()
    (tmp_path / "clip.mp4").write_bytes(b"x")
    (folder / ".hidden").write_bytes(b"x")
    (folder / "link.mp4").symlink_to(tmp_path / "clip.mp4")
    (folder / "ours.mp4").write_bytes(b"x")
    with pytest.raises(BadRequest):
        checked_file(str(folder), name)
    assert checked_file(str(folder), "ours.mp4").is_file()


def test_without_a_media_folder_there_are_no_files():
    with pytest.raises(BadRequest):
        checked_file("", "clip.mp4")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://u:p@10.0.0.5:554/cam", "rtsp://***@10.0.0.5:554/cam"),
        ("rtsp://u:p@ss@10.0.0.5/cam", "rtsp://***@10.0.0.5/cam"),
        ("rtsps://cam.local/1?password=x", "rtsps://cam.local/1?***"),
        ("rtsp://cam.local/1", "rtsp://cam.local/1"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(url: str, shown: str):
    assert shown_url(url) == shown


async def test_a_camera_that_was_refused_shows_up_by_itself_once_it_is_set_otherwise(tmp_path: Path):
    write_mp4(tmp_path / "new.mp4", seconds=1, codec="mpeg4")
    config = structs.replace(CONFIG, media_files=str(tmp_path), camera_pull_refused_s=0.4)
    async with Seen(config, "file", "new.mp4") as seen:
        assert await seen.in_state("refused") == "codec"
        write_mp4(tmp_path / "other.mp4", seconds=1)
        (tmp_path / "other.mp4").rename(tmp_path / "new.mp4")
        await seen.pictured(3)
    assert [state for state, _ in seen.states if state != "connecting"][-1] == "live"
    assert seen.source.counters.calls >= 2


def test_pauses_double_up_to_their_bound_with_some_chance_in_them():
    pauses = Pauses(10.0, 60.0)
    for wanted_s in (10, 20, 40, 60, 60, 60):
        assert wanted_s * 0.75 <= pauses.next_s() <= wanted_s * 1.25
    pauses.reset()
    assert pauses.next_s() <= 12.5


def test_a_rooms_cameras_are_wanted_until_some_time_after_they_were_needed():
    demand = PullDemand(60.0)
    demand.need("farm", 100.0)
    demand.need("barn", 130.0)
    assert demand.rooms(160.0) == ["farm", "barn"]
    assert demand.rooms(160.1) == ["barn"]
    demand.need("barn", 170.0)
    assert demand.rooms(230.0) == ["barn"]
    assert demand.rooms(230.1) == []
