"""The rules of the cold chain for one product beside one sensor: a state and a reading give a state and what has to be told.
Pure: no I/O, no clock.

    within limits --strictly above or below--> out --longer than grace--> warning --longer than minutes--> BREACH
                  <--back by the hysteresis---                                     sum in the window ----> BREACH (cumulative)

A temperature holds until the next reading; over a gap (longer than `silence_minutes`) the worse of its two neighbours does, so
that what nobody measured counts against the goods, and the gap is told. Readings with a fault are no temperatures: they neither
break a rule nor end a gap. Readings are judged in the order of their time; with one from before, all are judged anew.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from trace.coldchain.readings import CELSIUS_MAX, CELSIUS_MIN, Reading

MINUTE_MS = 60_000
SPANS_MAX = 64  # kept of those out of limits in the window; more are joined, which counts against the goods
RECENT_MAX = 64  # lows kept for the rate of rise

Cause = Literal["above", "below", "cumulative", "rise", "silence", "implausible", "handover"]
Level = Literal["breach", "warning", "over"]
Side = Literal["above", "below"]

Celsius = Annotated[float, Meta(ge=CELSIUS_MIN, le=CELSIUS_MAX)]
Degrees = Annotated[float, Meta(ge=0, le=100)]
Minutes = Annotated[float, Meta(ge=0, le=43_200)]
MinutesMore = Annotated[float, Meta(gt=0, le=43_200)]


class Rule(Struct, frozen=True, kw_only=True):
    """What a product bears. Limits are broken strictly above and below them. `minutes`: out of them for longer than that at a
    stretch is a breach; `grace_minutes`: for longer than that (an opened door) a warning. `cumulative_minutes`: out for longer
    than that in the last `window_minutes`, in all, is a breach. An excursion is over when the temperature is back within the
    limit by `hysteresis_c`. More than `rise_c` within `rise_minutes` is a warning. Above `handover_c` a hand-over is a breach.
    """

    high_c: Celsius | None = None
    low_c: Celsius | None = None
    minutes: Minutes = 10.0
    grace_minutes: Minutes = 5.0
    cumulative_minutes: MinutesMore | None = None
    window_minutes: MinutesMore = 60.0
    hysteresis_c: Degrees = 0.5
    rise_c: Degrees | None = None
    rise_minutes: MinutesMore = 10.0
    silence_minutes: MinutesMore = 30.0
    handover_c: Celsius | None = None


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule remembers. Times are Unix ms. `side`, `since_ms`, `worst_c`: of the excursion that goes on."""

    last_ms: int | None = None
    last_c: float = 0.0
    side: Side | None = None
    since_ms: int = 0
    worst_c: float = 0.0
    is_warned: bool = False
    is_broken: bool = False
    spans: tuple[tuple[int, int], ...] = ()  # out of limits, in the window
    is_cumulative_told: bool = False
    lows: tuple[tuple[int, float], ...] = ()  # candidates for the lowest in `rise_minutes`, rising
    is_rise_told: bool = False
    is_silence_told: bool = False
    is_fault_told: bool = False


class Decision(Struct, frozen=True, kw_only=True):
    """What has to be told. `started_ms`: since when (a gap: since the last reading before it), and with the cause the name of
    what is told; `at_ms`: the reading, or the moment, that showed it. `over`: an excursion has ended, `celsius` its worst.
    """

    level: Level
    cause: Cause
    started_ms: int
    at_ms: int
    celsius: float | None
    limit: float | None  # °C; of `rise` degrees, of `cumulative` and `silence` minutes
    minutes: float


START = State()


def judge(rule: Rule, state: State, reading: Reading) -> tuple[State, tuple[Decision, ...]]:
    """The next reading. Raises ValueError if it is not later than the last."""
    if reading.fault is not None:
        return _judge_fault(state, reading)
    at, celsius, last = reading.at_ms, reading.celsius, state.last_ms
    if last is not None and at <= last:
        raise ValueError("readings are judged in the order of their time")
    is_gap = last is not None and at - last > rule.silence_minutes * MINUTE_MS
    if (
        state.side is None
        and not is_gap
        and not state.spans
        and rule.rise_c is None
        and not state.is_fault_told
        and not state.is_silence_told
        and _side(rule, celsius) is None
    ):
        return State(last_ms=at, last_c=celsius), ()  # nearly all
    told: list[Decision] = []
    if is_gap and not state.is_silence_told:
        assert last is not None
        told.append(_silence(rule, last, at))
    state = _counted(rule, state, at, celsius, is_gap=is_gap)
    state = _excursion(rule, state, at, celsius, is_gap=is_gap, told=told)
    state = _cumulative(rule, state, at, celsius, told)
    state = _rise(rule, state, at, celsius, told)
    return structs.replace(state, last_ms=at, last_c=celsius, is_silence_told=False, is_fault_told=False), tuple(told)


