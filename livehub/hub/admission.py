"""Whom this process lets in, and when the others may try again. Pure: no I/O; time and chance come in.

A process takes so many sockets, so many of one address, and so many new ones a second; and none while it is so late with
its own work that it could not serve them. Who is refused is told when to return, spread by chance.
"""

from collections.abc import Callable

from livehub.base import errors
from livehub.base.config import Config
from livehub.base.limits import Allowance, Rate

SPREAD_MIN_MS = 500


class Admission:
    """See the module. `draw(n)` is an integer in [0, n)."""

    def __init__(self, config: Config, draw: Callable[[int], int]) -> None:
        self._config = config
        self._draw = draw
        self._joins = Allowance(Rate(per_s_max=config.connects_per_s_max, burst_max=config.connects_burst_max))
        self._by_address: dict[str, int] = {}
        self.sockets = 0
        self.lag_s = 0.0
        self.draining = False

    def opened(self, address: str) -> bool:
        """A socket was opened; False when there is not even room to refuse it with words. Then it does not count."""
        mine = self._by_address.get(address, 0)
        # As many again may wait for their refusal: CONNECT_ERROR says more than a status that browsers don't show.
        if mine >= 2 * self._config.sockets_per_address_max or self.sockets >= self._ceiling():
            return False
        self._by_address[address] = mine + 1
        self.sockets += 1
        return True

    def closed(self, address: str) -> None:
        """One that counted is gone."""
        self.sockets -= 1
        left = self._by_address.get(address, 0) - 1
        if left > 0:
            self._by_address[address] = left
        else:
            self._by_address.pop(address, None)

    def check(self, address: str, now_s: float) -> None:
        """Let one more in. Raises Unavailable, Overloaded or TooManySockets with the time to wait."""
        config = self._config
        if self.draining or self.sockets > config.sockets_max:
            raise errors.Unavailable("This server takes no more clients now.", retry_after_ms=self._later_ms())
        if self._by_address.get(address, 0) > config.sockets_per_address_max:
            raise errors.TooManySockets(retry_after_ms=self._later_ms())
        if self.lag_s * 1000 > config.admission_lag_ms_max:
            raise errors.Overloaded(retry_after_ms=self._later_ms())
        wait_s = self._joins.wait_s(now_s)
        if wait_s:
            raise errors.Overloaded(retry_after_ms=self._later_ms())

    def _later_ms(self) -> int:
        return SPREAD_MIN_MS + self._draw(self._config.reconnect_spread_ms + 1)

    def _ceiling(self) -> int:
        return self._config.sockets_max + max(64, self._config.sockets_max // 20)
