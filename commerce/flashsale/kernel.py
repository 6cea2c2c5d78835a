"""The decisions of the stock engine, compiled: one batch at a time, in the order of its requests. Pure: time comes in.

    FREE --reserve--> HELD --confirm--> CONFIRMED        HELD --release--> RELEASED     HELD --expire--> EXPIRED
                      HELD --close--> CLOSING            CLOSING --confirm, release, expire--> as HELD

A request takes all of its lines or none. For each resource held + sold <= units, always, and nobody is given more of one than
its limit, whatever holds it stands in; who has more (a limit was lowered, two people turned out to be one) gets nothing else.
A hold ends once. An idempotency key makes one hold: the same request again is answered with that hold, as it is by now.
Refusals are not remembered: whoever was refused may ask again with the same key.

All compiled functions are in this file, and the constants that are compiled in, because numba's cache on disk looks at the time
of the one file it compiles from: what came from another would stay as it was when that changes.
The same rules in plain Python, for comparison: tests/commerce/flashsale/model.py.
"""

# What is called is handed every array it needs (see `_compiled`), and a decision has as many ends as there are answers.
# ruff: noqa: PLR0911, PLR0912, PLR0913, C901

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit

from commerce.flashsale.arrays import Ints, Outcomes, Requests, Tables

P = ParamSpec("P")
R = TypeVar("R")

LINES_MAX = 64  # of one request: an order of 50 lines, and what bundles, gifts and the delivery window add
LIMIT_KEYS = 3  # of one request: the person, and two more
RESOURCES_MAX = 1 << 22  # so that (resource, limit key) is one number of 63 bits, exactly
WHO_BITS = 40
NONE = -1

# States of a hold.
FREE, HELD, CLOSING, CONFIRMED, RELEASED, EXPIRED = range(6)

# Columns.
UNITS, HOLDING, SOLD, LIMITS, OPENS_MS, CLOSES_MS = 0, 1, 2, 3, 6, 7
STATE, EXPIRES_MS, FIRST_LINE, WHO = 0, 1, 2, 3
RESOURCE, ASKED, HAS, NEXT = range(4)
GROUP, PARENT, CHILD, SIBLING = range(4)

# Places in `counters`.
HOLDS, FREE_HOLD, LINES, FREE_LINE, DUE, ENTRIES, LIVE, MOVED, TOUCHED = range(9)

