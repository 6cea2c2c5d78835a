"""A body of a known device, placed in our time: which readings are taken, when they were, and how it is answered.
Pure: no I/O, time is an argument.

    future     further ahead of our clock than `future_s_max`, by the device's own time, or still after it was placed
    too_old    older than `past_s_max`
    no_clock   of more than a year ago, or sent then: the device's clock was never set, and counts from 1970 or from when it was
               made. When such a reading was is not known, and not guessed: each start of the device would move what it says
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from trace.coldchain import skew
from trace.coldchain.readings import Reading, Refused, Sent, marked
from trace.coldchain.skew import Clock

NO_CLOCK_MS = 366 * 86_400_000  # no device, gateway or broker keeps readings for so long


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a device. `seq`: the highest that came; `newest_ms`, `newest_c`: its newest temperature, placed."""

    clock: Clock = Clock()
    seq: int = -1
    newest_ms: int | None = None
    newest_c: float | None = None


class Limits(Struct, frozen=True, kw_only=True):
    """From when to when readings are taken, around our clock."""

    future_ms_max: int
    past_ms_max: int


class Answer(Struct, frozen=True, kw_only=True):
    """How many readings were taken; which were not, and why."""

    accepted: int
    refused: list[Refused]


class Placed(Struct, frozen=True, kw_only=True):
    """`readings`: in order of time, placed and marked, with those that are implausible among them. `known`: from now on."""

    readings: list[Reading]
    answer: Answer
    known: Known
    skew_ms: int


def place(sent: Sent, known: Known, limits: Limits, *, received_ms: int) -> Placed:
    """What becomes of a body. A `seq` below one that came is backlog: it says nothing about the clock."""
    refused = list(sent.refused)
    latest_ms, earliest_ms = received_ms + limits.future_ms_max, received_ms - limits.past_ms_max
    in_time = []
    is_unset = sent.sent_ms is not None and sent.sent_ms < received_ms - NO_CLOCK_MS
    for index, reading in zip(sent.indexes, sent.readings, strict=True):
        if is_unset or reading.at_ms < received_ms - NO_CLOCK_MS:
            refused.append(Refused(index=index, reason="no_clock"))
        elif sent.sent_ms is None and reading.at_ms > latest_ms:
            refused.append(Refused(index=index, reason="future"))
        elif sent.sent_ms is None and reading.at_ms < earliest_ms:
            refused.append(Refused(index=index, reason="too_old"))
        else:
            in_time.append((index, reading))
    clock = _clock(sent, known, in_time, received_ms)
    placed = []
    for index, reading in in_time:
        at_ms = reading.at_ms + clock.skew_ms
        if earliest_ms <= at_ms <= latest_ms:
            placed.append(structs.replace(reading, at_ms=at_ms) if clock.skew_ms else reading)
        else:
            refused.append(Refused(index=index, reason="future" if at_ms > latest_ms else "too_old"))
    refused = _each_once(refused)
    placed.sort(key=lambda reading: reading.at_ms)
    is_newest = bool(placed) and (known.newest_ms is None or placed[0].at_ms > known.newest_ms)
    readings = marked(placed, known.newest_c if is_newest else None)
    return Placed(
        readings=readings,
        answer=Answer(accepted=sent.count - len(refused), refused=refused),
        known=_known(known, sent, clock, readings),
        skew_ms=clock.skew_ms,
    )


def _clock(sent: Sent, known: Known, in_time: Sequence[tuple[int, Reading]], received_ms: int) -> Clock:
    if not in_time or sent.seq < known.seq:  # a backlog says nothing of now
        return known.clock
    newest_ms = max(reading.at_ms for _, reading in in_time)
    return skew.after(known.clock, newest_ms=newest_ms, sent_ms=sent.sent_ms, received_ms=received_ms)


def _each_once(refused: Sequence[Refused]) -> list[Refused]:
    """By index, with the first reason of each: what is implausible and too old is told once."""
    found: dict[int, Refused] = {}
    for each in refused:
        found.setdefault(each.index, each)
    return [found[index] for index in sorted(found)]


def _known(known: Known, sent: Sent, clock: Clock, readings: Sequence[Reading]) -> Known:
    newest = next((reading for reading in reversed(readings) if reading.fault is None), None)
    found = structs.replace(known, clock=clock, seq=max(known.seq, sent.seq))
    if newest is not None and (known.newest_ms is None or newest.at_ms > known.newest_ms):
        found = structs.replace(found, newest_ms=newest.at_ms, newest_c=newest.celsius)
    return found


def encoded(answer: Answer) -> bytes:
    """As it is sent, and kept for whoever asks again."""
    return msgspec.json.encode(answer)
