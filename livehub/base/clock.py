"""Business time: when a quiz closes, a coupon ends, a line was said. Real time, except in `demo`, where it can be moved.

It is told as an argument (`call.now_ms`, `context.now_s`), never by SQL's `now()`. Real time stays what machines go by: tokens,
timeouts, retries, rate limits, heartbeats, events and their retention, cameras and recordings; `Clock.real_s` or monotonic.
Business time never runs behind real time and never goes backwards, unless somebody sets back the machine's clock.
"""

import time
from collections.abc import Callable

from msgspec import Struct


class Timeline(Struct, frozen=True, kw_only=True):
    """How business time follows from real time, both Unix seconds: it was `business_s` at `real_s`, and from there on runs
    `rate` times as fast. Pure.
    """

    real_s: float = 0.0
    business_s: float = 0.0
    rate: float = 1.0

    def at(self, real_s: float) -> float:
        """Business time at a real moment."""
        return self.business_s + (real_s - self.real_s) * self.rate

    def advanced(self, ms: int, real_s: float) -> "Timeline":
        """At `real_s`, so far ahead of this one."""
        if ms < 0:
            raise ValueError("business time does not go backwards")
        return Timeline(real_s=real_s, business_s=self.at(real_s) + ms / 1000, rate=self.rate)

    def at_rate(self, rate: float, real_s: float) -> "Timeline":
        """The same up to `real_s`, and from there on at another rate."""
        if rate < 1.0:
            raise ValueError("business time does not run slower than real time")
        return Timeline(real_s=real_s, business_s=self.at(real_s), rate=rate)


REAL_TIME = Timeline()


class Clock:
    """The two times of a process. `timeline` is replaced where business time is moved (livehub/dev)."""

    __slots__ = ("real_s", "timeline")

    def __init__(self, real_s: Callable[[], float] = time.time, timeline: Timeline = REAL_TIME) -> None:
        """`real_s`: Unix seconds."""
        self.real_s = real_s
        self.timeline = timeline

    def now_s(self) -> float:
        """Business time, Unix seconds."""
        return self.timeline.at(self.real_s())
