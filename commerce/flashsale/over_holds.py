"""Holds that are over: the latest are remembered, with their keys; the others are forgotten little by little. Pure: no I/O.

Those that are confirmed count for limits until the resources they are of are retired.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from commerce.flashsale import kernel
from commerce.flashsale.kernel import NONE
from commerce.flashsale.names import Names
from commerce.flashsale.tables import new_tables


class State:
    """The kernel's tables, and the names of what is in them."""

    def __init__(self) -> None:
        self.tables = new_tables()
        self.names = Names()

    def lines_of(self, hold: int) -> list[list[int]]:
        """Each line's (RESOURCE, ASKED, HAS, NEXT)."""
        found, line = [], int(self.tables.holds[hold, kernel.FIRST_LINE])
        while line != NONE:
            found.append(self.tables.lines[line].tolist())
            line = found[-1][kernel.NEXT]
        return found

    def resources_of(self, hold: int) -> list[int]:
        return [line[kernel.RESOURCE] for line in self.lines_of(hold)]


class OverHolds:
    """`ended_max`: how many that were released, or expired, are remembered. `has_all_keys`: whether none of them was forgotten
    so far of a resource that is not retired.
    """

    def __init__(self, state: State, ended_max: int) -> None:
        self._state = state
        self._ended_max = ended_max
        self._ended: deque[str] = deque()  # ids, since numbers are given again
        self._of_retired: deque[str] = deque()
        self._retired: set[int] = set()
        self.has_all_keys = True

    def add(self, holds: Iterable[int]) -> None:
        """Holds that have changed; those that are released or expired count as over from now on."""
        self._ended.extend(self._state.names.hold_id(hold) for hold in holds if self._has_ended(hold))

    def add_ids(self, ids: Iterable[str]) -> None:
        """Holds that are released or expired."""
        self._ended.extend(ids)

    def retire(self, resource: int) -> None:
        """What was bought of a resource limits nobody any more."""
        tables = self._state.tables
        found = np.zeros(int(tables.counters[kernel.HOLDS]), np.int64)
        count = kernel.over_holds_of(tables, resource, found)
        self._of_retired.extend(self._state.names.hold_id(hold) for hold in found[:count].tolist())
        self._retired.add(resource)

    def forget(self, most: int) -> None:
        """At most so many: of those that ended the first ones beyond `ended_max`, and those of retired resources."""
        ids: list[str] = []
        while len(self._ended) > self._ended_max and len(ids) < most:
            ids.append(self._ended.popleft())
            self.has_all_keys = False
        while self._of_retired and len(ids) < most:
            ids.append(self._of_retired.popleft())
        if ids:
            holds = [hold for id_ in dict.fromkeys(ids) if (hold := self._state.names.find_hold(id_)) != NONE]
            self.forget_holds([hold for hold in holds if self._has_ended(hold) or self._limits_nobody(hold)])

    def forget_holds(self, holds: Sequence[int]) -> None:
        """Forget these, which are over; their numbers are given to others."""
        for hold in holds:
            self._forget_names(hold)
        kernel.free_holds(self._state.tables, np.array(holds, np.int64))

    def forget_unused(self, who: int) -> None:
        """A limit key, if no hold names it: of refusals there may be any number."""
        names = self._state.names
        if who != NONE and not names.is_used(who) and int(self._state.tables.who[who, kernel.GROUP]) == NONE:
            names.forget_who(who)

    def _has_ended(self, hold: int) -> bool:
        return int(self._state.tables.holds[hold, kernel.STATE]) in (kernel.RELEASED, kernel.EXPIRED)

    def _limits_nobody(self, hold: int) -> bool:
        """Whether it is confirmed, and counts for no limit that still holds."""
        tables = self._state.tables
        if int(tables.holds[hold, kernel.STATE]) != kernel.CONFIRMED:
            return False
        limits = tables.resources[:, kernel.LIMITS : kernel.LIMITS + kernel.LIMIT_KEYS]
        return all(at in self._retired or not limits[at].any() for at in self._state.resources_of(hold))

    def _forget_names(self, hold: int) -> None:
        names, tables = self._state.names, self._state.tables
        who = tables.holds[hold, kernel.WHO : kernel.WHO + kernel.LIMIT_KEYS].tolist()
        person, key = names.who_name(who[0]), names.hold_key(hold)
        if key:
            tables.keys[names.find_key(person, key)] = NONE
            names.forget_key(person, key)
        names.forget_hold(names.hold_id(hold))
        names.use_who(who, -1)
        for number in who:
            self.forget_unused(number)
