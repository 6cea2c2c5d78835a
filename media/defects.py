"""Defects on the way of frames: one that a part of media cannot take is counted and logged, and the others get it all the same.

    try:
        output.put(frame)
    except Exception as error:
        DEFECTS.caught("output", room, error)

A defect may come with every frame, so the log has at most one of a kind in LOG_PAUSE_S.
"""

import logging
import time
from collections.abc import Iterable

log = logging.getLogger("livehub.media")

LOG_PAUSE_S = 10.0


class Defects:
    """Counts by part: `session`, `camera`, `listener`, `output`, `sink`."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._logged_s: dict[str, float] = {}

    def caught(self, part: str, of: str, error: Exception) -> None:
        """`of`: which room, camera or session it happened to."""
        self._counts[part] = self._counts.get(part, 0) + 1
        now_s = time.monotonic()
        if now_s - self._logged_s.get(part, -LOG_PAUSE_S) >= LOG_PAUSE_S:
            self._logged_s[part] = now_s
            log.error("media.defect", exc_info=error, extra={"part": part, "of": of})

    def counts(self) -> Iterable[tuple[tuple[str], float]]:
        """As metrics want them."""
        return [((part,), float(count)) for part, count in self._counts.items()]


DEFECTS = Defects()
