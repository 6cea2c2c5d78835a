"""A program goes by the clock: through hundreds of cuts, at any frame rate, with jitter, losses and rare keyframes."""

from itertools import cycle, pairwise

import pytest

from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ
from media.program.mix import SLATE, CutFailed, MixSettings, Switched
from media.program.running import cut_wait_s
from tests.media.program.cameras import NOW_S, UNIX_S, Camera, Show, pictures, sounds, switches

RATES = [5, 8, 12.5, 15, 25, 29.97, 50, 60]


def assert_sound_and_picture_go_forward(show: Show) -> None:
    assert all(after.time > before.time for before, after in pairwise(pictures(show.out)))
    assert all(after.time == before.time + OPUS_FRAME for before, after in pairwise(sounds(show.out)))


def farthest_s(show: Show) -> float:
    """From the clock, of all pictures: each came out when it was taken."""
    return max(abs(ahead_s) for ahead_s in show.aheads_s)


@pytest.mark.parametrize(
    "cameras",
    [
        [Camera("a", 30), Camera("b", 30, phase=0.5)],
        [Camera("a", 30), Camera("b", 30, phase=0.01), Camera("c", 30, phase=0.99)],
        [Camera("a", 25), Camera("b", 30, phase=0.3), Camera("c", 29.97, phase=0.7)],
        [Camera("a", 60), Camera("b", 5, phase=0.3), Camera("c", 12.5, phase=0.7, jitter_s=0.01)],
    ],
    ids=["30 and 30", "three phases", "mixed rates", "60, 5 and 12.5"],
)
def test_two_hundred_cuts_leave_the_program_within_a_frame_of_the_clock(cameras: list[Camera]) -> None:
    for camera in cameras:
        camera.answers = True
    show = Show(*cameras)
    show.run(3)
    for camera, _ in zip(cycle(cameras[1:] + cameras[:1]), range(200), strict=False):
        show.cut(camera.name)
        show.run(1.3)
        assert show.mix.on_air == camera.name
    assert len(switches(show.out)) == 201
    assert farthest_s(show) <= 1 / 30
    assert_sound_and_picture_go_forward(show)
    show.run(3)
    assert abs(show.aheads_s[-1]) < 0.001


@pytest.mark.parametrize("jitter_s", [0.0, 0.01])
@pytest.mark.parametrize("fps", RATES)
def test_a_camera_of_any_rate_keeps_its_time_through_cut_slate_and_loss(fps: float, jitter_s: float) -> None:
    camera = Camera("slow", fps, key_s=2, jitter_s=min(jitter_s, 0.3 / fps))
    show = Show(camera, Camera("other", 30, phase=0.4))
    show.run(3)
    for target in ("other", "slow", SLATE, "slow"):
        show.cut(target)
        show.run(3)
        assert show.mix.on_air == target
    camera.sends = False
    lost = show.run(3)
    assert switches(lost) == [(None, "lost")]
    camera.sends = True
    show.run(4)
    assert show.mix.on_air == "slow"
    assert_sound_and_picture_go_forward(show)
    assert farthest_s(show) <= 0.1 + 1 / 30  # the slate has ten pictures a second
    show.run(3)
    assert abs(show.aheads_s[-1]) < 0.001
    assert sum(sound.data != OPUS_SILENCE for sound in sounds(show.run(2))) == 100


def test_a_camera_whose_rate_changes_keeps_its_time() -> None:
    camera = Camera("phone", 30, key_s=2, jitter_s=0.01)
    show = Show(camera, Camera("other", 25, phase=0.4))
    show.run(3)
    for fps in (15, 5, 8, 30, 12.5, 50, 5):
        camera.fps = fps
        show.cut("other")
        show.run(3)
        show.cut("phone")
        show.run(4)
        assert show.mix.on_air == "phone"
    assert_sound_and_picture_go_forward(show)
    assert farthest_s(show) <= 1 / 30
    assert not [reason for _, reason in switches(show.out) if reason == "lost"]


@pytest.mark.parametrize("fps", RATES)
def test_a_camera_without_sound_has_silence_up_to_its_last_picture(fps: float) -> None:
    show = Show(Camera("mute", fps, has_sound=False))
    show.run(10)
    assert {sound.data for sound in sounds(show.out)} == {OPUS_SILENCE}
    assert_sound_and_picture_go_forward(show)
    behind_s = pictures(show.out)[-1].time / VIDEO_HZ - sounds(show.out)[-1].time / AUDIO_HZ
    assert 0.0 < behind_s <= 0.25 + 0.05 + 0.04


@pytest.mark.parametrize("fps", RATES)
def test_a_cut_to_a_camera_with_a_keyframe_in_ten_seconds_comes_with_it(fps: float) -> None:
    show = Show(Camera("field", 30), Camera("barn", fps, key_s=10, phase=0.2))
    show.run(11)
    show.cut("barn", cut_wait_s(10.0, least_s=3.0, most_s=20.0))
    waiting = show.run(8.9)
    assert (switches(waiting), show.mix.on_air) == ([], "field")
    made = [item for item in show.run(2) if isinstance(item, Switched)]
    assert [(item.camera, item.reason) for item in made] == [("barn", "cut")]
    assert abs(made[0].time / VIDEO_HZ - UNIX_S - 20) < 0.3 + 1 / fps
    assert farthest_s(show) <= 1 / 30


@pytest.mark.parametrize(
    ("interval_s", "wait_s"),
    [(None, 20.0), (0.5, 3.0), (2.0, 3.0), (4.0, 6.0), (10.0, 15.0), (16.0, 20.0), (60.0, 20.0)],
)
def test_a_cut_waits_for_one_and_a_half_keyframe_intervals_within_bounds(
    interval_s: float | None, wait_s: float
) -> None:
    assert cut_wait_s(interval_s, least_s=3.0, most_s=20.0) == wait_s


