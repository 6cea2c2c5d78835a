"""How a camera's stream arrives, second by second, and what bit rate its sender is asked for. Pure: time is an argument."""

from msgspec import Struct

LOSS_HIGH = 0.10  # draft-ietf-rmcat-gcc-02, section 6: above it the rate falls, below LOSS_LOW it rises
LOSS_LOW = 0.02
RISE = 1.08


class IngestCounters:
    """Of all cameras of this process."""

    packets = 0
    packets_asked = 0
    packets_recovered = 0
    packets_duplicate = 0
    packets_lost = 0
    packets_ignored = 0  # of layers that are not taken
    keyframes_asked = 0
    broken_frames = 0
    withheld_frames = 0  # that could not be decoded, or not well
    left_out_frames = 0
    jumps = 0
    calls = 0


class Figures(Struct, frozen=True, kw_only=True):
    """Of the last whole second. `loss`: share of packets that did not come in their turn."""

    bitrate_bps: int = 0
    fps: float = 0.0
    loss: float = 0.0
    jitter_ms: float = 0.0


class Meter:
    """Counts what arrives; `second()` makes figures of it."""

    def __init__(self) -> None:
        self.octets = 0
        self.frames = 0
        self.figures = Figures()
        self._since_s: float | None = None
        self._before = (0, 0, 0, 0)
        self._jitter = 0.0  # ticks of 90 kHz, RFC 3550, section 6.4.1
        self._transit: float | None = None

    def packet(self, size: int, timestamp: int, now_s: float) -> None:
        self.octets += size
        transit = now_s * 90_000 - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < 90_000:  # the timestamp wrapped, or jumped
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    @property
    def jitter(self) -> int:
        """Ticks, for receiver reports."""
        return int(self._jitter)

    def second(self, now_s: float, *, received: int, missed: int) -> Figures:
        """Figures since the last call. `received`, `missed`: packets since the beginning."""
        now = (self.octets, self.frames, received, missed)
        if self._since_s is not None and now_s > self._since_s:
            seconds = now_s - self._since_s
            octets, frames, got, lost = (a - b for a, b in zip(now, self._before, strict=True))
            self.figures = Figures(
                bitrate_bps=int(octets * 8 / seconds),
                fps=round(frames / seconds, 1),
                loss=round(max(0.0, min(1.0, lost / max(1, got + lost))), 4),
                jitter_ms=round(self._jitter / 90, 1),
            )
        self._since_s, self._before = now_s, now
        return self.figures


def wanted_bitrate(before_bps: int, loss: float, *, least_bps: int, most_bps: int) -> int:
    """What to ask a sender for in the next second. It starts at the most: senders that begin low take long to rise."""
    if loss > LOSS_HIGH:
        wanted = before_bps * (1 - 0.5 * loss)
    elif loss < LOSS_LOW:
        wanted = before_bps * RISE
    else:
        wanted = float(before_bps)
    return int(max(least_bps, min(most_bps, wanted)))