# What is asked for.
RESERVE, CONFIRM, RELEASE, CLOSE, RELEASE_CLOSING, ADJUST, ALIAS, UNALIAS, RESERVE_LATE = range(9)
# How it is answered. SAME: it was done before, and this is that answer.
OK, SAME, NOT_OPEN, SOLD_OUT, LIMIT, KEY_REUSED, NO_HOLD, OVER, BAD, BELOW, GROUP_FULL = range(11)
GROUP_MAX = 16  # limit keys that are counted together: a person has so many accounts merged at most
AHEAD = 512  # requests whose rows are read together: some 100 KB, which the cache holds
MOVES = 16  # entries of the hash table before that are looked at with each line


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, compiled at its first call. Nothing here allocates or keeps an array, so numba's counting of references is
    switched off (`_nrt`) and what is called here is compiled into its caller: both cost more than the work itself does, twice
    and three times as much, when a dozen arrays are handed on.
    """
    options: dict[str, Any] = {"cache": True, "_nrt": False}
    compiled: Callable[P, R] = njit(inline="always" if function.__name__[0] == "_" else "never", **options)(function)
    return compiled


# --- what each limit key has: an open hash table, and the smaller one before it while that is being emptied ---


@_compiled
def _entry(resource: int, who: int) -> int:
    return ((resource + 1) << WHO_BITS) | who


@_compiled
def _slot(table: Ints, entry: int) -> int:
    """Where the search for an entry begins (Knuth, volume 3, 6.4: multiplication by the golden ratio)."""
    return int(np.uint64(entry) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & (len(table) - 1)


@_compiled
def _find(table: Ints, entry: int) -> int:
    """Where an entry is, or would be."""
    mask = len(table) - 1
    at = _slot(table, entry)
    while table[at, 0] != entry and table[at, 0] != 0:
        at = (at + 1) & mask
    return at


@_compiled
def _has(used: Ints, old: Ints, resource: int, who: int) -> int:
    """Units of a resource that one limit key has, those of others in its group not counted."""
    entry = _entry(resource, who)
    at = _find(used, entry)
    if used[at, 0] == entry:
        return used[at, 1]
    if len(old) > 1:
        at = _find(old, entry)
        if old[at, 0] == entry:
            return old[at, 1]
    return 0


@_compiled
def _add(used: Ints, old: Ints, counters: Ints, resource: int, who: int, units: int) -> None:
    entry = _entry(resource, who)
    at = _find(used, entry)
    if used[at, 0] == 0:
        used[at, 1] = _has(used, old, resource, who)
        used[at, 0] = entry
        counters[ENTRIES] += 1
    before = used[at, 1]
    used[at, 1] = before + units
    if before == 0:
        counters[LIVE] += 1
    if before + units == 0:
        counters[LIVE] -= 1


@_compiled
def _move(used: Ints, old: Ints, counters: Ints, entries: int) -> None:
    """Move so many entries out of the table before, at most."""
    end = min(counters[MOVED] + entries, len(old))
    for at in range(counters[MOVED], end):
        if old[at, 0] != 0 and old[at, 1] != 0:
            to = _find(used, old[at, 0])
            if used[to, 0] == 0:
                used[to, 0], used[to, 1] = old[at, 0], old[at, 1]
                counters[ENTRIES] += 1
    counters[MOVED] = end


@_compiled
def move_all(t: Tables) -> None:
    """Move what is left in the table before."""
    _move(t.used, t.old, t.counters, len(t.old))


# --- limit keys that are counted together ---


@_compiled
def _following(members: Ints, at: int, root: int) -> int:
    """The next of the tree below `root`, parents first; NONE after the last."""
    if members[at, CHILD] != NONE:
        return members[at, CHILD]
    while at != root:
        if members[at, SIBLING] != NONE:
            return members[at, SIBLING]
        at = members[at, PARENT]
    return NONE


@_compiled
def _has_together(members: Ints, used: Ints, old: Ints, resource: int, who: int) -> int:
    """Units that a limit key and all who are counted together with it have."""
    root = members[who, GROUP]
    if root == NONE:
        return _has(used, old, resource, who)
    at, total = root, 0
    while at != NONE:
        total += _has(used, old, resource, at)
        at = _following(members, at, root)
    return total


@_compiled
def _size(members: Ints, root: int) -> int:
    at, size = root, 0
    while at != NONE:
        size += 1
        at = _following(members, at, root)
    return size


@_compiled
def _regroup(members: Ints, root: int) -> None:
    """All of a tree are counted together from now on; one alone is in no group."""
    group = root if members[root, CHILD] != NONE else NONE
    at = root
    while at != NONE:
        members[at, GROUP] = group
        at = _following(members, at, root)


@_compiled
def _alias(members: Ints, who: int, whom: int) -> int:
    if members[who, PARENT] == whom:
        return SAME
    root = whom if members[whom, GROUP] == NONE else members[whom, GROUP]
    if members[who, PARENT] != NONE or who == root:
        return BAD  # it is somebody else already, or the other is it
    if _size(members, who) + _size(members, root) > GROUP_MAX:
        return GROUP_FULL
    members[who, PARENT], members[who, SIBLING] = whom, members[whom, CHILD]
    members[whom, CHILD] = who
    _regroup(members, root)
    return OK


@_compiled
def _unalias(members: Ints, who: int) -> int:
    if who == NONE:
        return SAME  # of whom nothing is known
    whom = members[who, PARENT]
    if whom == NONE:
        return SAME
    root, at = members[whom, GROUP], members[whom, CHILD]
    if at == who:
        members[whom, CHILD] = members[who, SIBLING]
    else:
        while members[at, SIBLING] != who:
            at = members[at, SIBLING]
        members[at, SIBLING] = members[who, SIBLING]
    members[who, PARENT] = members[who, SIBLING] = NONE
    _regroup(members, who)
    _regroup(members, root)
    return OK


# --- when holds are over ---


@_compiled
def _push_due(due: Ints, counters: Ints, due_ms: int, hold: int) -> None:
    at = counters[DUE]
    counters[DUE] = at + 1
    while at > 0 and due[(at - 1) >> 1, 0] > due_ms:
        up = (at - 1) >> 1
        due[at, 0], due[at, 1] = due[up, 0], due[up, 1]
        at = up
    due[at, 0], due[at, 1] = due_ms, hold


@_compiled
def _pop_due(due: Ints, counters: Ints) -> None:
    last = counters[DUE] - 1
    counters[DUE] = last
    due_ms, hold, at = due[last, 0], due[last, 1], 0
    while 2 * at + 1 < last:
        down = 2 * at + 1
        if down + 1 < last and due[down + 1, 0] < due[down, 0]:
            down += 1
        if due[down, 0] >= due_ms:
            break
        due[at, 0], due[at, 1] = due[down, 0], due[down, 1]
        at = down
    if last > 0:
        due[at, 0], due[at, 1] = due_ms, hold


# --- holds ---


@_compiled
def _give_back(
    resources: Ints, holds: Ints, lines: Ints, used: Ints, old: Ints, counters: Ints, hold: int, line: int, units: int
) -> None:
    """Units of a held line are nobody's again."""
    resource = lines[line, RESOURCE]
    resources[resource, HOLDING] -= units
    lines[line, HAS] -= units
    for kind in range(LIMIT_KEYS):
        who = holds[hold, WHO + kind]
        if who != NONE and resources[resource, LIMITS + kind] != 0:
            _add(used, old, counters, resource, who, -units)


