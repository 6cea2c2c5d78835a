"""A program that runs: cuts answered, cameras waited for; a wall clock that is set while it runs changes nothing of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from media.errors import CameraOff, CutCancelled, CutReplaced
from media.frames import OPUS_FRAME, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.program.mix import SLATE, Switched
from media.program.output import Output
from media.program.running import RunningProgram
from media.schemas import Cut
from media.settings import MediaConfig
from tests.media.program.cameras import StillSlate

CONFIG = MediaConfig(camera_lost_ms=300, program_back_ms=100, program_cut_s=0.5, program_cut_s_max=3.0)


class Seen:
    """The one output of a program; keeps what it gets."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)

    def finish(self) -> None:
        """Nothing is half done."""

    async def close(self) -> None:
        """Nothing is open."""

    def open(self, room: str, request_keyframe: Callable[[], None]) -> Sequence[Output]:
        del room, request_keyframe
        return (self,)

    def slate(self, room: str) -> StillSlate:  # type: ignore[override, unused-ignore]
        del room
        return StillSlate()

    def end(self, room: str) -> None:
        """One program, one room."""

    @property
    def pictures(self) -> list[VideoFrame]:
        return [frame for frame in self.frames if isinstance(frame, VideoFrame)]

    @property
    def sounds(self) -> list[AudioFrame]:
        return [frame for frame in self.frames if isinstance(frame, AudioFrame)]


