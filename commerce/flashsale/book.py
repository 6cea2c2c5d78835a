"""The stock engine's book: requests by name in, answers and the rows that make them durable out. Pure: no I/O, no clock.

    book.decide([Reserve(...), ...], now_ms) -> Batch(answers, changes)

The book decides at once, in memory; whoever calls it must write `changes` to PostgreSQL before anybody sees `answers`, and
forget the book when it can't. What is in PostgreSQL can be read back into a new one (`restore`).

A request that is nonsense is refused (asking.py); whether it can be had is decided by kernel.py, for all of a batch together.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
from msgspec import Struct

from commerce.flashsale import kernel
from commerce.flashsale.alike import Reservations, runs_of
from commerce.flashsale.arrays import Ask, Outcomes, requests_of
from commerce.flashsale.asking import UNITS_MAX, Asking, are_names, is_ttl
from commerce.flashsale.kernel import NONE
from commerce.flashsale.over_holds import OverHolds, State
from commerce.flashsale.requests import (
    Alias,
    Answer,
    Done,
    Held,
    OfBook,
    Refused,
    Request,
    Reserve,
    Resource,
    Unalias,
)
from commerce.flashsale.restoring import Restoring
from commerce.flashsale.rows import ChangedHold, Changes, HoldGroup, HoldRow, ResourceRow
from commerce.flashsale.tables import new_outcomes, reserve_room

TIME_MS_MAX = 1 << 62
FORGOTTEN_MIN = 500  # holds that are over, with each batch: more than come


class Batch(Struct, frozen=True):
    """`answers` in the order of the requests; `ended`: how many holds expired."""

    answers: list[Answer]
    changes: Changes
    ended: int


class Deciding(Struct):
    """What a batch has come to so far. `changed`: holds, `touched`: resources, by number."""

    changed: set[int]
    answers: list[Answer] = []
    holds: list[HoldRow] = []
    touched: set[int] = set()
    aliases: list[tuple[str, str | None]] = []


class Book:
    """`new_id`: makes the ids of holds. `expired_max`: holds that one batch lets expire; more are ended by the next.

    What is refused costs no memory. Of holds that are over the last `ended_max` are remembered, with their keys, and those that
    are confirmed until their resources are retired.
    """

    def __init__(self, new_id: Callable[[], str], *, expired_max: int = 8_192, ended_max: int = 200_000) -> None:
        self._new_id = new_id
        self._state = State()
        self._names = self._state.names
        self._ended = np.zeros(expired_max, np.int64)
        self._has_decided = False
        self._resources: dict[str, int] = {}
        self._resource_ids: list[str] = []
        self._over = OverHolds(self._state, ended_max)
        self._reservations = Reservations(self._state, self._over, self._room)
        self._restoring = Restoring(self._state, self._over, self._room)
        self._asking = Asking(self._state, self._resources)

    @property
    def has_all_keys(self) -> bool:
        """Whether it knows the keys of all holds of its resources."""
        return self._over.has_all_keys

    @has_all_keys.setter
    def has_all_keys(self, is_so: bool) -> None:
        self._over.has_all_keys = is_so

    # --- resources ---

    def put(self, resource: Resource) -> ResourceRow:
        """Add a resource, or change when it opens and closes and what its limits are. Raises ValueError: of one that is known,
        units change by Adjust, and a limit that was none stays none, since nobody has counted what each has.
        """
        if not all(0 <= units <= UNITS_MAX for units in (resource.units, *resource.limits)):
            raise ValueError(f"units and limits are from 0 to {UNITS_MAX}")
        if not all(0 <= ms <= TIME_MS_MAX for ms in (resource.opens_ms, resource.closes_ms)):
            raise ValueError(f"times are from 0 to {TIME_MS_MAX}")
        at = self._resources.get(resource.id)
        if at is None:
            at = self._resources[resource.id] = len(self._resource_ids)
            self._resource_ids.append(resource.id)
            self._room(0, 0)
            self._state.tables.resources[at, kernel.UNITS] = resource.units
            self._state.tables.resources[at, kernel.LIMITS : kernel.LIMITS + kernel.LIMIT_KEYS] = resource.limits
        row = self._state.tables.resources[at]
        limits = row[kernel.LIMITS : kernel.LIMITS + kernel.LIMIT_KEYS]
        if [limit > 0 for limit in resource.limits] != [bool(limit > 0) for limit in limits]:
            raise ValueError("a limit that is none stays none, and one that is there stays")
        limits[:] = resource.limits
        row[kernel.OPENS_MS], row[kernel.CLOSES_MS] = resource.opens_ms, resource.closes_ms
        return self._resource_row(at)

    def units(self, resource: str) -> ResourceRow | None:
        """How many there are, held and sold; None of one that is not known."""
        at = self._resources.get(resource)
        return None if at is None else self._resource_row(at)

    def all_units(self) -> list[ResourceRow]:
        """Of every resource but those that are retired."""
        return [self._resource_row(at) for at in self._resources.values()]

    def forget_unwritten(self, hold: str, now_ms: int) -> None:
        """A hold of a batch that is not written: its units are free, and its key has made no hold."""
        at = self._names.find_hold(hold)
        tables = self._state.tables
        if int(tables.holds[at, kernel.STATE]) == kernel.CONFIRMED:
            for resource, _, has, _ in self._state.lines_of(at):
                tables.resources[resource, kernel.SOLD] -= has
        else:
            outcomes = self._decided([Ask(kernel.RELEASE, hold=at)], now_ms)
            if outcomes.code[0] not in (kernel.OK, kernel.OVER):
                raise ValueError(f"{hold} cannot be taken back")
        self._over.forget_holds([at])

    def is_over(self, resource: str, now_ms: int) -> bool:
        """Whether it is closed for good, or not known."""
        at = self._resources.get(resource)
        return at is None or int(self._state.tables.resources[at, kernel.CLOSES_MS]) <= now_ms

    def due_ms(self) -> int | None:
        """Before then no hold expires; None when none ever does. One that ended otherwise counts until its time, too."""
        return int(self._state.tables.due[0, 0]) if self._state.tables.counters[kernel.DUE] else None

    # --- batches ---

    def decide(self, requests: Sequence[Request], now_ms: int) -> Batch:
        """End what is over at `now_ms` (Unix ms, never less than before), up to `expired_max` holds, and answer the requests in
        their order. Raises TypeError, with nothing changed, for what is no request.
        """
        self._has_decided = True
        for kind in set(map(type, requests)):  # first: a request that is none of ours changes nothing
            if not issubclass(kind, OfBook):
                raise TypeError(f"{kind.__name__} is no request")
        ended = kernel.expire(self._state.tables, now_ms, self._ended)
        deciding = Deciding(changed=set(self._ended[:ended].tolist()))
        for run in runs_of(requests):
            if not (run.is_alike and self._decide_alike(run.requests, now_ms, deciding)):
                self._decide_each(run.requests, now_ms, deciding)
        changed, touched = deciding.changed, deciding.touched
        self._over.add(changed)
        touched.update(at for hold in changed for at in self._state.resources_of(hold))
        changes = Changes(
            holds=deciding.holds,
            changed=[self._changed_row(hold) for hold in sorted(changed)],
            resources={self._resource_ids[at]: self._resource_row(at) for at in sorted(touched)},
            aliases=deciding.aliases,
        )
        self._over.forget(FORGOTTEN_MIN + 2 * (len(requests) + ended))
        return Batch(deciding.answers, changes, ended)

    def _decide_alike(self, run: Sequence[Request], now_ms: int, deciding: "Deciding") -> bool:
        """False, with nothing changed, when something is wrong with one of them, or with their lines."""
        reservations = cast(Sequence[Reserve], run)
        lines = self._asking.lines(reservations[0].lines)
        if isinstance(lines, Refused) or not is_ttl(reservations[0].ttl_ms):
            return False
        if not are_names([text for one in reservations for text in (one.person, one.key)]):
            return False
        decided = self._reservations.decide(reservations, lines, self._resource_ids, self._new_id, now_ms)
        deciding.answers += decided.answers
        deciding.holds += decided.holds
        if decided.holds:
            deciding.touched.update([at for at, _ in lines])
        return True

    def _decide_each(self, requests: Sequence[Request], now_ms: int, deciding: "Deciding") -> None:
        asks = [
            self._asking.reserve(request, now_ms) if type(request) is Reserve else self._asking.ask(request, now_ms)
            for request in requests
        ]
        outcomes = self._decided([ask for ask in asks if type(ask) is Ask], now_ms)
        rows = iter(zip(*(column.tolist() for column in outcomes), strict=True))
        refused: list[tuple[Reserve, Ask]] = []
        for request, ask in zip(requests, asks, strict=True):
            if isinstance(ask, Refused):
                deciding.answers.append(ask)
                continue
            code, hold, line, left, has = next(rows)
            if code == kernel.OK:
                self._done(request, ask, hold, deciding)
            elif type(request) is Reserve and code != kernel.SAME:
                refused.append((request, ask))
            deciding.answers.append(self._answer(request, ask, code, hold, line, left, has))
        for request, ask in refused:
            self._forget_key(request.person, request.key)
            for number in ask.who:
                self._over.forget_unused(number)

    def _done(self, request: Request, ask: Ask, hold: int, deciding: "Deciding") -> None:
        """Write down what has changed."""
        if type(request) is Reserve:
            # Nobody knows its id yet, so it is at the end of the batch as it is now.
            deciding.holds.append(self._new_hold(hold, request, ask))
            deciding.touched.update([at for at, _ in ask.lines])
        elif ask.op == kernel.ADJUST:
            deciding.touched.add(ask.lines[0][0])
        elif isinstance(request, Alias | Unalias):
            deciding.aliases.append((request.person, request.whom if isinstance(request, Alias) else None))
        else:
            deciding.changed.add(hold)

    def retire(self, resource: str, now_ms: int) -> bool:
        """Forget a resource, and little by little what was bought of it; whether it is closed and nothing of it is held."""
        at = self._resources.get(resource)
        if at is None:
            return True
        row = self._state.tables.resources[at]
        if row[kernel.CLOSES_MS] > now_ms or row[kernel.HOLDING] > 0:
            return False
        del self._resources[resource]
        self._asking.forget_lines()
        self._over.retire(at)
        return True

    # --- from PostgreSQL ---

    def restore_holds(self, groups: Iterable[HoldGroup]) -> None:
        """Holds that another book has made, into one that has decided nothing but knows the resources: in the end all that are
        live, those confirmed whose limits still count, and those whose keys must be known. Raises ValueError for holds that
        cannot be; then the book is of no use.
        """
        if self._has_decided:
            raise ValueError("this book has decided already")
        for group in groups:
            self._restoring.restore(group, [(self._place(line.resource), line.units) for line in group.asked])

    def restore(self, aliases: Iterable[tuple[str, str]], resources: Iterable[ResourceRow]) -> None:
        """The rest, after the holds. `resources`: what their rows say. Raises ValueError when that and the holds disagree."""
        for person, whom in aliases:
            if not isinstance(self.decide([Alias(person, whom)], 0).answers[0], Done):
                raise ValueError(f"{person} cannot have become {whom}")
        for resource in resources:
            row = self._state.tables.resources[self._place(resource.id)]
            held, sold = int(row[kernel.HOLDING]), int(row[kernel.SOLD])
            if held != resource.held or sold > resource.sold:
                raise ValueError(f"{resource}: its holds hold {held} and have bought {sold}")
            row[kernel.UNITS], row[kernel.SOLD] = resource.units, resource.sold
        for at, name in enumerate(self._resource_ids):
            units, held, sold = self._state.tables.resources[at, : kernel.SOLD + 1].tolist()
            if held + sold > units:
                raise ValueError(f"{name}: of {units} there are {held} held and {sold} sold")

    def _place(self, resource: str) -> int:
        at = self._resources.get(resource)
        if at is None:
            raise ValueError(f"there is no resource {resource}")
        return at

    def _forget_key(self, person: str, key: str) -> None:
        """One that made no hold, so that refusals, of which there may be any number, cost no memory."""
        number = self._names.find_key(person, key)
        if number != NONE and self._state.tables.keys[number] == NONE:
            self._names.forget_key(person, key)

    def _room(self, holds: int, lines: int) -> None:
        self._state.tables = reserve_room(
            self._state.tables,
            resources=len(self._resource_ids),
            who=self._names.who_count,
            keys=self._names.key_count,
            holds=holds,
            lines=lines,
        )

    def _decided(self, asks: Sequence[Ask], now_ms: int) -> Outcomes:
        requests = requests_of(asks)
        self._room(len(asks), len(requests.resource))
        outcomes = new_outcomes(len(asks))
        kernel.decide(self._state.tables, requests, now_ms, outcomes)
        return outcomes

    # --- numbers to names ---

    def _answer(self, request: Request, ask: Ask, code: int, hold: int, line: int, left: int, has: int) -> Answer:
        if code not in (kernel.OK, kernel.SAME):
            line = 0 if code == kernel.BELOW else line
            resource = self._resource_ids[ask.lines[line][0]] if line != NONE else ""
            return Refused(code, resource, left, has)
        if isinstance(request, Reserve):
            state, expires_ms = self._state.tables.holds[hold, : kernel.EXPIRES_MS + 1].tolist()
            return Held(self._names.hold_id(hold), expires_ms, request.lines, state)
        return Done(again=code == kernel.SAME)

    def _new_hold(self, hold: int, request: Reserve, ask: Ask) -> HoldRow:
        id_ = self._new_id()
        self._names.use_who(ask.who)
        self._names.name_hold(hold, id_, request.key)
        has = tuple([units for _, units in ask.lines])
        return HoldRow(id_, request.person, request.key, request.also, kernel.HELD, ask.until_ms, request.lines, has)

    def _changed_row(self, hold: int) -> ChangedHold:
        row = self._state.tables.holds[hold].tolist()
        has = tuple(line[kernel.HAS] for line in self._state.lines_of(hold))
        return ChangedHold(self._names.hold_id(hold), row[kernel.STATE], row[kernel.EXPIRES_MS], has)

    def _resource_row(self, at: int) -> ResourceRow:
        units, held, sold = self._state.tables.resources[at, : kernel.SOLD + 1].tolist()
        return ResourceRow(self._resource_ids[at], units, held, sold)
