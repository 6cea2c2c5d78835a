"""The tables of the kernel (arrays.py): made, given more room, copied. Pure: no I/O.

Arrays are as long as there is room for; `reserve_room` makes more between two batches, so that the kernel never has to. Flat
arrays are copied, which takes milliseconds for millions of rows; the hash table of what each limit key has moves some entries
with each request instead, since hashing all of them anew would be a pause that shows.
"""

import numpy as np

from commerce.flashsale.arrays import Ints, Outcomes, Tables
from commerce.flashsale.kernel import (
    DUE,
    ENTRIES,
    FREE_HOLD,
    FREE_LINE,
    HOLDS,
    LIMIT_KEYS,
    LINES,
    LIVE,
    MOVED,
    NONE,
    RESOURCES_MAX,
    WHO_BITS,
    move_all,
)

_EMPTY = {"who": NONE, "keys": NONE}  # what a new row is full of; 0 for others
NOTHING_OLD = 1  # entries of `old` when nothing is left to move


def new_tables(*, room: int = 64) -> Tables:
    """Empty tables with room for so many rows of each kind."""
    tables = Tables(
        resources=np.zeros((room, 8), np.int64),
        who=np.full((room, 4), NONE, np.int64),
        keys=np.full(room, NONE, np.int64),
        holds=np.zeros((room, 8), np.int64),
        lines=np.zeros((room, 4), np.int64),
        used=np.zeros((_power_of_two(4 * room), 2), np.int64),
        old=np.zeros((NOTHING_OLD, 2), np.int64),
        due=np.zeros((room, 2), np.int64),
        counters=np.zeros(9, np.int64),
    )
    tables.counters[FREE_HOLD] = tables.counters[FREE_LINE] = NONE
    return tables


def reserve_room(tables: Tables, *, resources: int, who: int, keys: int, holds: int, lines: int) -> Tables:
    """Tables with room for ids below `resources`, `who` and `keys`, and for so many more holds and lines.

    What has room enough is the same array as before.
    """
    counters = tables.counters
    if resources > RESOURCES_MAX or who >= 1 << WHO_BITS:
        raise OverflowError("more resources or limit keys than have a number")
    grown: dict[str, Ints] = {}
    for name, wanted in (
        ("resources", resources),
        ("who", who),
        ("keys", keys),
        ("holds", int(counters[HOLDS]) + holds),
        ("lines", int(counters[LINES]) + lines),
        ("due", int(counters[DUE]) + holds),
    ):
        array = getattr(tables, name)
        if wanted > len(array):
            grown[name] = _longer(array, wanted, _EMPTY.get(name, 0))
    entries = LIMIT_KEYS * lines
    if counters[MOVED] >= len(tables.old) > NOTHING_OLD:
        grown["old"] = np.zeros((NOTHING_OLD, 2), np.int64)
    if 2 * (int(counters[ENTRIES]) + entries) > len(tables.used):
        # What is moved with each request is over, as a rule, before this one is full; the rest must be moved now.
        move_all(tables)
        size = max(_power_of_two(4 * (int(counters[LIVE]) + entries)), len(tables.used) // 2)
        grown |= {"old": tables.used, "used": np.zeros((size, 2), np.int64)}
        counters[ENTRIES] = counters[MOVED] = 0
    return tables._replace(**grown) if grown else tables


def dump(tables: Tables) -> dict[str, Ints]:
    """A copy of everything, by name; numpy.savez takes it."""
    return {name: array.copy() for name, array in tables._asdict().items()}


def load(dumped: dict[str, Ints]) -> Tables:
    """Tables as `dump` has copied them, in memory of their own. Raises ValueError when they are none."""
    shapes = {name: array.shape[1:] for name, array in new_tables()._asdict().items()}
    if dumped.keys() != shapes.keys() or any(dumped[name].shape[1:] != shape for name, shape in shapes.items()):
        raise ValueError("not a dump of the stock engine's tables")
    if any(array.dtype != np.int64 for array in dumped.values()):
        raise ValueError("a dump of the stock engine's tables has numbers of 64 bits")
    return Tables(**{name: np.array(array) for name, array in dumped.items()})


def _longer(array: Ints, wanted: int, empty: int) -> Ints:
    shape = (_power_of_two(wanted), *array.shape[1:])
    longer = np.full(shape, empty, np.int64) if empty else np.zeros(shape, np.int64)
    longer[: len(array)] = array
    return longer


def _power_of_two(least: int) -> int:
    return 1 << max(6, (least - 1).bit_length())


def new_outcomes(requests: int) -> Outcomes:
    return Outcomes(
        np.zeros(requests, np.int8),
        np.full(requests, NONE, np.int64),
        np.full(requests, NONE, np.int64),
        np.zeros(requests, np.int64),
        np.zeros(requests, np.int64),
    )
