"""One tap of a person and a sale is under way at a time: the same one again is joined, another one is told to wait."""

import asyncio

import pytest

from commerce.flashsale.requests import Reserve, Units
from commerce.sales.in_flight import TapsInFlight
from livehub.base.errors import TooFast, Unavailable


def tap(sale: str = "s1", key: str = "key", units: int = 1) -> Reserve:
    return Reserve("mei", key, (Units(f"sale:{sale}", units),), 1_000)


async def test_the_same_tap_is_joined_and_another_one_waits():
    taps: TapsInFlight[str] = TapsInFlight(10)
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask() -> str:
        return await answer

    first = taps.begin("mei", ["s1", "s2"], tap(), ask)
    assert taps.same("mei", ["s1", "s2"], tap()) is first
    for other in (tap(key="other"), tap(units=2)):
        with pytest.raises(TooFast) as refused:
            taps.same("mei", ["s2"], other)
        assert refused.value.retry_after_ms == 250
    assert taps.same("bob", ["s1"], tap()) is None
    assert taps.same("mei", ["s3"], tap(key="other")) is None
    answer.set_result("held")
    assert await first == "held"
    assert taps.same("mei", ["s1"], tap(key="other")) is None


async def test_one_that_failed_is_under_way_no_more_and_too_many_are_refused():
    taps: TapsInFlight[str] = TapsInFlight(1)

    async def fail() -> str:
        raise Unavailable

    failing = taps.begin("mei", ["s1"], tap(), fail)
    with pytest.raises(Unavailable, match="Too many"):
        taps.begin("bob", ["s1"], tap(), fail)
    with pytest.raises(Unavailable):
        await failing
    assert taps.same("mei", ["s1"], tap()) is None
    forever = taps.begin("mei", ["s1"], tap(), asyncio.Event().wait)  # type: ignore[arg-type]
    taps.cancel()
    with pytest.raises(asyncio.CancelledError):
        await forever
