"""Rate limits: token buckets, one per key, in bounded memory, and their refusal. Pure: no I/O, no clock.

A bucket holds up to `burst_max` tokens and gains `per_s_max` a second. `now_s` is monotonic: by the wall clock, a step back
would keep an empty bucket empty until the clock is where it was. Buckets are remembered from their first use, at most
`keys_max` of them: past that the longest unused one is forgotten, and its owner begins with a full one again.
"""

from collections import OrderedDict

from livehub.base.errors import TooFast

EARLY_TIMER_MS = 10  # by so much a client's timer may run out too early: whole milliseconds, another machine's crystal


def retry_after_ms(wait_s: float) -> int:
    """What to tell a client that has to wait `wait_s`, so that it is not refused once more for coming when it was told."""
    return int(wait_s * 1000) + 1 + EARLY_TIMER_MS


def check_wait(wait_s: float) -> None:
    """Raise TooFast when there is something to wait for."""
    if wait_s:
        raise TooFast(retry_after_ms=retry_after_ms(wait_s))


class RateLimiter:
    """`wait_s(key, now_s)` takes a token and says how long to wait for one: 0.0 means go."""

    __slots__ = ("_buckets", "_burst_max", "_keys_max", "_per_s")

    def __init__(self, *, per_s_max: float, burst_max: int, keys_max: int) -> None:
        self._per_s = per_s_max
        self._burst_max = float(burst_max)
        self._keys_max = keys_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str, now_s: float, cost: float = 1.0) -> float:
        """Seconds until `cost` tokens are there; 0.0 when they were, and are now taken. A refusal takes nothing."""
        left = self._left(key, now_s)
        if left < cost:
            return (cost - left) / self._per_s
        self._buckets[key] = (left - cost, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._keys_max:
            self._buckets.popitem(last=False)
        return 0.0

    def peek_s(self, key: str, now_s: float, cost: float = 1.0) -> float:
        """Seconds until `cost` tokens are there; 0.0 when they are. Takes nothing."""
        left = self._left(key, now_s)
        return (cost - left) / self._per_s if left < cost else 0.0

    def _left(self, key: str, now_s: float) -> float:
        left, then_s = self._buckets.get(key, (self._burst_max, now_s))
        return min(self._burst_max, left + max(0.0, now_s - then_s) * self._per_s)

    def __len__(self) -> int:
        return len(self._buckets)


class BucketSpec:
    """The rate and burst of a kind of TokenBucket: shared by all of its kind."""

    __slots__ = ("burst_max", "per_s_max")

    def __init__(self, *, per_s_max: float, burst_max: int) -> None:
        self.per_s_max = per_s_max
        self.burst_max = float(burst_max)


class TokenBucket:
    """The same bucket for one owner, which keeps it: three references instead of a dictionary entry."""

    __slots__ = ("_left", "_rate", "_then_s")

    def __init__(self, rate: BucketSpec) -> None:
        self._rate = rate
        self._left = rate.burst_max
        self._then_s = 0.0

    def wait_s(self, now_s: float, cost: float = 1.0) -> float:
        """As RateLimiter.wait_s."""
        rate = self._rate
        left = self._left + (now_s - self._then_s) * rate.per_s_max if now_s > self._then_s else self._left
        if left > rate.burst_max:
            left = rate.burst_max
        self._then_s = now_s
        if left < cost:
            self._left = left
            return (cost - left) / rate.per_s_max
        self._left = left - cost
        return 0.0

    def time_s(self, tokens: float) -> float:
        """How long so many take to come; of more than a full bucket, as long as that."""
        return min(tokens, self._rate.burst_max) / self._rate.per_s_max

    def put_back(self, tokens: float) -> None:
        self._left += tokens

    def take_up_to(self, now_s: float, wanted: int) -> int:
        """As many whole tokens as there are, at most `wanted`; for what is trimmed rather than refused."""
        self.wait_s(now_s, 0.0)
        taken = min(wanted, int(self._left))
        self._left -= taken
        return taken