@_compiled
def _end(
    resources: Ints, holds: Ints, lines: Ints, used: Ints, old: Ints, counters: Ints, hold: int, state: int
) -> None:
    line = holds[hold, FIRST_LINE]
    while line != NONE:
        _give_back(resources, holds, lines, used, old, counters, hold, line, lines[line, HAS])
        line = lines[line, NEXT]
    holds[hold, STATE] = state


@_compiled
def expire(t: Tables, now_ms: int, ended: Ints) -> int:
    """End holds whose time is over, as many as `ended` (int64) has room for, and write down which. Returns how many."""
    resources, holds, lines, used, old, due, counters = t.resources, t.holds, t.lines, t.used, t.old, t.due, t.counters
    count = 0
    while count < len(ended) and counters[DUE] > 0 and due[0, 0] <= now_ms:
        due_ms, hold = due[0, 0], due[0, 1]
        _pop_due(due, counters)
        state = holds[hold, STATE]
        if holds[hold, EXPIRES_MS] == due_ms and (state in (HELD, CLOSING)):
            _end(resources, holds, lines, used, old, counters, hold, EXPIRED)
            ended[count] = hold
            count += 1
    return count


@_compiled
def free_holds(t: Tables, over: Ints) -> None:
    """Forget holds that are over, int64[n]; their numbers are given to others. Others of `over` are left alone. A key that made
    one of them must be NONE again, or it would name whoever gets the number. What was bought counts for no limit any more.
    """
    resources, holds, lines, used, old, counters = t.resources, t.holds, t.lines, t.used, t.old, t.counters
    for hold in over:
        if holds[hold, STATE] in (FREE, HELD, CLOSING):
            continue
        line = holds[hold, FIRST_LINE]
        while line != NONE:
            following = lines[line, NEXT]
            for kind in range(LIMIT_KEYS):
                who, has = holds[hold, WHO + kind], lines[line, HAS]
                if has != 0 and who != NONE and resources[lines[line, RESOURCE], LIMITS + kind] != 0:
                    _add(used, old, counters, lines[line, RESOURCE], who, -has)
            lines[line, NEXT] = counters[FREE_LINE]
            counters[FREE_LINE] = line
            line = following
        holds[hold, STATE], holds[hold, EXPIRES_MS] = FREE, NONE
        holds[hold, FIRST_LINE] = counters[FREE_HOLD]
        counters[FREE_HOLD] = hold


@_compiled
def over_holds_of(t: Tables, resource: int, found: Ints) -> int:
    """Holds with a line of a resource that are confirmed or over, as many as `found` (int64) has room for. Returns how many."""
    holds, lines, count = t.holds, t.lines, 0
    for hold in range(t.counters[HOLDS]):
        if holds[hold, STATE] in (CONFIRMED, RELEASED, EXPIRED) and count < len(found):
            line = holds[hold, FIRST_LINE]
            while line != NONE and lines[line, RESOURCE] != resource:
                line = lines[line, NEXT]
            if line != NONE:
                found[count] = hold
                count += 1
    return count


@_compiled
def _new_line(lines: Ints, counters: Ints) -> int:
    line = counters[FREE_LINE]
    if line == NONE:
        line = counters[LINES]
        counters[LINES] = line + 1
    else:
        counters[FREE_LINE] = lines[line, NEXT]
    return line


@_compiled
def _new_hold(holds: Ints, counters: Ints) -> int:
    hold = counters[FREE_HOLD]
    if hold == NONE:
        hold = counters[HOLDS]
        counters[HOLDS] = hold + 1
    else:
        counters[FREE_HOLD] = holds[hold, FIRST_LINE]
    return hold


