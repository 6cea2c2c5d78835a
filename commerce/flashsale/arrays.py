"""What the kernel reads and writes: the stock engine's state, a batch of requests, and its outcomes, as arrays.

Everything has a dense number: a resource (the units of a sale, a product's stock), a limit key (a person, a phone, a
household), an idempotency key, a hold, a line of a hold. The names of columns, states and answers are in kernel.py, which is
compiled with them.
"""

from typing import NamedTuple

import numpy as np
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
    (LIMIT), or the least that may remain (BELOW); `has`: what the limit key has.
    """

    code: NDArray[np.int8]
    hold: Ints
    line: Ints
    left: Ints
    has: Ints
