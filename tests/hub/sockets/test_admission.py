"""So many sockets, so many of one address, so many new ones a second, none while late; and when to return."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base import errors
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.admission import SPREAD_MIN_MS, Admission

SPREAD_MS = 1_000


def _admission(**limits: Any) -> Admission:
    return Admission(HubConfig(reconnect_spread_ms=SPREAD_MS, **limits), lambda n: n - 1)


def _refusal(admission: Admission, address: str = "a", now_s: float = 1.0) -> errors.LivehubError | None:
    try:
        admission.check(address, now_s)
    except errors.LivehubError as error:
        return error
    return None


def test_who_is_refused_is_told_when_to_return() -> None:
    admission = _admission(sockets_max=1)
    for address in ("a", "b"):
        assert admission.opened(address)
    refusal = _refusal(admission)
    assert isinstance(refusal, errors.Unavailable)
    assert refusal.retry_after_ms == SPREAD_MIN_MS + SPREAD_MS
    admission.closed("b")
    assert _refusal(admission) is None


def test_one_address_has_its_share_and_others_do_not_suffer() -> None:
    admission = _admission(sockets_per_address_max=2)
    assert [admission.opened("a") for _ in range(6)] == [True] * 4 + [False] * 2
    assert admission.opened("b")
    assert isinstance(_refusal(admission, "a"), errors.TooManySockets)
    assert _refusal(admission, "b") is None
    admission.closed("a")
    admission.closed("a")
    assert _refusal(admission, "a") is None


def test_so_many_may_come_in_a_second() -> None:
    admission = _admission(connects_per_s_max=10, connects_burst_max=3)
    assert [_refusal(admission, now_s=5.0) is None for _ in range(5)] == [True, True, True, False, False]
    assert isinstance(_refusal(admission, now_s=5.0), errors.Overloaded)
    assert _refusal(admission, now_s=5.2) is None


def test_nobody_comes_in_while_the_process_is_late() -> None:
    admission = _admission(admission_lag_ms_max=500)
    admission.lag_s = 0.6
    assert isinstance(_refusal(admission), errors.Overloaded)
    admission.lag_s = 0.1
    assert _refusal(admission) is None


def test_nobody_comes_in_while_it_stops() -> None:
    admission = _admission()
    admission.draining = True
    assert isinstance(_refusal(admission), errors.Unavailable)


def test_there_is_a_bound_to_those_who_wait_to_be_refused() -> None:
    admission = _admission(sockets_max=10)
    opened = sum(admission.opened(f"address {number}") for number in range(200))
    assert opened == 10 + 64


@pytest.mark.parametrize("kind", [errors.TooManySockets, errors.Overloaded, errors.Unavailable])
def test_each_refusal_may_be_retried(kind: type[errors.LivehubError]) -> None:
    assert kind.retryable


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=100))
def test_what_is_counted_is_what_is_open(steps: list[tuple[str, bool]]) -> None:
    admission = _admission(sockets_max=20, sockets_per_address_max=5)
    here: list[str] = []
    for address, opens in steps:
        if opens and admission.opened(address):
            here.append(address)
        elif not opens and address in here:
            here.remove(address)
            admission.closed(address)
        assert admission.sockets == len(here)
        assert all(here.count(address) <= 10 for address in "abc")
    for address in here:
        admission.closed(address)
    assert admission.sockets == 0
    assert not admission._by_address
