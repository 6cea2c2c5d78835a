"""Lines and likes a second over the last seconds. Pure: no I/O, no clock."""

from collections import deque

WINDOW_S = 5.0
SAMPLES_MAX = 64


class Rates:
    """Fed with totals at most every WINDOW_S / 10."""

    __slots__ = ("_samples",)

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, int]] = deque(maxlen=SAMPLES_MAX)

    def sample(self, now_s: float, chats: int, likes: int) -> None:
        samples = self._samples
        if not samples or now_s - samples[-1][0] >= WINDOW_S / 10:
            samples.append((now_s, chats, likes))
            while len(samples) > 1 and now_s - samples[0][0] > WINDOW_S:
                samples.popleft()

    def per_s(self, now_s: float, chats: int, likes: int) -> tuple[float, float]:
        """(chats, likes) a second until now, when the totals are these."""
        if not self._samples:
            return 0.0, 0.0
        then_s, then_chats, then_likes = self._samples[0]
        span_s = max(now_s - then_s, 1.0)
        return round((chats - then_chats) / span_s, 2), round((likes - then_likes) / span_s, 2)
