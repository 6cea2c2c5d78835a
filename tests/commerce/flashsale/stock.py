"""The kernel as tests ask it: requests one by one or in batches, answers as the model gives them."""

from collections.abc import Sequence

import numpy as np

from commerce.flashsale import kernel as k
from commerce.flashsale.arrays import Ask, Tables, requests_of
from commerce.flashsale.tables import (
    dump,
    load,
    new_outcomes,
    new_tables,
    reserve_room,
)
from tests.commerce.flashsale.model import Answer

Who = tuple[int, int, int]


class Stock:
    """Tables with some resources: (units, limits, opens_ms, closes_ms) each; ids of limit keys and keys below the maxima."""

    def __init__(
        self, resources: Sequence[tuple[int, Who, int, int]], *, who_max: int = 64, keys_max: int = 64
    ) -> None:
        self.who_max, self.keys_max = who_max, keys_max
        self.tables: Tables = new_tables(room=1)
        self._room(0, 0, len(resources))
        for n, (units, limits, opens_ms, closes_ms) in enumerate(resources):
            self.tables.resources[n] = (units, 0, 0, *limits, opens_ms, closes_ms)

    def _room(self, holds: int, lines: int, resources: int = 0) -> None:
        self.tables = reserve_room(
            self.tables, resources=resources, who=self.who_max, keys=self.keys_max, holds=holds, lines=lines
        )

    def batch(self, asks: Sequence[Ask], now_ms: int) -> list[Answer]:
        requests = requests_of(asks)
        outcomes = new_outcomes(len(asks))
        self._room(len(asks), len(requests.resource))
        k.decide(self.tables, requests, now_ms, outcomes)
        columns = (outcomes.code, outcomes.hold, outcomes.line, outcomes.left, outcomes.has)
        return [(c, h, n, left, has) for c, h, n, left, has in zip(*(x.tolist() for x in columns), strict=True)]

    def one(self, op: int, **ask: object) -> Answer:
        """A batch of one, at `now_ms` (0)."""
        now_ms = int(str(ask.pop("now_ms", 0)))
        return self.batch([Ask(op, **ask)], now_ms)[0]  # type: ignore[arg-type]

    def reserve(
        self, person: int, *lines: tuple[int, int], key: int = -1, until_ms: int = 600_000, now_ms: int = 0
    ) -> Answer:
        return self.one(k.RESERVE, who=(person, -1, -1), key=key, lines=list(lines), until_ms=until_ms, now_ms=now_ms)

    def expire(self, now_ms: int, *, at_most: int = 1_024) -> list[int]:
        ended = np.zeros(at_most, np.int64)
        return list(ended[: k.expire(self.tables, now_ms, ended)].tolist())

    def units(self, resource: int) -> tuple[int, int, int]:
        """(units, held, sold)"""
        units, held, sold = self.tables.resources[resource, :3].tolist()
        return units, held, sold

    def copied(self) -> None:
        """Go on with a copy that went through a dump."""
        self.tables = load(dump(self.tables))
