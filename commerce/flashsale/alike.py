"""Reservations that are alike but for who makes them, decided together: in a sale nearly all are. Pure: no I/O.

One by one they cost three times as much, all of it Python's: here names, rows and answers are made by the thousand, in C.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, repeat

import numpy as np
from msgspec import Struct

from commerce.flashsale import kernel
from commerce.flashsale.arrays import Ints, Outcomes, Requests
from commerce.flashsale.kernel import NONE
from commerce.flashsale.over_holds import OverHolds, State
from commerce.flashsale.requests import Answer, Held, Refused, Request, Reserve
from commerce.flashsale.rows import HoldRow
from commerce.flashsale.tables import new_outcomes

ALIKE_MIN = 32  # for fewer it does not pay
NO_MORE = ("", "")  # limit keys beside the person


class Run(Struct):
    """Requests that follow each other; `is_alike`: reservations with the same lines and time, each with a key."""

    requests: list[Request]
    is_alike: bool


class Decided(Struct):
    """Answers in the order of the reservations, and the holds that were made."""

    answers: list[Answer]
    holds: list[HoldRow]


def runs_of(requests: Sequence[Request]) -> Iterator[Run]:
    """All requests, in their order, in as few runs as there can be."""
    mixed: list[Request] = []
    for alike in _alike(requests):
        if len(alike) < ALIKE_MIN:
            mixed += alike
            continue
        if mixed:
            yield Run(mixed, is_alike=False)
            mixed = []
        yield Run(alike, is_alike=True)
    if mixed:
        yield Run(mixed, is_alike=False)


def _alike(requests: Iterable[Request]) -> Iterator[list[Request]]:
    run: list[Request] = []
    lines, ttl_ms = None, 0
    for request in requests:
        if type(request) is Reserve and request.also == NO_MORE and request.key and not request.late:
            if request.lines == lines and request.ttl_ms == ttl_ms:
                run.append(request)
                continue
            new_lines, ttl_ms = request.lines, request.ttl_ms
        else:
            new_lines = None
        if run:
            yield run
        run, lines = [request], new_lines
    if run:
        yield run


def requests_alike(who: Ints, keys: Sequence[int], until_ms: Ints, lines: Sequence[tuple[int, int]]) -> Requests:
    """Reservations of the same `lines` (resource, units); `who`: int64[n, 3], `until_ms`: int64[n]."""
    count, width = len(who), len(lines)
    resource, units = (np.array([line[column] for line in lines], np.int64) for column in (0, 1))
    return Requests(
        op=np.full(count, kernel.RESERVE, np.int8),
        who=who,
        key=np.array(keys, np.int64),
        hold=np.full(count, NONE, np.int64),
        until_ms=until_ms,
        first=np.arange(count, dtype=np.int64) * width,
        lines=np.full(count, width, np.int64),
        resource=np.tile(resource, count),
        units=np.tile(units, count),
    )


class Reservations:
    """Decides runs of one book. `room`: makes room for so many holds and lines, and people and keys that are named already."""

    def __init__(self, state: State, over: OverHolds, room: Callable[[int, int], None]) -> None:
        self._state = state
        self._over = over
        self._room = room

    def decide(
        self,
        run: Sequence[Reserve],
        lines: Sequence[tuple[int, int]],
        names_of_resources: Sequence[str],
        new_id: Callable[[], str],
        now_ms: int,
    ) -> Decided:
        """`lines`: those of all of them, in numbers. What people and keys are called has been looked at."""
        names, count, until_ms = self._state.names, len(run), now_ms + run[0].ttl_ms
        people, keys = [request.person for request in run], [request.key for request in run]
        who = np.full((count, kernel.LIMIT_KEYS), NONE, np.int64)
        numbers = names.all_who(people, 0)
        who[:, 0] = numbers
        key_numbers = names.all_keys(people, keys)
        requests = requests_alike(who, key_numbers, np.full(count, until_ms, np.int64), lines)
        self._room(count, count * len(lines))
        outcomes = new_outcomes(count)
        kernel.decide(self._state.tables, requests, now_ms, outcomes)
        is_new = outcomes.code == kernel.OK
        chosen = is_new.tolist()
        has = tuple([units for _, units in lines])
        new_people, new_keys = list(compress(people, chosen)), list(compress(keys, chosen))
        ids = [new_id() for _ in new_people]
        same = repeat(run[0].lines)
        holds = list(
            map(
                HoldRow,
                ids,
                new_people,
                new_keys,
                repeat(NO_MORE),
                repeat(kernel.HELD),
                repeat(until_ms),
                same,
                repeat(has),
            )
        )
        names.name_holds(outcomes.hold[is_new].tolist(), ids, new_keys)
        names.use_who(compress(numbers, chosen))
        answers: list[Answer] = list(map(Held, ids, repeat(until_ms), same))
        if len(ids) < count:
            answers = self._mixed(run, outcomes, iter(answers), names_of_resources, lines)
            self._forget_refused(outcomes.code, people, keys, numbers, key_numbers)
        return Decided(answers, holds)

    def _mixed(
        self,
        run: Sequence[Reserve],
        outcomes: Outcomes,
        held: Iterator[Answer],
        names_of_resources: Sequence[str],
        lines: Sequence[tuple[int, int]],
    ) -> list[Answer]:
        known: dict[tuple[int, int, int, int], Refused] = {}
        answers: list[Answer] = []
        rows = zip(*(column.tolist() for column in outcomes), strict=True)
        for request, (code, hold, line, left, has) in zip(run, rows, strict=True):
            if code == kernel.OK:
                answers.append(next(held))
            elif code == kernel.SAME:
                state, expires_ms = self._state.tables.holds[hold, : kernel.EXPIRES_MS + 1].tolist()
                answers.append(Held(self._state.names.hold_id(hold), expires_ms, request.lines, state))
            else:
                refused = known.get((code, line, left, has))
                if refused is None:
                    resource = names_of_resources[lines[line][0]] if line != NONE else ""
                    refused = known[code, line, left, has] = Refused(code, resource, left, has)
                answers.append(refused)
        return answers

    def _forget_refused(
        self,
        codes: "np.ndarray[tuple[int, ...], np.dtype[np.int8]]",
        people: Sequence[str],
        keys: Sequence[str],
        numbers: Sequence[int],
        key_numbers: Sequence[int],
    ) -> None:
        """What made no hold, so that refusals, of which there may be any number, cost no memory."""
        names, made = self._state.names, self._state.tables.keys
        for at in np.flatnonzero((codes != kernel.OK) & (codes != kernel.SAME)).tolist():
            if made[key_numbers[at]] == NONE and names.find_key(people[at], keys[at]) != NONE:
                names.forget_key(people[at], keys[at])
            self._over.forget_unused(numbers[at])
