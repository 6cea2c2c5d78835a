"""The engine's time: a clock that is put right by an hour ends no hold."""

from commerce.flashsale.steady_clock import SLEW, SteadyClock, real_at_takeover_s

HOUR_S = 3_600.0


class Clocks:
    def __init__(self) -> None:
        self.wall_s, self.monotonic_s = 1_000_000.0, 5.0

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


def steady(clocks: Clocks) -> SteadyClock:
    return SteadyClock(lambda: clocks.wall_s, lambda: clocks.monotonic_s, lambda real_s: real_s)


def test_it_follows_the_wall_clock_while_that_is_steady() -> None:
    clocks = Clocks()
    clock = steady(clocks)
    clocks.pass_s(600.0)
    assert clock.now_ms() == 1_000_600_000


def test_a_step_of_an_hour_moves_it_by_two_percent_of_what_passes() -> None:
    for step_s in (HOUR_S, -HOUR_S):
        clocks = Clocks()
        clock = steady(clocks)
        clocks.wall_s += step_s
        told_ms = 0
        for _ in range(600):
            clocks.pass_s(1.0)
            told_ms = clock.now_ms()
        assert abs(told_ms - 1_000_600_000) <= 600_000 * SLEW + 1
        for _ in range(int(HOUR_S / SLEW)):
            clocks.pass_s(1.0)
            told_ms = clock.now_ms()
        assert abs(told_ms - clocks.wall_s * 1000) <= 1


def test_it_never_goes_back() -> None:
    clocks = Clocks()
    clock = steady(clocks)
    clock.begin(1_000_000.0, not_before_ms=1_000_000_500)
    assert clock.now_ms() == 1_000_000_500
    clocks.pass_s(1.0)
    assert clock.now_ms() == 1_000_001_000


def test_a_leader_begins_by_two_clocks_that_agree_or_else_by_the_last_leaders() -> None:
    assert real_at_takeover_s(1_000.0, 1_001.0, 900.0, 5.0) == 1_000.0
    assert real_at_takeover_s(1_000.0 + HOUR_S, 1_001.0, 990.0, 12.0) == 1_002.0
    assert real_at_takeover_s(1_000.0 + HOUR_S, 1_001.0, 990.0, -12.0) == 990.0
    assert real_at_takeover_s(1_000.0 + HOUR_S, 1_001.0, 0.0, 0.0) == 1_000.0 + HOUR_S  # nobody led before
