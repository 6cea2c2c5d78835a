"""Puts holds back into a book as PostgreSQL has them, many that are alike at once. Pure: no I/O."""

from collections.abc import Callable, Sequence

import numpy as np

from commerce.flashsale import kernel
from commerce.flashsale.alike import requests_alike
from commerce.flashsale.kernel import NONE
from commerce.flashsale.over_holds import OverHolds, State
from commerce.flashsale.rows import HoldGroup


class Restoring:
    """Into a book that has decided nothing. `room`: as that of Reservations."""

    def __init__(self, state: State, over: OverHolds, room: Callable[[int, int], None]) -> None:
        self._state = state
        self._over = over
        self._room = room

    def restore(self, group: HoldGroup, lines: Sequence[tuple[int, int]]) -> None:
        """`lines`: what was asked for, in numbers. Raises ValueError when the group cannot be."""
        is_over = group.state in (kernel.RELEASED, kernel.EXPIRED)
        if len(group.has) != len(group.asked) or any(units < 0 or (is_over and units) for units in group.has):
            raise ValueError(f"{group.asked}: they have what they cannot have, {group.has}")
        names, count = self._state.names, len(group.ids)
        who = np.full((count, kernel.LIMIT_KEYS), NONE, np.int64)
        for kind, each in enumerate((group.people, *group.also)):
            if each is not None:
                who[:, kind] = names.all_who(each, kind)
        keys = [key or "" for key in group.keys]
        if all(keys):
            key_numbers: Sequence[int] = names.new_keys(group.people, keys)
        else:
            key_numbers = [self._new_key(person, key) for person, key in zip(group.people, keys, strict=True)]
        requests = requests_alike(who, key_numbers, np.array(group.expires_ms, np.int64), lines)
        self._room(count, count * len(lines))
        state, has = np.full(count, group.state, np.int64), np.tile(np.array(group.has, np.int64), count)
        kernel.restore(self._state.tables, requests, state, has)
        names.name_holds(requests.hold.tolist(), group.ids, keys)
        for kind, each in enumerate((group.people, *group.also)):
            if each is not None:
                names.use_who(who[:, kind].tolist())
        if is_over:
            self._over.add_ids(group.ids)

    def _new_key(self, person: str, key: str) -> int:
        if key and self._state.names.find_key(person, key) != NONE:
            raise ValueError("two holds have the same key of a person")
        return self._state.names.key(person, key)
