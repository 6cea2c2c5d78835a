"""The stock as the engine has it: a book, and who stands in line for what is sold out. Pure: no I/O, no clock.

Who waits comes before anybody new: after each give-back the first in line whom the free units suffice gets a hold, before the
next request is looked at. So a batch is decided in runs, each of which ends with what may give units back; without anybody in
line it is one run.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from msgspec import Struct

from commerce.flashsale import codes
from commerce.flashsale.book import Batch, Book
from commerce.flashsale.requests import (
    Adjust,
    Answer,
    Confirm,
    Done,
    Held,
    Put,
    Refused,
    Release,
    ReleaseClosing,
    Report,
    Request,
    Reserve,
    Retire,
    Take,
    Units,
    Unwait,
    Wait,
    Waiting,
    Watch,
    Watched,
)
from commerce.flashsale.rows import Changes, Granted, WaitRow
from commerce.flashsale.waitlist import Line

Own = Put | Watch | Report | Wait | Unwait | Retire  # what the book does not know
OWN = frozenset(get_args(Own))
GIVES_BACK = (Confirm, Release, ReleaseClosing, Adjust)
TAKE_MS = 60_000  # for which something is held that is confirmed in the same batch
ADJUSTMENTS_MAX = (
    1_000  # keys remembered: of those that may be on their way to PostgreSQL, which remembers them for good
)


class Decided(Struct, frozen=True):
    """`answers` in the order of the requests."""

    answers: list[Answer]
    changes: Changes


class _Count:
    """How requests for one resource were answered."""

    __slots__ = ("asked", "before", "held", "refused")

    def __init__(self) -> None:
        self.asked = self.held = 0
        self.refused: dict[int, int] = {}
        self.before: dict[str, int] = {}  # before the engine was asked, by name


class Stock:
    """`waits_max`: how many stand in line for one resource; `turns_max`: how many of them get their turn in one batch."""

    def __init__(self, book: Book, *, waits_max: int = 10_000, turns_max: int = 10_000) -> None:
        self.book = book
        self._waits_max = waits_max
        self._turns_max = turns_max
        self.retired: set[str] = set()  # resources that PostgreSQL has, and the book must not have again
        self._lines: dict[str, Line] = {}
        self._waited: dict[str, set[str]] = {}  # resource -> lines in which somebody waits for it
        self._freed: set[str] = set()  # of what is waited for, what may suffice somebody
        self._place = 0
        self._counts: dict[str, _Count] = {}
        self._adjusted: dict[str, Adjust] = {}

    @property
    def has_lines(self) -> bool:
        """Whether anybody waits."""
        return bool(self._lines)

    def restore_waits(self, waits: Iterable[WaitRow]) -> None:
        """Who stood in line, by place."""
        for row in waits:
            self._stand(row)

    def remember(self, adjust: Adjust) -> None:
        """What was added or taken away under a key already."""
        self._adjusted[adjust.key] = adjust
        if len(self._adjusted) > ADJUSTMENTS_MAX:
            del self._adjusted[next(iter(self._adjusted))]

    def decide(self, requests: Sequence[Request], now_ms: int) -> Decided:
        """As Book.decide, for all requests there are."""
        changes, answers = Changes(), list[Answer]()
        if self._lines or not requests:
            self._decided([], now_ms, changes)
            self._end_lines(now_ms, changes)
            self._take_turns(now_ms, changes)
        for run in self._runs(requests):
            if isinstance(run, list):
                answers += self._decided(run, now_ms, changes)
            else:
                answers.append(self._answered(run, now_ms, changes))
            if self._freed:
                self._take_turns(now_ms, changes)
        return Decided(answers, changes)

    def _runs(self, requests: Sequence[Request]) -> Iterator[list[Request] | Own]:
        """What the book decides together, and what it does not know."""
        if requests and not self._lines and not OWN.intersection(map(type, requests)):
            yield list(requests)
            return
        run: list[Request] = []
        for request in requests:
            if isinstance(request, Own) or (isinstance(request, Adjust) and request.key):
                if run:
                    yield run
                run = []
                yield request if isinstance(request, Own) else [request]
                continue
            run.append(request)
            if self._lines and isinstance(request, GIVES_BACK):
                yield run
                run = []
        if run:
            yield run

    def _decided(self, run: list[Request], now_ms: int, changes: Changes) -> list[Answer]:
        kinds = set(map(type, run))
        if Take in kinds:
            taken = {at: request for at, request in enumerate(run) if isinstance(request, Take)}
            return self._taken(run, taken, now_ms, changes)
        if Adjust in kinds and any(isinstance(request, Adjust) and request.key for request in run):
            return [answer for request in run for answer in self._adjusted_once(request, now_ms, changes)]
        batch = self._of_book(run, now_ms, changes)
        for request, answer in zip(run, batch.answers, strict=True):
            if type(request) is Reserve:
                self._count(request, answer)
        return batch.answers

    def _of_book(self, run: list[Request], now_ms: int, changes: Changes) -> Batch:
        batch = self.book.decide(run, now_ms)
        changes.add(batch.changes)
        if self._lines and (batch.changes.changed or any(isinstance(request, Adjust) for request in run)):
            self._freed.update(batch.changes.resources)
        return batch

    def _taken(self, run: list[Request], taken: dict[int, Take], now_ms: int, changes: Changes) -> list[Answer]:
        """Reserved with all others, then confirmed before anybody hears of it."""
        reserving = [_reserve(taken[at], TAKE_MS) if at in taken else request for at, request in enumerate(run)]
        before = len(changes.holds)
        answers = self._decided(reserving, now_ms, changes)
        new = {hold.id for hold in changes.holds[before:]}
        held = {at: answer for at in taken if isinstance(answer := answers[at], Held) and answer.state == codes.HELD}
        for at, answer in held.items():
            if answer.hold not in new:  # reserved before, under the same key
                answers[at] = Refused(codes.KEY_REUSED)
        fresh = [at for at, answer in held.items() if answer.hold in new]
        confirmed = self._decided([Confirm(held[at].hold) for at in fresh], now_ms, changes)
        for at, done in zip(fresh, confirmed, strict=True):
            assert isinstance(done, Done)
            answers[at] = Held(held[at].hold, held[at].expires_ms, held[at].lines, codes.CONFIRMED)
        return answers

    def _adjusted_once(self, request: Request, now_ms: int, changes: Changes) -> list[Answer]:
        if not isinstance(request, Adjust) or not request.key:
            return self._decided([request], now_ms, changes)
        known = self._adjusted.get(request.key)
        if known is not None:
            return [Done(again=True) if known == request else Refused(codes.KEY_REUSED, request.resource)]
        batch = self._of_book([request], now_ms, changes)
        if isinstance(batch.answers[0], Done):
            changes.adjusted.append(request)
            self.remember(request)
        return batch.answers

    def _count(self, request: Reserve, answer: Answer) -> None:
        for line in request.lines:
            count = self._counts.get(line.resource)
            if count is None and self.book.units(line.resource) is not None:
                count = self._counts[line.resource] = _Count()
            if count is not None:
                count.asked += 1
                if isinstance(answer, Refused):
                    count.refused[answer.code] = count.refused.get(answer.code, 0) + 1
                else:
                    count.held += 1

    # --- what is not the book's ---

    def _answered(self, request: Own, now_ms: int, changes: Changes) -> Answer:
        match request:
            case Put():
                return self._put(request, changes)
            case Wait():
                return self._wait(request, now_ms, changes)
            case Unwait():
                if request.person not in self._lines.get(request.resource, ()):
                    return Done(again=True)
                self._leave(request.resource, request.person, changes)
                return Done()
            case Retire():
                if not self.book.retire(request.resource, now_ms):
                    return Refused(codes.OVER, request.resource)
                self._counts.pop(request.resource, None)
                changes.retired.append(request.resource)
                return Done()
            case Report():
                before = self._counts.setdefault(request.resource, _Count()).before
                for name, times in request.refused.items():
                    before[name] = before.get(name, 0) + times
                return Done()
            case Watch():
                count = self._counts.get(request.resource) or _Count()
                waiting = len(self._lines.get(request.resource, ()))
                return Watched(count.asked, count.held, dict(count.refused), waiting, dict(count.before))

    def _put(self, request: Put, changes: Changes) -> Answer:
        resource = request.resource
        is_new = self.book.units(resource.id) is None
        if is_new and resource.id in self.retired:
            return Refused(codes.OVER, resource.id)
        parts = (Units(request.within, 1), *request.made_of) if request.within else request.made_of
        for part in parts if is_new else ():
            within = self.book.units(part.resource)
            if within is None:
                return Refused(Refused.UNKNOWN_RESOURCE, part.resource)
            enough_for = (within.units - within.held - within.sold) // max(part.units, 1)
            if resource.units > enough_for:
                return Refused(codes.BELOW, part.resource, enough_for)
        try:
            row = self.book.put(resource)
        except (ValueError, OverflowError):
            return Refused(codes.BAD, resource.id)
        self._counts.setdefault(resource.id, _Count())
        if self._lines:
            self._freed.add(resource.id)
        changes.puts.append(resource)
        changes.resources[resource.id] = row
        return Done(again=not is_new)

    def _wait(self, request: Wait, now_ms: int, changes: Changes) -> Answer:
        resource = _awaited(request)
        line = self._lines.get(resource)
        if line is not None and request.person in line:
            return Waiting(line.place(request.person))
        if request.look:
            return Refused(Refused.NOT_IN_LINE, resource)
        batch = self.book.decide(
            [_reserve(request, request.ttl_ms)], now_ms
        )  # counted as a request to wait, not as a tap
        changes.add(batch.changes)
        answer = batch.answers[0]
        if not (isinstance(answer, Refused) and answer.code == codes.SOLD_OUT):
            return answer
        if line is not None and len(line) >= self._waits_max:
            return Refused(Refused.LINE_FULL, resource)
        row = WaitRow(self._place + 1, request)
        self._stand(row)
        changes.waits.append(row)
        return Waiting(len(self._lines[resource]))

    # --- lines ---

    def _stand(self, row: WaitRow) -> None:
        resource = _awaited(row.wait)
        self._lines.setdefault(resource, Line()).add(row)
        for line in row.wait.lines:
            self._waited.setdefault(line.resource, set()).add(resource)
            self._freed.add(line.resource)
        self._place = max(self._place, row.place)

    def _leave(self, resource: str, person: str, changes: Changes) -> None:
        row = self._lines[resource].remove(person)
        if not self._lines[resource]:
            del self._lines[resource]
            for line in row.wait.lines:
                self._waited.get(line.resource, set()).discard(resource)
        if row in changes.waits:
            changes.waits.remove(row)
        else:
            changes.unwaits.append((resource, person))

    def _end_lines(self, now_ms: int, changes: Changes) -> None:
        """Those for what is over."""
        for resource in [resource for resource in self._lines if self.book.is_over(resource, now_ms)]:
            for person in self._lines[resource].people():
                self._leave(resource, person, changes)

    def _take_turns(self, now_ms: int, changes: Changes) -> None:
        """Of whom waits for what was freed."""
        turns = self._turns_max
        while self._freed and turns:
            freed = self._freed.pop()
            for resource in list(self._waited.get(freed, ())):
                while turns and self._take_turn(resource, now_ms, changes):
                    turns -= 1
            if not turns:
                self._freed.add(freed)

    def _take_turn(self, resource: str, now_ms: int, changes: Changes) -> bool:
        """Whether one of the line got a hold, or had to leave it."""
        line = self._lines.get(resource)
        wait = line.first_sufficed(_Free(self.book)) if line is not None else None
        if wait is None:
            return False
        answer = self._of_book([_reserve(wait, wait.ttl_ms)], now_ms, changes).answers[0]
        if isinstance(answer, Refused) and answer.code == codes.SOLD_OUT:
            return False
        if isinstance(answer, Held):
            changes.granted.append(Granted(wait, answer.hold, answer.expires_ms))
        self._leave(resource, wait.person, changes)
        return True


class _Free:
    """Units of resources that are free, looked up once each."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[str, int] = {}

    def __call__(self, resource: str) -> int:
        free = self._known.get(resource)
        if free is None:
            row = self._book.units(resource)
            free = self._known[resource] = 0 if row is None else row.units - row.held - row.sold
        return free


def _awaited(wait: Wait) -> str:
    return wait.lines[0].resource if wait.lines else ""


def _reserve(request: Wait | Take, ttl_ms: int) -> Reserve:
    late = isinstance(request, Take) and request.late
    return Reserve(request.person, request.key, request.lines, ttl_ms, request.also, late)
