"""How far a device's clock is off ours, from when its batches come. Pure: no I/O, time is an argument.

    skew = ours - theirs, ms; a reading is placed at its own time + skew, and says so

When a batch was sent (`sent_at`), or else its newest reading, is compared with its arrival. A body may have waited for us, at a
broker or to be sent again, and says then what it said: that it is late proves nothing of a clock.

    it is ahead of us      its clock is: nobody can send what is still to be measured. Believed at once
    it is behind us        a slow clock, or a backlog after a gap. Believed as the clock's when LIKE_MIN batches in a row are as
                           far behind, LAG_MS_MIN or more, over at least SPAN_MS_MIN: a backlog catches up, or comes at once
    it is less behind      than what was believed: the clock was put right, or it never was slow
"""

from msgspec import Struct, structs

TOLERANCE_MS = 5_000  # of networks and of gateways that wait for more; so near, a clock is right
LAG_MS_MIN = 120_000  # a shorter one is that of a gateway which waits for more readings
LIKE_MIN = 3
SPAN_MS_MIN = 60_000


class Clock(Struct, frozen=True, kw_only=True):
    """What is known of a device's clock. `lag_ms`: by which the last `like` batches were behind, since `since_ms` (ours)."""

    skew_ms: int = 0
    lag_ms: int = 0
    like: int = 0
    since_ms: int = 0


def after(clock: Clock, *, newest_ms: int, sent_ms: int | None, received_ms: int) -> Clock:
    """What is known after a batch. `newest_ms`: its newest reading, `sent_ms`: when it was sent, both by the device's clock."""
    lag_ms = received_ms - (newest_ms if sent_ms is None else sent_ms)
    if lag_ms < min(clock.skew_ms, 0) - TOLERANCE_MS or (clock.skew_ms and lag_ms < clock.skew_ms - TOLERANCE_MS):
        return Clock(skew_ms=_rounded(lag_ms), lag_ms=lag_ms, like=1, since_ms=received_ms)
    if abs(lag_ms - clock.lag_ms) > TOLERANCE_MS or not clock.like:
        return structs.replace(clock, lag_ms=lag_ms, like=1, since_ms=received_ms)
    found = structs.replace(clock, like=clock.like + 1)
    if found.like >= LIKE_MIN and received_ms - found.since_ms >= SPAN_MS_MIN:
        found = structs.replace(
            found, skew_ms=found.lag_ms if found.lag_ms >= LAG_MS_MIN else _rounded(min(found.lag_ms, 0))
        )
    return found


def _rounded(lag_ms: int) -> int:
    return 0 if abs(lag_ms) <= TOLERANCE_MS else lag_ms