@_compiled
def _is_same(holds: Ints, lines: Ints, hold: int, who: int, resource: Ints, units: Ints, start: int, end: int) -> bool:
    """Whether a hold is what the request asks for."""
    if holds[hold, WHO] != who:
        return False
    line = holds[hold, FIRST_LINE]
    for at in range(start, end):
        if line == NONE or lines[line, RESOURCE] != resource[at] or lines[line, ASKED] != units[at]:
            return False
        line = lines[line, NEXT]
    return line == NONE


@_compiled
def _reserve(
    resources: Ints,
    members: Ints,
    keys: Ints,
    holds: Ints,
    lines: Ints,
    used: Ints,
    old: Ints,
    due: Ints,
    counters: Ints,
    r_who: Ints,
    r_resource: Ints,
    r_units: Ints,
    i: int,
    key: int,
    until_ms: int,
    start: int,
    end: int,
    now_ms: int,
    is_late: bool,
    hold_out: Ints,
    line_out: Ints,
    left_out: Ints,
    has_out: Ints,
) -> int:
    if key != NONE and keys[key] != NONE:
        if not _is_same(holds, lines, keys[key], r_who[i, 0], r_resource, r_units, start, end):
            return KEY_REUSED
        hold_out[i] = keys[key]
        return SAME
    if start == end or until_ms <= now_ms:
        return BAD
    for at in range(start, end):
        line_out[i] = at - start
        if r_units[at] < 1:
            return BAD
        for other in range(start, at):
            if r_resource[other] == r_resource[at]:
                return BAD
    for at in range(start, end):
        line_out[i] = at - start
        is_over = now_ms >= resources[r_resource[at], CLOSES_MS] and not is_late
        if is_over or now_ms < resources[r_resource[at], OPENS_MS]:
            return NOT_OPEN
    for at in range(start, end):
        line_out[i] = at - start
        for kind in range(LIMIT_KEYS):
            limit, who = resources[r_resource[at], LIMITS + kind], r_who[i, kind]
            if limit != 0 and who != NONE:
                has = _has_together(members, used, old, r_resource[at], who)
                if r_units[at] > limit - has:
                    left_out[i], has_out[i] = limit, has
                    return LIMIT
    for at in range(start, end):
        line_out[i] = at - start
        resource = r_resource[at]
        left = resources[resource, UNITS] - resources[resource, HOLDING] - resources[resource, SOLD]
        if r_units[at] > left:
            left_out[i] = left
            if resources[resource, LIMITS] != 0 and r_who[i, 0] != NONE:
                has_out[i] = _has_together(members, used, old, resource, r_who[i, 0])
            return SOLD_OUT
    line_out[i] = NONE
    hold = _new_hold(holds, counters)
    following = NONE
    for at in range(end - 1, start - 1, -1):
        resource = r_resource[at]
        resources[resource, HOLDING] += r_units[at]
        line = _new_line(lines, counters)
        lines[line, RESOURCE], lines[line, NEXT] = resource, following
        lines[line, ASKED] = lines[line, HAS] = r_units[at]
        following = line
        for kind in range(LIMIT_KEYS):
            if resources[resource, LIMITS + kind] != 0 and r_who[i, kind] != NONE:
                _add(used, old, counters, resource, r_who[i, kind], r_units[at])
    holds[hold, STATE], holds[hold, EXPIRES_MS], holds[hold, FIRST_LINE] = HELD, until_ms, following
    for kind in range(LIMIT_KEYS):
        holds[hold, WHO + kind] = r_who[i, kind]
    _push_due(due, counters, until_ms, hold)
    if key != NONE:
        keys[key] = hold
    hold_out[i] = hold
    return OK


@_compiled
def _wanted(r_resource: Ints, r_units: Ints, start: int, end: int, resource: int, has: int) -> int:
    """How much of a line a CONFIRM names; without lines all."""
    if start == end:
        return has
    for at in range(start, end):
        if r_resource[at] == resource:
            return r_units[at]
    return 0


@_compiled
def _check_confirm(lines: Ints, first_line: int, r_resource: Ints, r_units: Ints, start: int, end: int) -> bool:
    """Each line named is there, once, with so many units, and some are wanted."""
    total = 0
    for at in range(start, end):
        found, line = False, first_line
        while line != NONE and not found:
            found = lines[line, RESOURCE] == r_resource[at] and 0 <= r_units[at] <= lines[line, HAS]
            line = lines[line, NEXT]
        for other in range(start, at):
            found = found and r_resource[other] != r_resource[at]
        if not found:
            return False
        total += r_units[at]
    return start == end or total > 0


