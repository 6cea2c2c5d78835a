"""How many taps a second the stock engine is asked, out of what it has been asked in all. Pure: no I/O, no clock."""

from collections import OrderedDict, deque

LATELY_S = 10.0
SAMPLES_MAX = 100  # of one sale; more looks within LATELY_S make it shorter


class AskedRates:
    """Between two looks at the figures of a sale, not longer than LATELY_S apart. `sales_max` are remembered."""

    def __init__(self, sales_max: int) -> None:
        self._sales_max = sales_max
        self._samples: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()

    def per_s(self, sale: str, asked: int, now_s: float) -> float:
        """Taps a second since an earlier look; 0.0 at the first one, and when the engine began to count anew. `now_s` is
        monotonic.
        """
        samples = self._samples.setdefault(sale, deque(maxlen=SAMPLES_MAX))
        self._samples.move_to_end(sale)
        if len(self._samples) > self._sales_max:
            self._samples.popitem(last=False)
        if samples and samples[-1][1] > asked:
            samples.clear()
        while samples and now_s - samples[0][0] > LATELY_S:
            samples.popleft()
        samples.append((now_s, asked))
        passed_s = now_s - samples[0][0]
        return (asked - samples[0][1]) / passed_s if passed_s > 0 else 0.0
