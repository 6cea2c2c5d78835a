"""Whether a history is one that a shop may have: everything people were told is held against the database. Pure: no I/O.

What is reported as broken cannot have been right, whatever the moments were; what cannot be told from outside is let pass.
A hold that is not in the database in the end never was: the engine answers nothing that it has not written.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from loadtest.kill.lives import CLOCK_S, EARLY, Life, Lives, end_of
from loadtest.kill.operations import LIVE, OF_ORDERS, OVER, History, HoldRow, Line, Operation, quota, stock

OVERDUE_S = 3.0  # so late a hold is ended at the latest, when the engine is well

INVARIANTS = {
    "books_add_up": "of each resource held + sold is no more than there is, and what its holds have",
    "never_oversold": "at no moment more units were held for sure than there are",
    "acknowledged_is_kept": "a hold that was told is in the database, for that person and key and those lines",
    "one_key_one_hold": "a key made one hold at most, and once it had, every answer names it",
    "refused_is_refused": "a key that was refused, and nothing else, made no hold",
    "nothing_from_nowhere": "each hold in the database was asked for by that person, with that key and those lines",
    "sold_out_is_true": "nobody was told `sold_out` while units were free all the time",
    "limit_is_true": "nobody was told `limit_reached` while they had less all the time",
    "limits_are_kept": "nobody had more than one person may",
    "ends_once": "a hold that is over stays so, and ended in one way",
    "own_holds_are_listed": "whoever looks finds the holds that they have for sure",
    "line_is_kept": "nobody in line was passed over by a newcomer, or forgotten",
    "time_is_kept": "no hold ended before its time, clocks that step or not, and time never went back",
    "ends_in_time": "no hold is live long after its time",
    "always_answered": "everybody who asked again and again was answered in the end",
    "answers_make_sense": "no answer says that something is broken",
}
ODD = frozenset(
    {
        "internal", "bad_request", "key_reused", "sale_not_found", "sale_closed", "not_in_room", "forbidden",
        "unauthenticated", "waitlist_full",
    }
)  # fmt: skip


class Violation(Struct, frozen=True, kw_only=True):
    """An invariant that is broken, and by what."""

    invariant: str
    text: str


def broken(history: History) -> list[Violation]:
    """All violations there are."""
    return list(_Check(history).all())


class _Check:
    def __init__(self, history: History) -> None:
        self._history = history
        self._known = Lives(history)

    def all(self) -> Iterator[Violation]:
        checks = {
            "books_add_up": self._books,
            "never_oversold": self._oversold,
            "acknowledged_is_kept": self._kept,
            "one_key_one_hold": self._keys,
            "refused_is_refused": self._refused,
            "nothing_from_nowhere": self._from_nowhere,
            "sold_out_is_true": self._sold_out,
            "limit_is_true": self._limit_told,
            "limits_are_kept": self._limits,
            "ends_once": self._ends_once,
            "own_holds_are_listed": self._listed,
            "line_is_kept": self._line,
            "time_is_kept": self._time,
            "ends_in_time": self._overdue,
            "always_answered": self._answered,
            "answers_make_sense": self._sense,
        }
        for invariant, check in checks.items():
            for text in check():
                yield Violation(invariant=invariant, text=text)

    # --- units ---

    def _books(self) -> Iterator[str]:
        rows = {row.id: row for row in self._history.resources}
        has: dict[tuple[str, bool], int] = defaultdict(int)
        for hold in self._history.holds:
            for line in hold.lines:
                wanted = line.asked if hold.state in LIVE else 0
                if hold.state != "confirmed" and line.has != wanted:
                    yield f"hold {hold.id} is {hold.state} and has {line.has} of {line.asked} of {line.resource}"
                has[line.resource, hold.state == "confirmed"] += line.has
        for resource, units in self._known.units.items():
            row = rows.get(resource)
            if row is None:
                yield f"{resource} is gone"
                continue
            held, sold = has[resource, False], has[resource, True]
            if (row.held, row.sold) != (held, sold):
                yield f"{resource}: {row.held} held and {row.sold} sold, its holds have {held} and {sold}"
            there = units + self._history.returned.get(resource, 0)
            if row.units != there or row.held + row.sold > row.units:
                yield f"{resource}: of {row.units} (there were {there}) {row.held} are held and {row.sold} sold"

    def _oversold(self) -> Iterator[str]:
        for resource, units_first in self._known.units.items():
            units = units_first + self._history.returned.get(resource, 0)
            for life in self._known.lives:
                together = self._known.surely(resource, life.sure_from_s)
                if life in together and sum(each.row.qty(resource) for each in together) > units:
                    ids = ", ".join(each.row.id for each in together)
                    yield f"{resource}: of {units}, all of these were held {life.sure_from_s:.3f} s in: {ids}"
                    break

    def _limits(self) -> Iterator[str]:
        for sale in self._history.sales:
            for life in self._known.lives:
                person = life.row.person
                together = self._known.surely(quota(sale.id), life.sure_from_s, person)
                units = sum(each.row.qty(quota(sale.id)) for each in together)
                if life in together and units > sale.per_person_max:
                    ids = ", ".join(each.row.id for each in together)
                    yield f"{person} had {units} of sale {sale.id} {life.sure_from_s:.3f} s in, of {sale.per_person_max}: {ids}"
            had: dict[str, int] = defaultdict(int)
            for row in self._history.holds:
                if row.key.startswith(OF_ORDERS):
                    continue  # of late money, for units that they were allowed before
                had[row.person] += sum(line.has for line in row.lines if line.resource == quota(sale.id))
            for person, units in had.items():
                if units > sale.per_person_max:
                    yield f"{person} has {units} of sale {sale.id} in the end, of {sale.per_person_max}"

    # --- refusals ---

    def _refusals(self, name: str) -> Iterator[tuple[Operation, float, float]]:
        """Each that was told, and between which moments it was decided."""
        for operation in self._history.operations:
            if operation.answer == name and operation.end_s is not None:
                yield operation, self._asked_since_s(operation), operation.end_s

    def _asked_since_s(self, operation: Operation) -> float:
        """A tap that repeats one which that worker has not answered yet is answered as that one."""
        joined = [
            other.start_s
            for other in self._known.by_key.get((operation.person, operation.key), [])
            if other.via == operation.via and other.kind == operation.kind and other.lines == operation.lines
            if other.start_s <= operation.start_s <= end_of(other)
        ]
        return min(joined, default=operation.start_s)

    def _sold_out(self) -> Iterator[str]:
        for operation, since_s, end_s in self._refusals("sold_out"):
            free = {
                resource: self._known.units[resource] - self._known.most(resource, since_s, end_s)
                for resource in self._asked(operation)
            }
            if all(free[resource] >= asked for resource, asked in self._asked(operation).items()):
                least = ", ".join(f"{units} of {resource}" for resource, units in free.items())
                yield f"{_tell(operation)}: all the time there were at least {least} free"

    def _asked(self, operation: Operation) -> dict[str, int]:
        asked: dict[str, int] = defaultdict(int)
        for line in operation.lines:
            asked[quota(line.sale)] += line.qty
            asked[stock(self._known.sales[line.sale].product)] += line.qty
        return asked

    def _limit_told(self) -> Iterator[str]:
        for operation, since_s, end_s in self._refusals("limit_reached"):
            has = {
                line.sale: self._known.most(quota(line.sale), since_s, end_s, operation.person)
                for line in operation.lines
            }
            if all(
                has[line.sale] + line.qty <= self._known.sales[line.sale].per_person_max for line in operation.lines
            ):
                yield f"{_tell(operation)}: they never had more than {has}"

    # --- holds and keys ---

    def _told(self) -> Iterator[tuple[Operation, str, tuple[Line, ...], str]]:
        """Each hold of an answer: the operation, the hold, its lines, and the key it must have ("": any)."""
        for operation in self._history.operations:
            for seen in operation.holds:
                yield operation, seen.id, seen.lines, operation.key

    def _kept(self) -> Iterator[str]:
        for operation, hold, lines, key in self._told():
            row = self._known.rows.get(hold)
            if row is None:
                yield f"{_tell(operation)}: hold {hold} is not in the database"
            elif row.person != operation.person or (key and row.key != key):
                yield f"{_tell(operation)}: hold {hold} is {row.person}'s under {row.key}"
            elif _sold(row) != _sum(lines) or (key and _sum(lines) != _sum(operation.lines)):
                yield f"{_tell(operation)}: hold {hold} was told with {lines}, and is {row.lines}"
        for operation in self._history.operations:
            if operation.answer == "hold_not_found":
                yield f"{_tell(operation)}: it had been told of that hold"

    def _keys(self) -> Iterator[str]:
        rows: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self._history.holds:
            rows[row.person, row.key].append(row.id)
        for (person, key), operations in self._known.by_key.items():
            told = {seen.id for operation in operations for seen in operation.holds}
            ids = told | set(rows[person, key])
            if len(ids) > 1:
                yield f"{person} under {key}: {', '.join(sorted(ids))}"
            told_s = min(
                (end_of(operation) for operation in operations if operation.answer == "held"), default=math.inf
            )
            for operation in operations:
                if operation.start_s > told_s and operation.is_final and operation.answer != "held":
                    yield f"{_tell(operation)}: {told_s:.3f} s in the same key had been answered with a hold"

    def _refused(self) -> Iterator[str]:
        for row in self._history.holds:
            operations = self._known.by_key.get((row.person, row.key), [])
            answers = [operation.answer for operation in operations]
            is_refused = all(operation.is_final for operation in operations) and not {"held", "waiting"} & set(answers)
            if operations and is_refused:
                yield f"hold {row.id} of {row.person} under {row.key}, who was answered {answers}"

    def _from_nowhere(self) -> Iterator[str]:
        for row in self._history.holds:
            if row.key.startswith(OF_ORDERS):
                continue  # accounts.py knows whether an order has them
            operations = self._known.by_key.get((row.person, row.key), [])
            if not any(_sum(operation.lines) == _sold(row) for operation in operations):
                yield f"hold {row.id} of {row.person} under {row.key}: {row.lines} was not asked for"

    def _ends_once(self) -> Iterator[str]:
        for hold, seen in self._known.of_hold.items():
            row = self._known.rows.get(hold)
            over = [(operation, state) for operation, state in seen if state in OVER]
            states = {state for _, state in over} | ({row.state} if row is not None and over else set())
            if len(states) > 1:
                yield f"hold {hold} was {' and '.join(sorted(states))}"
                continue
            over_s = min((end_of(operation) for operation, _ in over), default=math.inf)
            for operation, state in seen:
                if state in LIVE and operation.start_s > over_s:
                    yield f"{_tell(operation)}: hold {hold} is {state}, after it was {states} {over_s:.3f} s in"

    def _listed(self) -> Iterator[str]:
        for operation in self._history.operations:
            if operation.answer != "holds" or operation.end_s is None:
                continue
            listed = {seen.id for seen in operation.holds}
            for life in self._known.lives:
                until_s = min(life.sure_until_s, self._history.ordered.get(life.row.id, math.inf))
                is_sure = life.sure_from_s < operation.start_s and operation.end_s < until_s
                if life.row.person == operation.person and is_sure and life.row.id not in listed:
                    yield f"{_tell(operation)}: hold {life.row.id} is missing"

    # --- the line ---

    def _line(self) -> Iterator[str]:
        by_key = {(life.row.person, life.row.key): life for life in self._known.lives}
        waits = {(row.person, row.key) for row in self._history.waits}
        for (person, key), operations in self._known.by_key.items():
            in_line_s = min(
                (end_of(operation) for operation in operations if operation.answer == "waiting"), default=math.inf
            )
            if in_line_s == math.inf or len(operations[0].lines) != 1:
                continue
            line = operations[0].lines[0]
            leaves_s = self._leaves_s(person, line.sale, min(operation.start_s for operation in operations))
            if leaves_s <= in_line_s or not self._is_due(person, key, line, in_line_s):
                continue
            life = by_key.get((person, key))
            if life is None and (person, key) not in waits and leaves_s == math.inf:
                yield f"{person} stood in line for {line} under {key} from {in_line_s:.3f} s on, and is forgotten"
                continue
            for other in self._passed(person, line, in_line_s, leaves_s, life):
                yield (
                    f"{person} stood in line for {line} under {key} from {in_line_s:.3f} s on, and hold {other.row.id} went to "
                    f"{other.row.person}, who came {other.asked_s:.3f} s in"
                )

    def _leaves_s(self, person: str, sale: str, since_s: float) -> float:
        """When somebody in line may have left it by themselves."""
        return min(
            (
                operation.start_s
                for operation in self._history.operations
                if operation.kind == "unwait"
                and operation.person == person
                and operation.lines[0].sale == sale
                and end_of(operation) > since_s
            ),
            default=math.inf,
        )

    def _is_due(self, person: str, key: str, line: Line, in_line_s: float) -> bool:
        """Whether their limit cannot have kept them from a hold."""
        others = sum(
            life.row.qty(quota(line.sale))
            for life in self._known.lives
            if life.row.person == person and life.row.key != key and life.may_until_s >= in_line_s
        )
        return others + line.qty <= self._known.sales[line.sale].per_person_max

    def _passed(self, person: str, line: Line, in_line_s: float, leaves_s: float, life: Life | None) -> Iterable[Life]:
        """Holds of newcomers, of at least as many units, that were made while somebody was in line for sure."""
        for other in self._known.lives:
            is_newcomer = other.row.person != person and other.asked_s > in_line_s
            is_before = life is None or other.row.made_s < life.row.made_s
            is_meanwhile = min(other.sure_from_s, other.may_until_s, self._history.read_s) < leaves_s
            if is_newcomer and is_before and is_meanwhile and other.row.qty(quota(line.sale)) >= line.qty:
                yield other

    # --- time ---

    def _time(self) -> Iterator[str]:
        for life in self._known.lives:
            row = life.row
            if row.key.startswith(OF_ORDERS):
                continue  # as long as the order wants it
            # As promised: between the first message and the first answer, and so long from there on.
            promise = f"hold {row.id}, for {life.ttl_s:.0f} s, ends {row.expires_s:.3f} s in"
            if row.expires_s < life.may_from_s + life.ttl_s - CLOCK_S:
                yield f"{promise}; it was asked for {life.asked_s:.3f} s in"
            if life.sure_from_s + life.ttl_s + CLOCK_S < row.expires_s and row.id not in self._history.ordered:
                yield f"{promise}; it was told {life.sure_from_s:.3f} s in"
            over = [end_of(operation) for operation, state in self._known.of_hold[row.id] if state == "expired"]
            if row.state == "expired":
                over.append(self._history.read_s)
            least_s = max(life.may_from_s, life.asked_s) + life.ttl_s * (1 - EARLY)
            if over and min(over) < least_s:
                yield f"hold {row.id} was over {min(over):.3f} s in, {life.ttl_s} s from {life.may_from_s:.3f} s on"
        epochs = sorted(self._history.epochs, key=lambda row: row.epoch)
        for before, after in itertools.pairwise(epochs):
            if after.now_ms < before.now_ms:
                yield f"epoch {after.epoch} is at {after.now_ms}, the one before was at {before.now_ms}"

    def _overdue(self) -> Iterator[str]:
        for row in self._history.holds:
            if row.state == "held" and row.expires_s + CLOCK_S + OVERDUE_S < self._history.read_s:
                yield f"hold {row.id} was to end {row.expires_s:.3f} s in, and is held {self._history.read_s:.3f} s in"

    # --- answers ---

    def _answered(self) -> Iterator[str]:
        asked: dict[tuple[str, str, str], list[Operation]] = defaultdict(list)
        for operation in self._history.operations:
            if operation.kind == "holds":
                continue  # nobody insists
            what = operation.key or operation.hold or "".join(line.sale for line in operation.lines)
            asked[operation.kind, operation.person, what].append(operation)
        for (kind, person, what), operations in asked.items():
            if not any(operation.is_final for operation in operations):
                last = operations[-1]
                yield (
                    f"{kind} {what} of {person}: asked {len(operations)} times from {operations[0].start_s:.3f} to "
                    f"{last.start_s:.3f} s in, last answer {last.answer or 'none'}"
                )

    def _sense(self) -> Iterator[str]:
        for operation in self._history.operations:
            if operation.answer in ODD:
                yield _tell(operation)


def _sum(lines: Sequence[Line]) -> dict[str, int]:
    """Units by sale."""
    summed: dict[str, int] = defaultdict(int)
    for line in lines:
        summed[line.sale] += line.qty
    return dict(summed)


def _sold(row: HoldRow) -> dict[str, int]:
    """Units by sale of a hold in the database."""
    return {line.resource.removeprefix("sale:"): line.asked for line in row.lines if line.resource.startswith("sale:")}


def _tell(operation: Operation) -> str:
    end = "never" if operation.end_s is None else f"{operation.end_s:.3f} s"
    what = operation.key or operation.hold
    lines = " ".join(f"{line.qty} of {line.sale}" for line in operation.lines)
    return (
        f"{operation.kind} {what} {lines} by {operation.person} via {operation.via}, {operation.start_s:.3f} s to {end}, "
        f"answered {operation.answer}"
    )


def refusals(operations: Iterable[Operation]) -> dict[str, int]:
    """How often each refusal was given, and how often no answer came ("none")."""
    counts: dict[str, int] = defaultdict(int)
    for operation in operations:
        if operation.answer not in ("held", "waiting", "done", "holds"):
            counts[operation.answer or "none"] += 1
    return dict(sorted(counts.items()))


def late_holds(history: History) -> list[str]:
    """Holds of keys whose last final answer was a refusal: an earlier message without an answer was done after it. No defect,
    since a refusal is not remembered; whoever looks at their holds finds it.
    """
    by_key: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in history.operations:
        if operation.key:
            by_key[operation.person, operation.key].append(operation)
    return [
        row.id
        for row in history.holds
        if (operations := by_key.get((row.person, row.key)))
        and any(operation.is_final for operation in operations)
        and not {"held", "waiting"} & {operation.answer for operation in operations}
    ]
