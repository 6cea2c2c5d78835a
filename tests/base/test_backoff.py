"""Pauses between tries double up to a bound, and end where they are to."""

from livehub.base.backoff import Backoff


def test_pauses_double_up_to_their_bound() -> None:
    backoff = Backoff(pause_s_max=60.0)
    assert [backoff.pause_s(tries) for tries in (1, 2, 3, 4, 5, 6, 7, 10_000)] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert backoff.lasts_s() == float("inf")


def test_after_the_last_try_there_is_none() -> None:
    backoff = Backoff(tries_max=4, pause_s_max=5.0)
    assert [backoff.pause_s(tries) for tries in (1, 2, 3, 4, 5)] == [2, 4, 5, None, None]
    assert backoff.lasts_s() == 11.0
    assert Backoff(tries_max=1).lasts_s() == 0.0
