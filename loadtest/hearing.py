"""What a whole process of viewers hears. Each distinct message is understood once, however many viewers it comes to.

All viewers of a room get identical bytes, so a frame is looked up by its bytes, and all that happens per viewer is a count:
how many got this message in this millisecond. Every second, and when a message is forgotten, counts become latencies.
A latency is therefore right to a millisecond, but for the pause of crowdprocess.py.
"""

import zlib
from collections import Counter

import msgspec
from msgspec import Struct

from loadtest import frames
from loadtest.dialects import OWN, PING, Dialect, Heard
from loadtest.histogram import Histogram

MESSAGES_MAX = 512  # distinct messages remembered; a viewer that is further behind than this has them understood again


class Figures(Struct, kw_only=True):
    """What was heard in some time; sums, except `present`. An event is a line, a control message, or a like.

    `frames`: messages of the room, pings and answers not among them. `lines`: lines of chat seen, summed over viewers.
    `likes`: likes that the viewers saw: told one by one, or as the growth of the total that each was shown.
    `bytes`: all that came over the wire, heads and handshakes included.
    """

    second: int = 0
    present: int = 0
    frames: int = 0
    lines: int = 0
    controls: int = 0
    likes: int = 0
    bytes: int = 0
    entered: int = 0
    cpu_s: float = 0.0
    chat: Histogram = msgspec.field(default_factory=Histogram)
    control: Histogram = msgspec.field(default_factory=Histogram)
    faults: dict[str, int] = msgspec.field(default_factory=dict)
    notices: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def events(self) -> int:
        """Lines, controls and likes."""
        return self.lines + self.controls + self.likes

    def merge(self, other: "Figures") -> None:
        """Add what others heard in the same time; `present` adds up too, for viewers of several processes."""
        for name in ("present", "frames", "lines", "controls", "likes", "bytes", "entered", "cpu_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.chat.merge(other.chat)
        self.control.merge(other.control)
        self.faults = added(self.faults, other.faults)
        self.notices = added(self.notices, other.notices)


def added(some: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    """Sums by name; what comes to nothing is left out."""
    names = {**some, **more}
    sums = {name: some.get(name, 0) + more.get(name, 0) for name in names}
    return {name: times for name, times in sums.items() if times}


class Message:
    """One distinct message and when it came to how many."""

    __slots__ = ("arrivals", "heard", "personal", "plain")

    def __init__(self, heard: Heard, plain: bytes) -> None:
        self.heard = heard
        self.plain = plain
        self.personal = heard.kind == PING or bool(heard.steps)  # more to do per viewer than to count
        self.arrivals: dict[int, int] = {}  # Unix ms: viewers


class Hearing:
    """The messages that this process knows, and its counts."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.bytes = 0
        self.last_frame = b""
        self.last: Message | None = None
        self.faults: Counter[str] = Counter()
        self.notices: Counter[str] = Counter()
        self.entered = 0
        self._by_frame: dict[bytes, Message] = {}
        self._by_text: dict[bytes, Message] = {}
        self._figures = Figures()

    def known(self, frame: bytes) -> Message | None:
        """The message that came as just these bytes before; it becomes the one that is expected next."""
        message = self._by_frame.get(frame)
        if message is not None:
            self.last_frame, self.last = frame, message
        return message

    def whole(self, frame: bytes) -> Message | None:
        """The message of a text frame that is whole and needs no history; None when it must be put together or fails."""
        _, deflated, _, payload = frames.apart(frame)
        if deflated:
            try:
                payload = frames.inflated(payload)
            except zlib.error:
                return None
        message = self.text(payload)
        if message.heard.kind not in OWN:
            self._by_frame[frame] = message
            self.last_frame, self.last = frame, message
        return message

    def text(self, text: bytes) -> Message:
        """The message of this text."""
        message = self._by_text.get(text)
        if message is None:
            try:
                heard = self.dialect.understand(text)
            except (msgspec.MsgspecError, ValueError):
                heard = Heard(kind="unreadable")
                self.faults["unreadable"] += 1
            message = Message(heard, text)
            if heard.kind not in OWN:
                if len(self._by_text) >= MESSAGES_MAX or len(self._by_frame) >= MESSAGES_MAX:
                    self._forget()
                self._by_text[text] = message
        return message

    def settle(self) -> Figures:
        """What was heard since the last time; likes by total, `present` and processor time are the crowd's to fill in."""
        for message in self._by_text.values():
            self._count(message)
        figures, self._figures = self._figures, Figures()
        figures.bytes, self.bytes = self.bytes, 0
        figures.entered, self.entered = self.entered, 0
        figures.faults, self.faults = dict(self.faults), Counter()
        figures.notices, self.notices = dict(self.notices), Counter()
        return figures

    def _forget(self) -> None:
        for message in self._by_text.values():
            self._count(message)
        self._by_text.clear()
        self._by_frame.clear()
        self.last_frame, self.last = b"", None

    def _count(self, message: Message) -> None:
        heard, figures = message.heard, self._figures
        viewers = sum(message.arrivals.values())
        if not viewers or heard.kind == PING:
            message.arrivals.clear()
            return
        figures.frames += viewers
        figures.lines += heard.lines * viewers
        figures.likes += heard.likes * viewers
        figures.controls += len(heard.steps) * viewers
        if not (heard.lines or heard.likes or heard.steps or heard.likes_total >= 0):
            self.notices[heard.kind] += viewers
        for at_ms, times in message.arrivals.items():
            for sent_ms in heard.sent_ms:
                figures.chat.add(at_ms - sent_ms, times)
            for step in heard.steps:
                if step.ts:
                    figures.control.add(at_ms - step.ts, times)
        message.arrivals.clear()