class Stage:
    """A program with cameras that send 25 pictures a second in real time."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.switched: list[Switched] = []
        self.program = RunningProgram(CONFIG, "farm", self.seen, lambda _room, what: self.switched.append(what))  # type: ignore[arg-type]
        self.key_every: dict[str, int] = {}  # pictures, of each camera that sends
        self.cameras: dict[str, LiveCamera] = {}

    def add(self, name: str, key_every: int) -> None:
        self.cameras[name] = LiveCamera(CONFIG, name, "farm")
        self.key_every[name] = key_every
        self.program.add(self.cameras[name])

    async def send(self) -> None:
        loop = asyncio.get_running_loop()
        begin_s, number = loop.time(), 0
        while True:
            for name, every in list(self.key_every.items()):
                now_s = loop.time()
                frame = VideoFrame(round(now_s * VIDEO_HZ), number % every == 0, (name.encode(),))
                self.cameras[name].feed(frame, now_s)
            number += 1
            await asyncio.sleep(max(0.0, begin_s + number / 25 - loop.time()))

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110  (what is waited for has no event)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    sending = asyncio.create_task(made.send())
    try:
        yield made
    finally:
        sending.cancel()
        made.program.finish()
        await made.program.close()


@pytest.mark.parametrize("by_s", [-3_600, 600], ids=["back an hour", "forward ten minutes"])
async def test_a_wall_clock_that_is_set_leaves_the_program_as_it_is(by_s: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: len(show.seen.pictures) > 20)
        monkeypatch.setattr(time, "time", lambda: real() + by_s)
        before = len(show.seen.frames)
        await show.until(lambda: len(show.seen.pictures) > 40)
        assert len(show.seen.frames) - before < 100  # no burst of silence
        del show.key_every["field"]
        await show.until(lambda: show.program.mix.on_air == SLATE)
        shown = len(show.seen.pictures)
        await show.until(lambda: len(show.seen.pictures) > shown + 10)
        assert show.program.state == "lost"
        assert max(b.time - a.time for a, b in pairwise(show.seen.pictures)) < 1.5 * VIDEO_HZ
        assert abs(show.seen.pictures[-1].time / VIDEO_HZ - real()) < 1.0
        assert {b.time - a.time for a, b in pairwise(show.seen.sounds)} == {OPUS_FRAME}


async def test_a_cut_to_a_camera_that_sends_its_keyframe_at_once_is_answered_when_it_is_made() -> None:
    async with stage() as show:
        show.add("field", 5)
        show.add("barn", 5)
        await show.until(lambda: len(show.seen.pictures) > 20)
        other = "barn" if show.program.mix.on_air == "field" else "field"
        made = await show.program.cut(other)
        assert (made.camera, made.waits, made.in_ms) == (other, False, None)
        assert made.at_ts == show.switched[-1].time // 90


async def test_a_cut_to_a_camera_with_rare_keyframes_is_answered_with_how_long_it_takes_and_made_then() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 40)
        barn = show.cameras["barn"]
        await show.until(lambda: barn.keyframes.interval_s is not None)
        due_s = barn.keyframes.next_in_s(asyncio.get_running_loop().time())
        assert due_s is not None
        made = await show.program.cut("barn")
        assert (made.camera, made.waits) == ("barn", True)
        assert made.in_ms is not None
        assert abs(made.in_ms / 1000 - (due_s - 1.0)) < 0.3
        assert (show.program.mix.on_air, show.program.failed) == ("field", None)
        await show.until(lambda: show.program.mix.on_air == "barn")
        assert abs(show.switched[-1].time // 90 - made.at_ts) < 300


async def test_a_cut_whose_keyframe_does_not_come_is_told_as_failed_until_the_next_cut() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 10_000)
        await show.until(lambda: barn_sends(show))
        made = await show.program.cut("barn")
        assert (made.waits, made.in_ms) == (True, None)
        await show.until(lambda: show.program.failed == "barn")
        assert (show.program.mix.on_air, show.program.mix.wanted) == ("field", "field")
        await show.program.cut(SLATE)
        assert (show.program.failed, show.program.state) == (None, "slate")


def barn_sends(show: Stage) -> bool:
    return show.cameras["barn"].last_frame_s is not None


async def test_another_cut_and_a_cancelled_one_end_the_wait_of_the_first() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 10_000)
        await show.until(lambda: barn_sends(show))
        first = asyncio.create_task(show.program.cut("barn"))
        await asyncio.sleep(0)
        await show.program.cut("field")
        with pytest.raises(CutReplaced):
            await first
        second = asyncio.create_task(show.program.cut("barn"))
        await asyncio.sleep(0)
        show.program.cancel_cut()
        with pytest.raises(CutCancelled):
            await second
        assert show.program.mix.awaited is None


async def test_a_cut_to_the_camera_that_is_waited_for_shares_its_answer() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 40)
        await show.until(lambda: barn_sends(show))
        first = await show.program.cut("barn")
        assert first.waits
        awaited = show.program.mix.awaited
        second, third = (asyncio.create_task(show.program.cut("barn")) for _ in range(2))
        await asyncio.sleep(0)
        assert show.program.mix.awaited == awaited  # until the same moment
        assert await second == await third
        assert [told.reason for told in show.switched] == ["start", "cut"]
        assert (await second).at_ts == show.switched[-1].time // 90
        assert show.program.failed is None


async def test_a_cut_is_told_of_once_when_it_takes_effect_and_not_at_all_when_it_does_not() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 40)
        show.add("well", 10_000)
        await show.until(lambda: barn_sends(show) and show.cameras["well"].last_frame_s is not None)
        told: list[str] = []

        async def cut(camera: str) -> Cut:
            return await show.program.cut(camera, lambda: told.append(camera))

        await cut("field")  # which is on air because it came first, and is chosen now
        await cut("field")
        assert told == ["field"]
        assert (await cut("well")).waits
        assert show.program.cancel_cut()
        assert not show.program.cancel_cut()
        assert (await cut("well")).waits
        await show.until(lambda: show.program.failed == "well")
        assert told == ["field"]
        first, second = await asyncio.gather(cut("barn"), cut("barn"))
        await show.until(lambda: show.program.mix.on_air == "barn")
        await asyncio.sleep(0)
        assert (first.camera, second.camera, told) == ("barn", "barn", ["field", "barn"])
        replaced = asyncio.create_task(cut("well"))
        await asyncio.sleep(0)
        await cut(SLATE)
        await cut(SLATE)
        assert isinstance((await asyncio.gather(replaced, return_exceptions=True))[0], CutReplaced)
        assert told == ["field", "barn", SLATE]


async def test_those_who_share_a_cut_are_all_told_that_it_was_taken_back() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 10_000)
        await show.until(lambda: barn_sends(show))
        asked = [asyncio.create_task(show.program.cut("barn")) for _ in range(3)]
        await asyncio.sleep(0)
        show.program.cancel_cut()
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in told] == [CutCancelled] * 3
        again = asyncio.create_task(show.program.cut("barn"))
        await asyncio.sleep(0)
        assert show.program.mix.awaited is not None
        await show.program.cut(SLATE)
        with pytest.raises(CutReplaced):
            await again


async def test_a_cut_to_a_camera_without_a_keyframe_is_told_so_in_words() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: show.program.mix.on_air == "field")
        show.add("barn", 10_000)
        await show.until(lambda: barn_sends(show))
        now_s = asyncio.get_running_loop().time()
        for at_s in (now_s - 0.2, now_s):
            show.cameras["barn"].keyframes.observe(at_s)  # the next is due soon, and does not come
        with pytest.raises(CameraOff, match="keyframe"):
            await show.program.cut("barn")
        with pytest.raises(CameraOff, match="no picture"):
            await show.program.cut("nobody")


async def test_a_camera_on_air_that_waits_for_its_keyframe_stays_a_second_longer_than_one_that_is_gone() -> None:
    loop = asyncio.get_running_loop()
    async with stage() as show:
        for starves, patience_s in ((True, 1.3), (False, 0.3)):
            show.add("field", 5)
            await show.until(lambda: show.program.mix.on_air == "field")
            last_s = loop.time()
            del show.key_every["field"]
            if starves:
                show.cameras["field"].starve(last_s)
            await show.until(lambda: show.program.mix.on_air == SLATE)
            assert patience_s - 0.1 < loop.time() - last_s < patience_s + 0.6
            show.program.remove("field")


async def test_a_slate_that_stood_in_is_told_as_chosen_once_it_is() -> None:
    async with stage() as show:
        show.add("field", 5)
        await show.until(lambda: len(show.seen.pictures) > 5)
        del show.key_every["field"]
        await show.until(lambda: show.program.state == "lost")
        await show.program.cut(SLATE)
        assert show.program.state == "slate"
        assert [(told.camera, told.reason) for told in show.switched] == [
            ("field", "start"),
            (None, "lost"),
            (None, "cut"),
        ]