def judge_all(rule: Rule, readings: Iterable[Reading]) -> tuple[State, list[Decision]]:
    """All readings of a sensor from the first on, in order of time; of two of one moment the first counts."""
    state, told = START, list[Decision]()
    for reading in readings:
        if reading.fault is None and state.last_ms is not None and reading.at_ms <= state.last_ms:
            continue
        state, decisions = judge(rule, state, reading)
        told += decisions
    return state, told


def tick(rule: Rule, state: State, now_ms: int, *, began_ms: int) -> tuple[State, tuple[Decision, ...]]:
    """Time passes: a sensor that says nothing for longer than `silence_minutes`, at first since `began_ms`, is told of once."""
    last_ms = began_ms if state.last_ms is None else state.last_ms
    if state.is_silence_told or now_ms <= silent_from_ms(rule, last_ms):
        return state, ()
    return structs.replace(state, is_silence_told=True), (_silence(rule, last_ms, now_ms),)


def silent_from_ms(rule: Rule, last_ms: int) -> int:
    """Until when a sensor need not say anything after a reading."""
    return last_ms + int(rule.silence_minutes * MINUTE_MS)


def handover(rule: Rule, celsius: float, at_ms: int) -> Decision | None:
    """What a temperature at a hand-over means: a breach if it is strictly above the limit for it."""
    if rule.handover_c is None or celsius <= rule.handover_c:
        return None
    return Decision(
        level="breach",
        cause="handover",
        started_ms=at_ms,
        at_ms=at_ms,
        celsius=celsius,
        limit=rule.handover_c,
        minutes=0.0,
    )


# ---


def _side(rule: Rule, celsius: float) -> Side | None:
    if rule.high_c is not None and celsius > rule.high_c:
        return "above"
    return "below" if rule.low_c is not None and celsius < rule.low_c else None


def _is_back(rule: Rule, side: Side, celsius: float) -> bool:
    """Whether an excursion is over. Where limits are so near that no temperature is back within both, within is enough."""
    if side == "above":
        assert rule.high_c is not None
        return celsius <= max(rule.high_c - rule.hysteresis_c, rule.low_c if rule.low_c is not None else -1e9)
    assert rule.low_c is not None
    return celsius >= min(rule.low_c + rule.hysteresis_c, rule.high_c if rule.high_c is not None else 1e9)


def _judge_fault(state: State, reading: Reading) -> tuple[State, tuple[Decision, ...]]:
    if state.is_fault_told:
        return state, ()
    at = reading.at_ms
    decision = Decision(
        level="warning", cause="implausible", started_ms=at, at_ms=at, celsius=reading.celsius, limit=None, minutes=0.0
    )
    return structs.replace(state, is_fault_told=True), (decision,)


def _silence(rule: Rule, last_ms: int, at_ms: int) -> Decision:
    return Decision(
        level="warning",
        cause="silence",
        started_ms=last_ms,
        at_ms=at_ms,
        celsius=None,
        limit=rule.silence_minutes,
        minutes=(at_ms - last_ms) / MINUTE_MS,
    )


def _counted(rule: Rule, state: State, at: int, celsius: float, *, is_gap: bool) -> State:
    """With the time since the last reading among what was out of limits, if it was."""
    if state.last_ms is None:
        return state
    was_out = _side(rule, state.last_c) is not None
    begins_ms = at - int(rule.window_minutes * MINUTE_MS)
    spans = [(max(start, begins_ms), end) for start, end in state.spans if end > begins_ms]
    if was_out or (is_gap and _side(rule, celsius) is not None):
        start = max(state.last_ms, begins_ms)
        if spans and spans[-1][1] >= start:
            spans[-1] = (spans[-1][0], at)
        else:
            spans.append((start, at))
    if len(spans) > SPANS_MAX:
        spans[:2] = [(spans[0][0], spans[1][1])]
    return structs.replace(state, spans=tuple(spans))


