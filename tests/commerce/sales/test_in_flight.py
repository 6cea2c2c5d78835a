"""One tap of a person and a sale is under way at a time: the same one again is joined, another one is told to wait."""

import asyncio

import pytest

from commerce.flashsale.requests import Reserve, Units
from commerce.sales.in_flight import TapsInFlight
from livehub.base.errors import TooFast, Unavailable


def tap(sale: str = "s1", key: str = "key", units: int = 1) -> Reserve:
    return Reserve("mei", key, (Units(f"sale:{sale}", units),), 1_000)


def to_come() -> "asyncio.Future[str]":
    return asyncio.get_running_loop().create_future()


async def test_the_same_tap_is_joined_and_another_one_waits():
    taps, answer = TapsInFlight[str](10), to_come()
    taps.begin("mei", ["s1", "s2"], tap(), answer)
    assert taps.same("mei", ["s1", "s2"], tap()) is answer
    for other in (tap(key="other"), tap(units=2)):
        with pytest.raises(TooFast) as refused:
            taps.same("mei", ["s2"], other)
        assert refused.value.retry_after_ms == 250
    assert taps.same("bob", ["s1"], tap()) is None
    assert taps.same("mei", ["s3"], tap(key="other")) is None
    answer.set_result("held")
    assert await answer == "held"
    await asyncio.sleep(0)  # those who wait are called in their order
    assert taps.same("mei", ["s1"], tap(key="other")) is None


async def test_one_that_failed_is_under_way_no_more_and_too_many_are_refused():
    taps, answer = TapsInFlight[str](1), to_come()
    taps.begin("mei", ["s1"], tap(), answer)
    with pytest.raises(Unavailable, match="Too many"):
        taps.check_room()
    answer.set_exception(Unavailable())
    with pytest.raises(Unavailable):
        await answer
    await asyncio.sleep(0)
    assert taps.same("mei", ["s1"], tap()) is None
    taps.check_room()


async def test_an_answer_that_nobody_waits_for_any_more_is_forgotten():
    taps, answer = TapsInFlight[str](1), to_come()
    taps.begin("mei", ["s1"], tap(), answer)
    answer.cancel()
    await asyncio.sleep(0)
    assert taps.same("mei", ["s1"], tap()) is None
