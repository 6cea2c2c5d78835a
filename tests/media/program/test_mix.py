"""Viewers see one timeline without a gap, whichever cameras are cut, lost and found, and hear what belongs to the picture."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, VideoFrame
from media.program.clock import ProgramClock
from media.program.mix import SLATE, CutFailed, Mix, MixCounters, MixSettings, Out, Switched

UNIX_S = 1_800_000_000.0
NOW_S = 100.0  # of the monotonic clock, at the same moment
FRAME = VIDEO_HZ // 30
GROUP = 60


class StillSlate:
    """A slate of ten pictures a second."""

    frames_per_s = 10

    def frame_at(self, index: int) -> tuple[bool, tuple[bytes, ...]]:
        return index % 10 == 0, (b"\x65slate",)


class Studio:
    """Cameras at 30 frames a second, each with a phase and a beginning, and a mix; time is turned by hand."""

    def __init__(self, settings: MixSettings | None = None, *, slate: bool = True) -> None:
        self.asked: list[str] = []
        self.sending: dict[str, int] = {}  # camera: phase in ticks
        self.sounding: set[str] = set()
        self.answers = True  # whether cameras heed requests for keyframes
        self.now_s = NOW_S
        self.out: list[Out] = []
        self.tick = 0
        self.mix = Mix(
            settings or MixSettings(),
            ProgramClock(NOW_S, UNIX_S),
            request_keyframe=self._ask,
            slate=lambda: StillSlate() if slate else None,
        )

    def _ask(self, camera: str) -> None:
        self.asked.append(camera)

    def run(self, seconds: float) -> list[Out]:
        """Let time pass; what came out of it."""
        begin = len(self.out)
        for _ in range(round(seconds * 30)):
            self._frame()
        return self.out[begin:]

    def _frame(self) -> None:
        self.tick += 1
        self.now_s = NOW_S + self.tick / 30
        taken = round(NOW_S * VIDEO_HZ) + self.tick * FRAME
        for camera, phase in self.sending.items():
            key = self.tick % GROUP == 0 or (self.answers and camera in self.asked)
            self.asked = [asked for asked in self.asked if asked != camera]
            self.out += self.mix.video(camera, VideoFrame(taken + phase, key, (camera.encode(),)), self.now_s)
            if camera in self.sounding:
                for n in range(5 if self.tick % 3 == 0 else 0):  # five packets of 20 ms in three frames
                    time = (taken + phase) * 8 // 15 - (4 - n) * OPUS_FRAME
                    self.out += self.mix.audio(camera, AudioFrame(time, camera.encode()), self.now_s)
        self.out += self.mix.advance(self.now_s)

    def cut(self, camera: str) -> list[Out]:
        begin = len(self.out)
        self.out += self.mix.cut(camera, self.now_s)
        return self.out[begin:]


def pictures(out: list[Out]) -> list[VideoFrame]:
    return [item for item in out if isinstance(item, VideoFrame)]


def sounds(out: list[Out]) -> list[AudioFrame]:
    return [item for item in out if isinstance(item, AudioFrame)]


def switches(out: list[Out]) -> list[tuple[str | None, str]]:
    return [(item.camera, item.reason) for item in out if isinstance(item, Switched)]


def steps(out: list[Out]) -> list[int]:
    shown = pictures(out)
    return [after.time - before.time for before, after in itertools.pairwise(shown)]


def assert_sound_is_gapless(out: list[Out]) -> None:
    heard = sounds(out)
    assert all(after.time - before.time == before.duration for before, after in itertools.pairwise(heard))


def test_the_first_camera_that_sends_is_shown_from_its_first_keyframe_on() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    out = studio.run(2)
    assert switches(out) == [("field", "start")]
    assert isinstance(out[0], Switched)
    assert pictures(out)[0].key


@pytest.mark.parametrize(
    ("phase", "first_steps"),
    [
        (
            0,
            [1_500, 2_925],
        ),  # would collide: half a frame later, and back to its own times by a twentieth of each frame
        (-2_900, [1_500, 2_925]),
        (1, [1_500, 2_925]),
        (1_000, [1_500, 2_925]),
        (2_000, [2_000, 3_000]),
        (2_999, [2_999, 3_000]),
    ],
)
def test_a_cut_leaves_no_gap_and_no_jump_whatever_the_phase(phase: int, first_steps: list[int]) -> None:
    studio = Studio()
    studio.sending |= {"field": 0, "kitchen": phase}
    studio.run(2)
    studio.cut("kitchen")
    studio.run(2)
    assert switches(studio.out) == [("field", "start"), ("kitchen", "cut")]
    cut = next(n for n, frame in enumerate(pictures(studio.out)) if frame.units == (b"kitchen",))
    assert steps(studio.out)[cut - 1 : cut + 1] == first_steps
    assert set(steps(studio.out)[: cut - 1]) == {FRAME}
    assert pictures(studio.out)[-1].time == round((UNIX_S + studio.tick / 30) * VIDEO_HZ) + phase
    first = next(frame for frame in pictures(studio.out) if frame.units == (b"kitchen",))
    assert first.key


def test_until_the_keyframe_comes_the_old_camera_stays() -> None:
    studio = Studio()
    studio.answers = False
    studio.sending |= {"field": 0, "kitchen": 0}
    studio.run(2.5)
    assert studio.cut("kitchen") == []
    out = studio.run(0.5)
    assert {frame.units for frame in pictures(out)} == {(b"field",)}
    assert studio.mix.on_air == "field"
    studio.run(2)
    assert studio.mix.on_air == "kitchen"


def test_pictures_with_equal_times_are_shown_one_after_the_other_and_counted() -> None:
    studio = Studio()
    before = MixCounters.nudged_frames
    taken = round(NOW_S * VIDEO_HZ)
    for number in range(20):
        frame = VideoFrame(taken + number // 2 * 6_000, number == 0, (b"picture",))
        studio.out += studio.mix.video("one", frame, NOW_S + number / 30)
    times = [frame.time for frame in studio.out if isinstance(frame, VideoFrame)]
    assert len(times) == 20
    assert all(0 < later - earlier <= 6_000 for earlier, later in itertools.pairwise(times))
    assert MixCounters.nudged_frames - before == 10


def test_a_cut_to_a_camera_that_gives_no_keyframe_fails_and_changes_nothing() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.run(2)
    studio.cut("kitchen")
    out = studio.run(4)
    assert [item for item in out if isinstance(item, CutFailed)] == [CutFailed("kitchen")]
    assert (studio.mix.on_air, studio.mix.wanted) == ("field", "field")
    assert set(steps(studio.out)) == {FRAME}


def test_a_lost_camera_gives_way_to_the_slate_within_two_seconds_and_comes_back() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.sounding.add("field")
    studio.run(3)
    del studio.sending["field"]
    lost = studio.run(4)
    assert switches(lost) == [(None, "lost")]
    last_live = pictures(studio.out)[pictures(studio.out).index(pictures(lost)[0]) - 1]
    assert pictures(lost)[0].key
    assert pictures(lost)[0].time - last_live.time < 2 * VIDEO_HZ
    assert abs(pictures(lost)[-1].time / VIDEO_HZ - (UNIX_S + studio.tick / 30)) < 0.2
    studio.sending["field"] = 0
    back = studio.run(2)
    assert switches(back) == [("field", "back")]
    assert max(steps(back)) <= VIDEO_HZ // 10
    assert min(steps(studio.out)) > 0
    assert_sound_is_gapless(studio.out)


def test_another_camera_stands_in_where_that_is_wished() -> None:
    studio = Studio(MixSettings(fallback="camera"))
    studio.sending |= {"field": 0, "kitchen": 500}
    studio.run(2)
    del studio.sending["field"]
    assert switches(studio.run(2)) == [("kitchen", "lost")]
    studio.sending["field"] = 0
    assert switches(studio.run(2)) == [("field", "back")]


def test_a_stand_in_that_dies_while_its_keyframe_is_awaited_makes_way_for_the_slate_or_a_third_camera() -> None:
    for third, shown in ((None, (None, "lost")), ("market", ("market", "lost"))):
        studio = Studio(MixSettings(fallback="camera"))
        studio.answers = False
        studio.sending |= {"field": 0, "kitchen": 500}
        studio.run(2.1)
        if third is not None:
            studio.sending[third] = 700
        studio.run(0.2)
        del studio.sending["field"]
        studio.run(0.6)
        del studio.sending["kitchen"]  # it counts as there for a second still
        assert switches(studio.run(3)) == [shown]
        assert_sound_is_gapless(studio.out)


def test_a_stand_in_that_dies_on_air_gives_way_and_whoever_comes_back_is_shown_the_chosen_one_first() -> None:
    studio = Studio(MixSettings(fallback="camera"))
    studio.sending |= {"field": 0, "kitchen": 500}
    studio.run(2)
    del studio.sending["field"]
    assert switches(studio.run(2)) == [("kitchen", "lost")]
    del studio.sending["kitchen"]
    assert switches(studio.run(3)) == [(None, "lost")]
    assert studio.mix.wanted == "field"
    studio.sending["kitchen"] = 500
    assert switches(studio.run(2)) == [("kitchen", "lost")]
    studio.sending["field"] = 0
    assert switches(studio.run(2)) == [("field", "back")]
    assert min(steps(studio.out)) > 0
    assert_sound_is_gapless(studio.out)


def test_both_dead_at_once_the_slate_begins_as_soon_as_without_a_stand_in() -> None:
    studio = Studio(MixSettings(fallback="camera"))
    studio.sending |= {"field": 0, "kitchen": 500}
    studio.run(2)
    studio.sending.clear()
    assert switches(studio.run(1.1)) == [(None, "lost")]


def test_a_stand_in_that_sends_pictures_and_no_keyframe_is_not_tried_again_before_others() -> None:
    studio = Studio(MixSettings(fallback="camera"))
    studio.sending |= {"field": 0, "wall": 0}
    studio.run(2)
    del studio.sending["field"], studio.sending["wall"]
    out: list[Out] = []
    for tick in range(1, 30 * 9):  # "alley" comes first by name, and never has a keyframe; "wall" has one each second
        studio.tick += 1
        studio.now_s = NOW_S + studio.tick / 30
        taken = round(studio.now_s * VIDEO_HZ)
        out += studio.mix.video("alley", VideoFrame(taken, False, (b"alley",)), studio.now_s)  # noqa: FBT003
        if tick > 60:
            out += studio.mix.video("wall", VideoFrame(taken, tick % 30 == 0, (b"wall",)), studio.now_s)
        out += studio.mix.advance(studio.now_s)
    assert switches(out) == [(None, "lost"), ("wall", "lost")]


@pytest.mark.parametrize(("starved", "lost_after_s"), [(False, 1.0), (True, 2.0)])
def test_a_camera_whose_pictures_await_a_keyframe_has_a_second_more(starved: bool, lost_after_s: float) -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.run(2)
    del studio.sending["field"]
    if starved:
        studio.mix.starve("field")
    assert switches(studio.run(lost_after_s - 0.05)) == []
    assert switches(studio.run(0.15)) == [(None, "lost")]
    assert_sound_is_gapless(studio.out)


def test_a_starved_camera_whose_keyframe_comes_in_time_stays_on_air_and_has_no_second_more_next_time() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.run(2)
    del studio.sending["field"]
    studio.mix.starve("field")
    studio.run(1.9)
    studio.sending["field"] = 0
    assert switches(studio.run(1)) == []
    assert studio.mix.on_air == "field"
    del studio.sending["field"]
    assert switches(studio.run(1.1)) == [(None, "lost")]
    assert_sound_is_gapless(studio.out)


def test_the_slate_can_be_shown_at_will_and_stays_until_a_cut() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.run(2)
    assert switches(studio.cut(SLATE)) == [(None, "cut")]
    assert switches(studio.run(3)) == []
    studio.cut("field")
    assert switches(studio.run(1)) == [("field", "cut")]


def test_after_a_camera_was_removed_another_one_is_shown_as_soon_as_it_comes() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    studio.run(2)
    del studio.sending["field"]
    studio.mix.forget("field")
    assert switches(studio.run(2)) == [(None, "lost")]
    studio.sending["kitchen"] = 700
    assert switches(studio.run(2)) == [("kitchen", "back")]


def test_without_a_slate_the_last_picture_stands() -> None:
    studio = Studio(slate=False)
    studio.sending["field"] = 0
    studio.run(2)
    del studio.sending["field"]
    assert pictures(studio.run(3)) == []
    studio.sending["field"] = 0
    studio.run(1)
    assert max(steps(studio.out)) >= 3 * VIDEO_HZ - FRAME
    assert min(steps(studio.out)) > 0


def test_a_camera_without_sound_is_silent_and_the_sound_never_falls_behind() -> None:
    studio = Studio()
    studio.sending["field"] = 0
    out = studio.run(3)
    assert {frame.data for frame in sounds(out)} == {OPUS_SILENCE}
    assert_sound_is_gapless(out)
    assert pictures(out)[-1].time / VIDEO_HZ - sounds(out)[-1].time / AUDIO_HZ < 0.4


def test_sound_follows_the_picture_through_a_cut() -> None:
    studio = Studio()
    studio.sending |= {"field": 0, "kitchen": 1_200}
    studio.sounding |= {"field", "kitchen"}
    studio.run(3)
    studio.cut("kitchen")
    studio.run(3)
    heard = [frame.data for frame in sounds(studio.out)]
    assert heard[-1] == b"kitchen"
    assert heard.index(b"kitchen") > len(heard) // 3
    assert b"field" not in heard[heard.index(b"kitchen") :]
    assert heard.count(OPUS_SILENCE) <= 15
    assert_sound_is_gapless(studio.out)


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.sampled_from([0.1, 0.5, 1.3, 2.5])),
        st.tuples(st.just("cut"), st.sampled_from(["field", "kitchen", SLATE])),
        st.tuples(st.just("toggle"), st.sampled_from(["field", "kitchen"])),
        st.tuples(st.just("forget"), st.sampled_from(["field", "kitchen"])),
    ),
    max_size=14,
)


@given(deeds, st.integers(-2_999, 2_999), st.sampled_from(["slate", "camera"]))
def test_whatever_happens_time_goes_forward_and_sound_has_no_gap(deeds, phase: int, fallback) -> None:
    studio = Studio(MixSettings(fallback=fallback))
    phases = {"field": 0, "kitchen": phase}
    studio.sounding |= set(phases)
    studio.sending["field"] = 0
    studio.run(0.5)
    for deed, what in deeds:
        if deed == "run":
            studio.run(what)
        elif deed == "cut":
            studio.cut(what)
        elif deed == "forget":
            studio.mix.forget(what)
        elif what in studio.sending:
            del studio.sending[what]
        else:
            studio.sending[what] = phases[what]
    studio.run(2.0)
    assert min(steps(studio.out), default=1) > 0
    assert_sound_is_gapless(studio.out)
    shown: str | None = None
    needs_key = True
    for item in studio.out:
        if isinstance(item, Switched):
            shown = item.camera or SLATE
            needs_key = True
        elif isinstance(item, VideoFrame):
            assert item.units == ((shown or "").encode() if shown != SLATE else b"\x65slate",)
            assert item.key or not needs_key
            needs_key = False
