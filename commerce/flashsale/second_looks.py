"""What the book in memory cannot know, looked up in PostgreSQL: keys and holds of sales that are long over."""

from collections.abc import Sequence

from commerce.flashsale import codes
from commerce.flashsale.book import Book
from commerce.flashsale.journal import Q, hold_of
from commerce.flashsale.requests import (
    Answer,
    Close,
    Confirm,
    Done,
    Held,
    Refused,
    Release,
    ReleaseClosing,
    Request,
    Reserve,
    Take,
    Wait,
)
from commerce.flashsale.rows import Changes, HoldRow, ResourceRow
from commerce.flashsale.stock import Decided, Stock
from livehub.base.db import Connection

OF_A_HOLD = (Confirm, Release, Close, ReleaseClosing)


def answer_of(request: Reserve | Wait | Take, hold: HoldRow) -> Answer:
    """What a key was answered with that made this hold."""
    if hold.asked == request.lines:
        return Held(hold.id, hold.expires_ms, hold.asked, hold.state)
    return Refused(codes.KEY_REUSED)


class SecondLooks:
    def __init__(self, connection: Connection, book: Book) -> None:
        self._connection = connection
        self._book = book

    async def at_refusals(self, requests: Sequence[Request], answers: list[Answer]) -> None:
        """Put right, in place, refusals of what was done before, and which the book has forgotten."""
        by_key: list[int] = []
        by_hold: list[int] = []
        for at, (request, answer) in enumerate(zip(requests, answers, strict=True)):
            if type(answer) is not Refused:
                continue
            if isinstance(request, Reserve | Wait | Take):
                if request.key and (not self._book.has_all_keys or answer.code == Refused.UNKNOWN_RESOURCE):
                    by_key.append(at)
            elif isinstance(request, OF_A_HOLD) and answer.code == codes.NO_HOLD:
                by_hold.append(at)
        if by_key:
            await self._by_key(by_key, requests, answers)
        if by_hold:
            await self._by_hold(by_hold, requests, answers)

    async def _by_key(self, places: list[int], requests: Sequence[Request], answers: list[Answer]) -> None:
        asked = {at: request for at in places if isinstance(request := requests[at], Reserve | Wait | Take)}
        people, keys = [one.person for one in asked.values()], [one.key for one in asked.values()]
        rows = await self._connection.fetch(Q["holds_by_key"], people, keys)
        found = {(row["person"], row["key"]): hold_of(row) for row in rows}
        for at, request in asked.items():
            hold = found.get((request.person, request.key))
            if hold is not None:
                answers[at] = answer_of(request, hold)

    async def _by_hold(self, places: list[int], requests: Sequence[Request], answers: list[Answer]) -> None:
        asked = {at: request for at in places if isinstance(request := requests[at], OF_A_HOLD)}
        rows = await self._connection.fetch(Q["holds_by_id"], [one.hold for one in asked.values()])
        found = {row["id"]: hold_of(row) for row in rows}
        for at, request in asked.items():
            hold = found.get(request.hold)
            if hold is None:
                continue
            if isinstance(request, Release) and request.person not in (None, hold.person):
                answers[at] = Refused(Refused.NOT_YOURS)
            elif isinstance(request, Release | ReleaseClosing) and hold.state == codes.RELEASED:
                answers[at] = Done(again=True)
            else:
                answers[at] = Refused(codes.OVER)


def take_back(
    stock: Stock,
    decided: Decided,
    requests: Sequence[Request],
    taken: Sequence[HoldRow],
    now_ms: int,
    ahead: Changes | None,
) -> set[str]:
    """Holds that cannot be, because their keys made others (`taken`) that the book had forgotten: out of the book, and out of
    what is to be written, in this batch and in the one decided after it; their answers are those of the others. Returns their
    ids, of which the batch decided after it may have told.
    """
    gone: set[str] = set()
    by_key = {(hold.person, hold.key): hold for hold in taken}
    kept: list[HoldRow] = []
    for row in decided.changes.holds:
        if (row.person, row.key) not in by_key:
            kept.append(row)
            continue
        gone.add(row.id)
        is_sold = any(hold.id == row.id and hold.state == codes.CONFIRMED for hold in decided.changes.changed)
        stock.book.forget_unwritten(row.id, now_ms)
        decided.changes.granted[:] = [granted for granted in decided.changes.granted if granted.hold != row.id]
        decided.changes.changed[:] = [hold for hold in decided.changes.changed if hold.id != row.id]
        if any(row.has):
            _give_back(decided.changes, row, is_sold=is_sold)
        if ahead is not None:
            over = [hold for hold in ahead.changed if hold.id == row.id]
            ahead.changed[:] = [hold for hold in ahead.changed if hold.id != row.id]
            if not over:
                _give_back(ahead, row, is_sold=is_sold)
    decided.changes.holds[:] = kept
    for at, request in enumerate(requests):
        if isinstance(request, Reserve | Wait | Take) and isinstance(decided.answers[at], Held):
            hold = by_key.get((request.person, request.key))
            if hold is not None:
                decided.answers[at] = answer_of(request, hold)
    return gone


def _give_back(changes: Changes, row: HoldRow, *, is_sold: bool) -> None:
    for line, has in zip(row.asked, row.has, strict=True):
        units = changes.resources.get(line.resource)
        if units is not None:
            held, sold = (0, has) if is_sold else (has, 0)
            changes.resources[line.resource] = ResourceRow(units.id, units.units, units.held - held, units.sold - sold)