@_compiled
def _confirm(
    resources: Ints,
    holds: Ints,
    lines: Ints,
    used: Ints,
    old: Ints,
    counters: Ints,
    hold: int,
    r_resource: Ints,
    r_units: Ints,
    start: int,
    end: int,
) -> int:
    if not _check_confirm(lines, holds[hold, FIRST_LINE], r_resource, r_units, start, end):
        return BAD
    line = holds[hold, FIRST_LINE]
    while line != NONE:
        resource, has = lines[line, RESOURCE], lines[line, HAS]
        wanted = _wanted(r_resource, r_units, start, end, resource, has)
        if wanted < has:
            _give_back(resources, holds, lines, used, old, counters, hold, line, has - wanted)
        resources[resource, HOLDING] -= wanted
        resources[resource, SOLD] += wanted
        line = lines[line, NEXT]
    holds[hold, STATE] = CONFIRMED
    return OK


@_compiled
def _is_confirmed_so(lines: Ints, first_line: int, r_resource: Ints, r_units: Ints, start: int, end: int) -> bool:
    """Whether a CONFIRM asks for what was confirmed: each line as it is, or all of what was held when it names none."""
    named, line = 0, first_line
    while line != NONE:
        wanted = _wanted(r_resource, r_units, start, end, lines[line, RESOURCE], lines[line, ASKED])
        if lines[line, HAS] != wanted:
            return False
        for at in range(start, end):
            named += r_resource[at] == lines[line, RESOURCE]
        line = lines[line, NEXT]
    if named != end - start:  # something that is not in the hold
        return False
    for at in range(start, end):
        for other in range(start, at):
            if r_resource[other] == r_resource[at]:
                return False
    return True


@_compiled
def _change(
    resources: Ints,
    holds: Ints,
    lines: Ints,
    used: Ints,
    old: Ints,
    due: Ints,
    counters: Ints,
    op: int,
    hold: int,
    until_ms: int,
    r_resource: Ints,
    r_units: Ints,
    start: int,
    end: int,
    now_ms: int,
) -> int:
    """CONFIRM, RELEASE, CLOSE, RELEASE_CLOSING."""
    if hold < 0 or hold >= counters[HOLDS] or holds[hold, STATE] == FREE:
        return NO_HOLD
    state = holds[hold, STATE]
    if op == CONFIRM and state == CONFIRMED:
        return SAME if _is_confirmed_so(lines, holds[hold, FIRST_LINE], r_resource, r_units, start, end) else OVER
    if (op in (RELEASE, RELEASE_CLOSING)) and state == RELEASED:
        return SAME
    if (state != HELD and state != CLOSING) or holds[hold, EXPIRES_MS] <= now_ms:
        return OVER
    if op == CONFIRM:
        return _confirm(resources, holds, lines, used, old, counters, hold, r_resource, r_units, start, end)
    if op == CLOSE:
        if until_ms <= now_ms:
            return BAD
        if state == CLOSING and until_ms <= holds[hold, EXPIRES_MS]:
            return SAME  # another payment is under way, and has longer
        holds[hold, STATE], holds[hold, EXPIRES_MS] = CLOSING, until_ms
        _push_due(due, counters, until_ms, hold)
        return OK
    if (op == RELEASE) != (state == HELD):
        return OVER
    _end(resources, holds, lines, used, old, counters, hold, RELEASED)
    return OK


@_compiled
def _adjust(resources: Ints, resource: int, units: int, left_out: Ints, i: int) -> int:
    taken = resources[resource, HOLDING] + resources[resource, SOLD]
    if resources[resource, UNITS] + units < taken:
        left_out[i] = taken
        return BELOW
    resources[resource, UNITS] += units
    return OK


@_compiled
def _touch(
    members: Ints,
    keys: Ints,
    holds: Ints,
    used: Ints,
    r_who: Ints,
    r_key: Ints,
    r_hold: Ints,
    r_first: Ints,
    r_lines: Ints,
    r_resource: Ints,
    begin: int,
    end: int,
) -> int:
    """Read what requests [begin, end) are about to. These loads don't wait for each other, as those of decisions do: what is
    not in the processor's cache comes for many at a time. Returns a sum, so that the compiler has to read it.
    """
    seen = 0
    for i in range(begin, end):
        if r_hold[i] >= 0 and r_hold[i] < len(holds):
            seen += holds[r_hold[i], STATE]
        if r_key[i] != NONE:
            seen += keys[r_key[i]]
        who = r_who[i, 0]
        if who != NONE:
            seen += members[who, GROUP]
            for at in range(r_first[i], r_first[i] + r_lines[i]):
                seen += used[_slot(used, _entry(r_resource[at], who)), 1]
    return seen