def _excursion(rule: Rule, state: State, at: int, celsius: float, *, is_gap: bool, told: list[Decision]) -> State:
    side = _side(rule, celsius)
    if (side_before := state.side) is not None:
        state = _lasting(rule, state, at, celsius if side == state.side else state.worst_c, told)
        is_other = side is not None and side != side_before
        if is_other or _is_back(rule, side_before, celsius):
            if state.is_warned or state.is_broken:
                told.append(_of_excursion(rule, state, "over", at, state.worst_c))
            state = structs.replace(state, side=None, is_warned=False, is_broken=False)
    if state.side is None and side is not None:
        since = state.last_ms if is_gap and state.last_ms is not None else at
        state = structs.replace(state, side=side, since_ms=since, worst_c=celsius, is_warned=False, is_broken=False)
        state = _lasting(rule, state, at, celsius, told, is_first=True)
    return state


def _lasting(
    rule: Rule, state: State, at: int, celsius: float, told: list[Decision], *, is_first: bool = False
) -> State:
    """An excursion that has lasted until `at`. The first reading out of limits breaks a rule of no minutes at once."""
    worst = (max if state.side == "above" else min)(state.worst_c, celsius)
    state = structs.replace(state, worst_c=worst)
    lasted_ms = at - state.since_ms
    is_at_once = is_first and rule.minutes == 0
    if not state.is_broken and (is_at_once or lasted_ms > rule.minutes * MINUTE_MS):
        told.append(_of_excursion(rule, state, "breach", at, worst))
        return structs.replace(state, is_broken=True)
    if not state.is_broken and not state.is_warned and lasted_ms > rule.grace_minutes * MINUTE_MS:
        told.append(_of_excursion(rule, state, "warning", at, worst))
        return structs.replace(state, is_warned=True)
    return state


def _of_excursion(rule: Rule, state: State, level: Level, at: int, celsius: float) -> Decision:
    assert state.side is not None
    return Decision(
        level=level,
        cause=state.side,
        started_ms=state.since_ms,
        at_ms=at,
        celsius=celsius,
        limit=rule.high_c if state.side == "above" else rule.low_c,
        minutes=(at - state.since_ms) / MINUTE_MS,
    )


def _cumulative(rule: Rule, state: State, at: int, celsius: float, told: list[Decision]) -> State:
    if rule.cumulative_minutes is None:
        return structs.replace(state, spans=()) if state.spans else state
    if not state.spans:
        return structs.replace(state, is_cumulative_told=False)
    out_ms = sum(end - start for start, end in state.spans)
    if state.is_cumulative_told or out_ms <= rule.cumulative_minutes * MINUTE_MS:
        return state
    told.append(
        Decision(
            level="breach",
            cause="cumulative",
            started_ms=state.spans[0][0],
            at_ms=at,
            celsius=celsius,
            limit=rule.cumulative_minutes,
            minutes=out_ms / MINUTE_MS,
        )
    )
    return structs.replace(state, is_cumulative_told=True)


def _rise(rule: Rule, state: State, at: int, celsius: float, told: list[Decision]) -> State:
    """The lowest of the last minutes is the first of `lows`, of which each is lower than all that came after it."""
    if rule.rise_c is None:
        return state
    begins_ms = at - int(rule.rise_minutes * MINUTE_MS)
    lows = [(when, low) for when, low in state.lows if when >= begins_ms and low < celsius]
    lows.append((at, celsius))
    if len(lows) > RECENT_MAX:
        del lows[1]
    rose = celsius - lows[0][1]
    is_told = state.is_rise_told
    if rose > rule.rise_c and not is_told:
        started, is_told = lows[0][0], True
        told.append(
            Decision(
                level="warning",
                cause="rise",
                started_ms=started,
                at_ms=at,
                celsius=celsius,
                limit=rule.rise_c,
                minutes=(at - started) / MINUTE_MS,
            )
        )
    elif rose <= rule.rise_c / 2:
        is_told = False
    return structs.replace(state, lows=tuple(lows), is_rise_told=is_told)