def test_a_cut_replaces_the_one_that_waits() -> None:
    show = Show(Camera("field", 30), Camera("barn", 25, key_s=10), Camera("well", 25, key_s=2, phase=0.5))
    show.run(11)
    show.cut("barn", 15)
    show.run(1)
    show.cut("well", 3)
    assert switches(show.run(20)) == [("well", "cut")]


def test_a_cut_that_waits_can_be_cancelled() -> None:
    show = Show(Camera("field", 30), Camera("barn", 25, key_s=10))
    show.run(11)
    show.cut("barn", 15)
    show.run(1)
    assert show.mix.cancel() == "barn"
    assert show.mix.cancel() is None
    assert (switches(show.run(20)), show.mix.on_air, show.mix.wanted) == ([], "field", "field")


def test_a_cut_goes_on_waiting_behind_the_slate_when_the_camera_on_air_is_lost() -> None:
    field = Camera("field", 30)
    show = Show(field, Camera("barn", 25, key_s=10))
    show.run(11)
    show.cut("barn", 15)
    field.sends = False
    assert switches(show.run(12)) == [(None, "lost"), ("barn", "cut")]


def test_a_cut_to_a_camera_that_dies_while_it_is_waited_for_fails_in_time() -> None:
    barn = Camera("barn", 25, key_s=10)
    show = Show(Camera("field", 30), barn)
    show.run(11)
    show.cut("barn", 15)
    barn.sends = False
    assert [item for item in show.run(16) if isinstance(item, CutFailed)] == [CutFailed("barn")]
    assert show.mix.on_air == "field"


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["failed", "cancelled"])
def test_a_lost_camera_comes_back_after_a_cut_behind_the_slate_came_to_nothing(is_cancelled: bool) -> None:
    field = Camera("field", 30)
    show = Show(field, Camera("barn", 25, key_s=60))
    show.run(2)
    show.cut("field")
    field.sends = False
    assert switches(show.run(2)) == [(None, "lost")]
    show.cut("barn", 3)
    show.run(1)
    if is_cancelled:
        assert show.mix.cancel() == "barn"
    out = show.run(3)
    assert [item for item in out if isinstance(item, CutFailed)] == ([] if is_cancelled else [CutFailed("barn")])
    assert (show.mix.on_air, show.mix.wanted) == (SLATE, "field")
    field.sends = True
    assert switches(show.run(3)) == [("field", "back")]


def test_a_cut_that_fails_while_the_camera_on_air_is_lost_leaves_that_one_chosen() -> None:
    field = Camera("field", 30)
    show = Show(field, Camera("barn", 25, key_s=60))
    show.run(2)
    show.cut("barn", 3)
    field.sends = False
    assert switches(show.run(4)) == [(None, "lost")]
    assert (show.mix.on_air, show.mix.wanted) == (SLATE, "field")


def test_a_cut_that_fails_while_another_camera_stands_in_leaves_the_lost_one_chosen() -> None:
    field = Camera("field", 30)
    show = Show(field, Camera("barn", 25), Camera("well", 25, key_s=60), settings=MixSettings(fallback="camera"))
    show.run(2)
    show.cut("field")
    field.sends = False
    assert switches(show.run(3)) == [("barn", "lost")]
    show.cut("well", 1)
    show.cut("well", 2)  # one that replaces it comes back to the same
    assert switches(show.run(3)) == []
    assert (show.mix.on_air, show.mix.wanted) == ("barn", "field")
    field.sends = True
    assert switches(show.run(3)) == [("field", "back")]


def test_a_cut_to_a_camera_that_is_removed_leaves_the_lost_one_chosen() -> None:
    field = Camera("field", 30)
    show = Show(field, Camera("barn", 25, key_s=60))
    show.run(2)
    field.sends = False
    show.run(2)
    show.cut("barn", 3)
    show.mix.forget("barn")
    assert (show.mix.on_air, show.mix.wanted) == (SLATE, "field")


def test_a_cut_away_from_a_chosen_slate_that_fails_leaves_the_slate() -> None:
    show = Show(Camera("field", 30), Camera("barn", 25, key_s=60))
    show.run(2)
    show.cut(SLATE)
    show.cut("barn", 3)
    show.run(6)
    assert (show.mix.on_air, show.mix.wanted) == (SLATE, SLATE)


def test_a_program_opens_with_the_camera_that_was_chosen_however_long_its_keyframe_takes() -> None:
    show = Show(Camera("field", 30), Camera("barn", 25, key_s=10, phase=0.9))
    show.cut("barn", 15)
    assert switches(show.run(12)) == [("barn", "start")]


def test_a_program_whose_chosen_camera_gives_nothing_opens_with_another() -> None:
    barn = Camera("barn", 25)
    barn.sends = False
    show = Show(Camera("field", 30), barn)
    show.cut("barn", 5)
    assert switches(show.run(7)) == [("field", "start")]


def test_a_process_that_stood_still_goes_on_now_and_fills_nothing_up() -> None:
    field = Camera("field", 30)
    show = Show(field)
    show.run(3)
    field.sends = False
    show.run(3)
    assert show.mix.on_air == SLATE
    before = sounds(show.out)[-1]
    show.now_s += 3_600
    out = show.mix.advance(show.now_s)
    assert len(out) < 20
    assert pictures(out)[0].key
    assert pictures(out)[0].time / VIDEO_HZ == pytest.approx(UNIX_S + show.now_s - NOW_S)
    later = [sound for sound in sounds(show.mix.advance(show.now_s + 0.2)) if sound.time > before.time]
    assert later[0].time / AUDIO_HZ > UNIX_S + show.now_s - NOW_S - 0.1
