"""Highlights: where in a recording the room was moved. Pure: no I/O, no clock.

Likes, chat lines and orders rise and fall with the number of viewers, so each is held against its own usual height (the median
over the show) and its own unrest (the median deviation from it), which bursts themselves hardly move. A pin, a quiz or a coupon
is a moment that the host made; it counts by itself, and adds to a burst that it caused.
"""

import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from media.schemas import Highlight

STEP_MS = 5_000
Reason = Literal["likes", "chat", "orders", "pin", "quiz", "coupon"]

_UNREST_MIN = 4.5  # a step is a burst from here on, in robust standard deviations: chance makes one in 300,000 steps,
_RATIO_MIN = 2.0  # and from this many times the usual
_LEAST = {"likes": 5, "chat": 3, "orders": 2}  # and from this many: one like in an empty room is none
_DEVIATION = 1.4826  # of a normal distribution, in median deviations
_MADE = 0.5  # what a pin, quiz or coupon adds
_JOINED_STEPS = 2  # bursts with no more than this between them are one
_LEAD_MS, _TAIL_MS = 8_000, 4_000  # people react to what they saw some seconds before
_LENGTH_MS_MAX = 60_000
_LENGTH_MS_MIN = 12_000


class Signals(Struct, frozen=True, kw_only=True):
    """What came in one step. `at_ts`: Unix ms where it begins."""

    at_ts: int
    likes: int = 0
    chats: int = 0
    orders: int = 0
    pins: int = 0
    quizzes: int = 0
    coupons: int = 0


class _Step(Struct):
    at_ts: int
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()


def highlights(series: Sequence[Signals], *, from_ts: int, to_ts: int, most: int) -> list[Highlight]:
    """At most `most`, best first, within [from_ts, to_ts]. `series`: in any order; steps that are missing were not measured."""
    inside = sorted((each for each in series if from_ts - STEP_MS < each.at_ts < to_ts), key=lambda each: each.at_ts)
    steps = [_Step(each.at_ts) for each in inside]
    _add_bursts(steps, "likes", [each.likes for each in inside])
    _add_bursts(steps, "chat", [each.chats for each in inside])
    _add_bursts(steps, "orders", [each.orders for each in inside])
    for step, each in zip(steps, inside, strict=True):
        made: list[tuple[Reason, int]] = [("pin", each.pins), ("quiz", each.quizzes), ("coupon", each.coupons)]
        for reason, count in made:
            if count:
                step.reasons = (*step.reasons, reason)
                step.score += _MADE
    found = [_highlight(group, from_ts, to_ts) for group in _groups([step for step in steps if step.reasons])]
    found.sort(key=lambda each: (-each.score, each.from_ts))
    return _apart(found)[:most]


def _add_bursts(steps: list[_Step], reason: Literal["likes", "chat", "orders"], counts: list[int]) -> None:
    if not counts:
        return
    usual = _median([float(count) for count in counts])
    unrest = _DEVIATION * _median([abs(count - usual) for count in counts])
    unrest = max(unrest, math.sqrt(usual), 1.0)  # what chance alone makes of counts (Poisson)
    for step, count in zip(steps, counts, strict=True):
        ratio = count / max(usual, 1.0)
        if count >= _LEAST[reason] and ratio >= _RATIO_MIN and (count - usual) / unrest >= _UNREST_MIN:
            step.score = max(step.score, ratio)
            step.reasons = (*step.reasons, reason)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _groups(hot: list[_Step]) -> list[list[_Step]]:
    """Steps that are near each other together; a long run is split, since a clip of minutes is no highlight."""
    groups: list[list[_Step]] = []
    span_max = _LENGTH_MS_MAX - _LEAD_MS - _TAIL_MS - STEP_MS
    for step in hot:
        group = groups[-1] if groups else None
        is_near = group is not None and step.at_ts - group[-1].at_ts <= (_JOINED_STEPS + 1) * STEP_MS
        if group is not None and is_near and step.at_ts - group[0].at_ts <= span_max:
            group.append(step)
        else:
            groups.append([step])
    return groups


def _highlight(group: list[_Step], from_ts: int, to_ts: int) -> Highlight:
    begin = max(group[0].at_ts - _LEAD_MS, from_ts)
    end = min(max(group[-1].at_ts + STEP_MS + _TAIL_MS, begin + _LENGTH_MS_MIN), to_ts)
    begin = max(min(begin, end - _LENGTH_MS_MIN), from_ts)
    reasons = dict.fromkeys(reason for step in group for reason in step.reasons)
    score = max(step.score for step in group)
    return Highlight(from_ts=begin, to_ts=end, score=round(score, 2), reasons=list(reasons))


def _apart(best_first: list[Highlight]) -> list[Highlight]:
    """Of two that overlap the better one stays whole, the other gives way."""
    kept: list[Highlight] = []
    for each in best_first:
        begin, end = each.from_ts, each.to_ts
        for better in kept:
            if begin < better.to_ts and better.from_ts < end:
                begin, end = (better.to_ts, end) if better.from_ts <= begin else (begin, better.from_ts)
        if end - begin >= _LENGTH_MS_MIN // 2:
            kept.append(Highlight(from_ts=begin, to_ts=end, score=each.score, reasons=each.reasons))
    return kept
