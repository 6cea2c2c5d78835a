"""What the kernel reads and writes: the stock engine's state, a batch of requests, and its outcomes, as arrays.

Everything has a dense number: a resource (the units of a sale, a product's stock), a limit key (a person, a phone, a
household), an idempotency key, a hold, a line of a hold. The names of columns, states and answers are in kernel.py, which is
compiled with them.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Tables(NamedTuple):
    """One array for each kind of thing, int64[row, column].

    resources  UNITS; HOLDING and SOLD, together never more than UNITS;
               LIMITS + kind: how much one limit key of each of 3 kinds may have, 0: it is not counted;
               OPENS_MS, CLOSES_MS: reserved in [opens, closes) alone, Unix ms
    who        a limit key. GROUP: NONE for one who is alone, else the one whose members are counted together;
               PARENT, CHILD, SIBLING: the group as a tree, who became whom
    keys       int64[key]: the hold that was made with an idempotency key, NONE
    holds      STATE; EXPIRES_MS; FIRST_LINE: of a free one, the next free one; WHO + kind: NONE: it has no such limit key
    lines      of holds. RESOURCE; ASKED: units asked for; HAS: units held, or confirmed in the end; NEXT
    used       what each limit key has: open addressing, (resource, who) as one number, 0 when empty; units
    old        the table before `used`, as long as not all has been moved out of it
    due        a binary heap by time: (EXPIRES_MS, hold); stale when the hold has another time by now
    counters   int64[9]
    """

    resources: Ints
    who: Ints
    keys: Ints
    holds: Ints
    lines: Ints
    used: Ints
    old: Ints
    due: Ints
    counters: Ints


class Requests(NamedTuple):
    """A batch. Lines of request i: [first[i], first[i] + lines[i]) of `resource` and `units`.

    RESERVE  who, key (NONE: without), lines, until_ms: when it expires
    RESERVE_LATE  the same, also of resources that are closed by now
    CONFIRM  hold; lines: how much of what, no line: all
    RELEASE, RELEASE_CLOSING  hold
    CLOSE    hold, until_ms
    ADJUST   one line: units to add, negative to take away
    ALIAS    who[0] is counted together with who[1];  UNALIAS  who[0], and all who became it, are counted apart again
    """

    op: NDArray[np.int8]
    who: Ints  # [n, 3]
    key: Ints
    hold: Ints
    until_ms: Ints
    first: Ints
    lines: Ints
    resource: Ints
    units: Ints


class Outcomes(NamedTuple):
    """One row for each request. `line`: which of its lines the refusal is about; `left`: units free (SOLD_OUT), or the limit
    (LIMIT), or the least that may remain (BELOW); `has`: what the limit key has (LIMIT), or the
    person, where that is counted (SOLD_OUT).
    """

    code: NDArray[np.int8]
    hold: Ints
    line: Ints
    left: Ints
    has: Ints


class Ask(Struct, gc=False):
    """One request, in the numbers of its Requests; -1 for what it has not."""

    op: int
    who: tuple[int, int, int] = (-1, -1, -1)
    key: int = -1
    hold: int = -1
    until_ms: int = 0
    lines: Sequence[tuple[int, int]] = ()


def requests_of(asks: Sequence[Ask]) -> Requests:
    """A batch of them, in their order."""
    counts = [len(ask.lines) for ask in asks]
    lines = [line for ask in asks for line in ask.lines]
    return Requests(
        op=np.array([ask.op for ask in asks], np.int8),
        who=np.array([ask.who for ask in asks], np.int64).reshape(-1, 3),
        key=np.array([ask.key for ask in asks], np.int64),
        hold=np.array([ask.hold for ask in asks], np.int64),
        until_ms=np.array([ask.until_ms for ask in asks], np.int64),
        first=np.array([0, *accumulate(counts)][: len(counts)], np.int64),
        lines=np.array(counts, np.int64),
        resource=np.array([resource for resource, _ in lines], np.int64),
        units=np.array([units for _, units in lines], np.int64),
    )
