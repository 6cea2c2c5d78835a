"""A room's chat in this process: what waits for the next tick, what other processes have yet to hear, what a snapshot shows.

Every line passes twice at most: once towards the viewers here (`to_show`), and, if it was said here, once towards the other
processes (`to_tell`). Both are bounded; what comes on top is dropped and counted (room/tick.py). No I/O, no clock.
"""

import secrets
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

from livehub.base.limits import BucketSpec, TokenBucket
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection
from livehub.room.models import ChatLine
from livehub.room.tick import PendingChat, sample

FAIR_WINDOW_S = 5.0


class ChatBuffer:
    """`count`: lines of the room so far, as far as known here. `recent`: the last ones, for snapshots."""

    __slots__ = (
        "_last_spoke_ms",
        "_readable",
        "_shown_lately",
        "_shown_since_s",
        "_speakers",
        "_speakers_max",
        "count",
        "recent",
        "to_show",
        "to_tell",
    )

    def __init__(self, config: HubConfig) -> None:
        self.count = 0
        self.recent: deque[ChatLine] = deque(maxlen=config.chat_history_max)
        self.to_show = PendingChat(config.tick_pending_max)
        self.to_tell = PendingChat(config.tick_pending_max)
        self._speakers: dict[str, Connection] = {}  # of lines that wait here, by the line's id
        self._last_spoke_ms: OrderedDict[str, int] = OrderedDict()
        self._speakers_max = config.limiter_keys_max
        shown = config.chat_shown_per_s_max
        self._readable = TokenBucket(BucketSpec(per_s_max=shown, burst_max=max(1, round(shown))))
        self._shown_lately: Counter[str] = Counter()
        self._shown_since_s = 0.0

    def say(self, line: ChatLine, speaker: Connection | None) -> None:
        """A line from this process."""
        self.to_tell.add(line)
        self.hear(line)
        if speaker is not None:
            self._speakers[line.id] = speaker

    def hear(self, line: ChatLine) -> None:
        self.count += 1
        self.recent.append(line)
        self.to_show.add(line)

    def take_shown(self, now_s: float) -> tuple[list[ChatLine], list[tuple[ChatLine, Connection]]]:
        """What this tick shows to everybody, and the lines left out that their speakers see all the same."""
        lines = self.to_show.take()
        speakers, self._speakers = self._speakers, {}
        if not lines:
            return [], []
        shown = self._sample(lines, now_s)
        if len(shown) == len(lines):
            return shown, []
        seen = {line.id for line in shown}
        return shown, [(line, speakers[line.id]) for line in lines if line.id in speakers and line.id not in seen]

    def _sample(self, lines: list[ChatLine], now_s: float) -> list[ChatLine]:
        if now_s - self._shown_since_s > FAIR_WINDOW_S:
            self._shown_lately.clear()
            self._shown_since_s = now_s
        readable = self._readable.take_up_to(now_s, len(lines))
        shown = sample(lines, readable, secrets.randbelow, self._shown_lately)
        self._shown_lately.update(line.user for line in shown)
        return shown

    def remove(self, is_gone: Callable[[ChatLine], bool]) -> None:
        """Neither show nor tell these any more."""
        gone = {line.id for line in (*self.recent, *self.to_show.lines, *self.to_tell.lines) if is_gone(line)}
        self.recent = deque((line for line in self.recent if line.id not in gone), maxlen=self.recent.maxlen)
        for line_id in gone:
            self.to_show.remove(line_id)
            self.to_tell.remove(line_id)

    def restore(self, line: ChatLine) -> None:
        """Remember a line again, where it was said, unless that is longer ago than what is remembered."""
        place = next((at for at, other in enumerate(self.recent) if (other.ts, other.id) >= (line.ts, line.id)), None)
        if place is None:
            self.recent.append(line)
        elif self.recent[place].id != line.id and (place or len(self.recent) != self.recent.maxlen):
            lines = [*self.recent]
            lines.insert(place, line)
            self.recent = deque(lines, maxlen=self.recent.maxlen)

    # --- slow mode ---

    def last_spoke_ms(self, user: str) -> int | None:
        """When a person spoke, by the clock that `spoke` was told."""
        return self._last_spoke_ms.get(user)

    def spoke(self, user: str, now_ms: int) -> None:
        """A person said something just now."""
        self._last_spoke_ms[user] = now_ms
        self._last_spoke_ms.move_to_end(user)
        if len(self._last_spoke_ms) > self._speakers_max:
            self._last_spoke_ms.popitem(last=False)
