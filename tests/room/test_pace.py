"""Ticks keep within their share of a processor, and within their bounds; rooms that are gone or quiet slow nobody down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.room.pace import LEAST_SHARE, TickRateController


def _pace() -> TickRateController:
    return TickRateController(min_s=0.1, max_s=1.0, share_max=0.5)


def _settled(pace: TickRateController, costs: dict[str, float], *, busy: bool = True) -> TickRateController:
    for _ in range(50):
        for room, cost_s in costs.items():
            pace.ticked(room, cost_s, busy=busy)
    return pace


def test_a_small_room_ticks_as_often_as_it_may() -> None:
    assert _settled(_pace(), {"a": 0.001}).interval_s == 0.1


def test_a_large_room_ticks_so_seldom_that_its_share_is_kept() -> None:
    assert _settled(_pace(), {"a": 0.2}).interval_s == pytest.approx(0.4, rel=0.01)


def test_all_busy_rooms_together_keep_the_share() -> None:
    costs = {"a": 0.1, "b": 0.05, "c": 0.05}
    interval_s = _settled(_pace(), costs).interval_s
    assert sum(costs.values()) / interval_s == pytest.approx(0.5, rel=0.01)


def test_the_interval_never_passes_its_bound() -> None:
    assert _settled(_pace(), {"a": 5.0}).interval_s == 1.0


def test_what_the_process_does_besides_is_taken_off() -> None:
    pace = _settled(_pace(), {"a": 0.05})
    pace.measured(0.0, 0.0)  # too short to say anything
    assert pace.interval_s == pytest.approx(0.1)
    for _ in range(100):
        pace.ticked("a", 0.05, busy=True)
        pace.measured(0.05 + 0.25, 1.0)
    assert pace.interval_s == pytest.approx(0.05 / 0.25, rel=0.01)


def test_however_much_the_rest_takes_ticks_go_on() -> None:
    pace = _settled(_pace(), {"a": 0.05})
    for _ in range(100):
        pace.measured(3.0, 1.0)
    assert pace.interval_s == pytest.approx(0.05 / LEAST_SHARE, rel=0.01)


def test_quiet_and_closed_rooms_do_not_count() -> None:
    pace = _settled(_pace(), {"a": 0.2})
    pace.ticked("a", 0.2, busy=False)
    assert pace.interval_s == pytest.approx(0.1)
    _settled(pace, {"b": 0.2})
    pace.closed("b")
    pace.closed("never known")
    assert pace.interval_s == pytest.approx(0.1)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0.0, 2.0), st.booleans() | st.none()),
        max_size=60,
    )
)
def test_whatever_happens_the_bounds_hold_and_nothing_is_left_of_closed_rooms(
    steps: list[tuple[str, float, bool | None]],
) -> None:
    pace = _pace()
    for room, cost_s, busy in steps:
        if busy is None:
            pace.closed(room)
        else:
            pace.ticked(room, cost_s, busy=busy)
        assert 0.1 <= pace.interval_s <= 1.0
    for room in "abc":
        pace.closed(room)
    assert pace.interval_s == pytest.approx(0.1)