@_compiled
def decide(t: Tables, r: Requests, now_ms: int, out: Outcomes) -> None:
    """Answer a batch; `reserve_room` made room for it. A hold that is over at `now_ms` is answered as over, though its units
    are free only when `expire` has ended it.
    """
    resources, members, keys, holds, lines = t.resources, t.who, t.keys, t.holds, t.lines
    used, old, due, counters = t.used, t.old, t.due, t.counters
    ops, r_who, r_key, r_hold, r_until_ms = r.op, r.who, r.key, r.hold, r.until_ms
    r_first, r_lines, r_resource, r_units = r.first, r.lines, r.resource, r.units
    code_out, hold_out, line_out, left_out, has_out = out.code, out.hold, out.line, out.left, out.has
    is_moving = len(old) > 1
    for i in range(len(ops)):
        if i % AHEAD == 0:
            ahead = min(i + AHEAD, len(ops))
            counters[TOUCHED] = _touch(
                members, keys, holds, used, r_who, r_key, r_hold, r_first, r_lines, r_resource, i, ahead
            )  # fmt: skip
        op, start = ops[i], r_first[i]
        end = start + r_lines[i]
        if is_moving:
            _move(used, old, counters, MOVES * max(1, r_lines[i]))
        if op in (RESERVE, RESERVE_LATE):
            code_out[i] = _reserve(
                resources, members, keys, holds, lines, used, old, due, counters, r_who, r_resource, r_units, i, r_key[i],
                r_until_ms[i], start, end, now_ms, op == RESERVE_LATE, hold_out, line_out, left_out, has_out,
            )  # fmt: skip
        elif op == ADJUST:
            code_out[i] = _adjust(resources, r_resource[start], r_units[start], left_out, i)
        elif op == ALIAS:
            code_out[i] = _alias(members, r_who[i, 0], r_who[i, 1])
        elif op == UNALIAS:
            code_out[i] = _unalias(members, r_who[i, 0])
        else:
            hold_out[i] = r_hold[i]
            code_out[i] = _change(
                resources, holds, lines, used, old, due, counters, op, r_hold[i], r_until_ms[i], r_resource, r_units, start,
                end, now_ms,
            )  # fmt: skip


@_compiled
def restore(t: Tables, r: Requests, state: Ints, has: Ints) -> None:
    """Put holds back as they were when they were written down: RESERVE's columns, the state of each, and what each line has.
    `reserve_room` made room for them. What resources hold, sold and are limited to is not looked at, but counted.
    """
    resources, keys, holds, lines = t.resources, t.keys, t.holds, t.lines
    used, old, due, counters = t.used, t.old, t.due, t.counters
    r_who, r_key, r_until_ms, r_first, r_lines = r.who, r.key, r.until_ms, r.first, r.lines
    r_resource, r_units = r.resource, r.units
    for i in range(len(state)):
        if len(old) > 1:
            _move(used, old, counters, MOVES * max(1, r_lines[i]))
        hold, following = _new_hold(holds, counters), NONE
        is_live = state[i] in (HELD, CLOSING)
        for at in range(r_first[i] + r_lines[i] - 1, r_first[i] - 1, -1):
            resource, line = r_resource[at], _new_line(lines, counters)
            lines[line, RESOURCE], lines[line, ASKED], lines[line, HAS] = resource, r_units[at], has[at]
            lines[line, NEXT] = following
            following = line
            if is_live:
                resources[resource, HOLDING] += has[at]
            elif state[i] == CONFIRMED:
                resources[resource, SOLD] += has[at]
            for kind in range(LIMIT_KEYS):
                if has[at] != 0 and resources[resource, LIMITS + kind] != 0 and r_who[i, kind] != NONE:
                    _add(used, old, counters, resource, r_who[i, kind], has[at])
        holds[hold, STATE], holds[hold, EXPIRES_MS], holds[hold, FIRST_LINE] = state[i], r_until_ms[i], following
        for kind in range(LIMIT_KEYS):
            holds[hold, WHO + kind] = r_who[i, kind]
        if is_live:
            _push_due(due, counters, r_until_ms[i], hold)
        if r_key[i] != NONE:
            keys[r_key[i]] = hold
        r.hold[i] = hold
