"""When each hold of a history may have been live at most, and when it was for sure. Pure: no I/O.

An operation took effect at one moment between its start and its end, or at any later one if it was not answered. So it is
known of each hold:

    may be live      from the first message under its key        to the answer to its release, or the end of its time
    sure to be live  from the first answer that shows it held    to the first message that releases it, or the end of its time

What is ordered is held and let go by its order, so nothing is sure of it but that it is never free again once it is sold.
"""

import math
from collections import defaultdict

from msgspec import Struct

from loadtest.kill.operations import LIVE, OVER, History, HoldRow, Operation, quota, stock

EARLY = 0.02  # of its time a hold may end too early or too late: the engine's clock approaches a step at this rate
# The engine's clock may be that much away from ours: a step of some seconds approached at EARLY, and rounding.
CLOCK_S = 0.5


class Life(Struct, frozen=True, kw_only=True):
    """Of a hold: when it may have been live, and when it was for sure (never, when it ends before it begins)."""

    row: HoldRow
    asked_s: float
    may_from_s: float
    may_until_s: float
    sure_from_s: float
    sure_until_s: float
    ttl_s: float


class Lives:
    """Of a history, with what was asked by key and told by hold."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.sales = {sale.id: sale for sale in history.sales}
        self.units = {quota(sale.id): sale.units for sale in history.sales}
        self.units |= {stock(product): units for product, units in history.products.items()}
        self.by_key: dict[tuple[str, str], list[Operation]] = defaultdict(list)
        self.of_hold: dict[str, list[tuple[Operation, str]]] = defaultdict(list)  # with the state that the answer tells
        self._releases: dict[str, list[Operation]] = defaultdict(list)
        for operation in history.operations:
            if operation.key:
                self.by_key[operation.person, operation.key].append(operation)
            self._look(operation)
        self.rows = {row.id: row for row in history.holds}
        self.lives = [self._life(row) for row in history.holds]
        # By resource: from, until, units, whose.
        self._may: dict[str, list[tuple[float, float, int, str]]] = defaultdict(list)
        for life in self.lives:
            for resource in self.units:
                if units := life.row.qty(resource):
                    self._may[resource].append((life.may_from_s, life.may_until_s, units, life.row.person))

    def _look(self, operation: Operation) -> None:
        for seen in operation.holds:
            self.of_hold[seen.id].append((operation, seen.state))
        if operation.kind == "release":
            self._releases[operation.hold].append(operation)
            state = "released" if operation.answer == "done" else operation.state
            if state:
                self.of_hold[operation.hold].append((operation, state))

    def _life(self, row: HoldRow) -> Life:
        asked = self.by_key.get((row.person, row.key), [])
        asked_s = min((operation.start_s for operation in asked), default=-math.inf)
        told_s = min((end_of(operation) for operation in asked if operation.answer == "held"), default=math.inf)
        is_wait = any(operation.kind == "wait" for operation in asked)
        ttl_s = self._history.wait_ttl_s if is_wait else self._history.hold_ttl_s
        # The id tells when it was made, by a clock that may be somewhat off; one that is far off is reported elsewhere.
        is_made_known = asked_s - CLOCK_S <= row.made_s <= min(told_s, self._history.read_s) + CLOCK_S
        seen = self.of_hold[row.id]
        ends = [end_of(operation) for operation, state in seen if state in OVER]
        ordered_s = self._history.ordered.get(row.id, math.inf)
        sure_until_s = row.expires_s - CLOCK_S - EARLY * ttl_s
        if row.state == "confirmed":
            ends, sure_until_s, ordered_s = [], math.inf, math.inf
        elif row.state != "closing":
            ends.append(row.expires_s + CLOCK_S + EARLY * ttl_s)
        releases = [operation.start_s for operation in self._releases[row.id] if operation.person == row.person]
        return Life(
            row=row,
            asked_s=asked_s,
            may_from_s=max(asked_s, row.made_s - CLOCK_S) if is_made_known else asked_s,
            may_until_s=min(ends, default=math.inf),
            sure_from_s=min((end_of(operation) for operation, state in seen if state in LIVE), default=math.inf),
            sure_until_s=min([*releases, sure_until_s, ordered_s]),
            ttl_s=ttl_s,
        )

    def most(self, resource: str, from_s: float, until_s: float, person: str | None = None) -> int:
        """Units of a resource that holds may have had at some moment of this time, at most: all holds, or those of a person."""
        lives = [
            life
            for life in self._may[resource]
            if life[0] <= until_s and life[1] >= from_s and person in (None, life[3])
        ]
        # The most they had at its beginning, or when one of them may have begun.
        moments = {max(from_s, life[0]) for life in lives}
        return max((sum(life[2] for life in lives if life[0] <= at_s <= life[1]) for at_s in moments), default=0)

    def surely(self, resource: str, at_s: float, person: str | None = None) -> list[Life]:
        return [
            life
            for life in self.lives
            if life.sure_from_s <= at_s < life.sure_until_s
            and life.row.qty(resource)
            and person in (None, life.row.person)
        ]


def end_of(operation: Operation) -> float:
    return math.inf if operation.end_s is None else operation.end_s
