"""Requests by name as the kernel asks for them, in numbers; what is nonsense is refused. Pure: no I/O, no clock."""

from collections.abc import Mapping, Sequence

from commerce.flashsale import kernel
from commerce.flashsale.alike import NO_MORE
from commerce.flashsale.arrays import Ask
from commerce.flashsale.kernel import NONE
from commerce.flashsale.over_holds import State
from commerce.flashsale.requests import (
    Adjust,
    Alias,
    Close,
    Confirm,
    Refused,
    Release,
    ReleaseClosing,
    Request,
    Reserve,
    Unalias,
    Units,
)

NAME_BYTES_MAX = 512  # of a person, a phone, a key: an index of PostgreSQL takes 2,704 of a row
KNOWN_LINES_MAX = 4_096
TTL_MS_MAX = 1 << 40  # 34 years
UNITS_MAX = 1 << 40  # of one line, and of one adjustment: sums of them stay far below 2**63


def is_ttl(ttl_ms: object) -> bool:
    return type(ttl_ms) is int and 0 < ttl_ms < TTL_MS_MAX


def _is_name(text: str) -> bool:
    """Whether PostgreSQL can keep it: not empty, not too long, no NUL, and no half of a surrogate pair."""
    if not text or len(text) > NAME_BYTES_MAX or "\0" in text:
        return False
    return text.isascii() or (
        len(text.encode(errors="replace")) <= NAME_BYTES_MAX
        and not any("\ud800" <= letter <= "\udfff" for letter in text)
    )


def are_names(texts: Sequence[str]) -> bool:
    """The same of many; False for some that are not ASCII, too, which have to be looked at one by one."""
    joined = "".join(texts)
    return joined.isascii() and "\0" not in joined and all(texts) and len(max(texts, key=len)) <= NAME_BYTES_MAX


class Asking:
    """`state`: of the book; `resources`: the number of each, as the book has it at the time."""

    def __init__(self, state: State, resources: Mapping[str, int]) -> None:
        self._state = state
        self._names = state.names
        self._resources = resources
        self._known_lines: dict[tuple[Units, ...], Sequence[tuple[int, int]]] = {}  # in a sale nearly all are alike

    def forget_lines(self) -> None:
        """A resource is known no more: nor are lines of it."""
        self._known_lines.clear()

    def ask(self, request: Request, now_ms: int) -> Ask | Refused:
        match request:
            case Reserve():
                return self.reserve(request, now_ms)
            case Adjust():
                return self._with_lines(Ask(kernel.ADJUST), (Units(request.resource, request.units),))
            case Alias() if not (_is_name(request.person) and _is_name(request.whom)):
                return Refused(kernel.BAD)
            case Alias():
                return Ask(kernel.ALIAS, who=(self._names.who(request.person), self._names.who(request.whom), NONE))
            case Unalias() if self._names.find_who(request.person) == NONE:
                return Ask(kernel.UNALIAS)
            case Unalias():
                return Ask(kernel.UNALIAS, who=(self._names.who(request.person), NONE, NONE))
            case Confirm() | Release() | ReleaseClosing() | Close():
                return self._of_hold(request, self._names.find_hold(request.hold), now_ms)
        raise TypeError(f"{type(request).__name__} is no request")

    def _of_hold(self, request: Confirm | Release | ReleaseClosing | Close, hold: int, now_ms: int) -> Ask | Refused:
        match request:
            case Confirm():
                return self._with_lines(Ask(kernel.CONFIRM, hold=hold), request.lines)
            case Release() if hold != NONE and not self._is_of(hold, request.person):
                return Refused(Refused.NOT_YOURS)
            case Close() if not is_ttl(request.ttl_ms):
                return Refused(kernel.BAD)
            case Close():
                return Ask(kernel.CLOSE, hold=hold, until_ms=now_ms + request.ttl_ms)
        return Ask(kernel.RELEASE if isinstance(request, Release) else kernel.RELEASE_CLOSING, hold=hold)

    def reserve(self, request: Reserve, now_ms: int) -> Ask | Refused:
        person, key, also = request.person, request.key, request.also
        if not (
            is_ttl(request.ttl_ms)
            and _is_name(person)
            and (not key or _is_name(key))
            and (also == NO_MORE or all(not text or _is_name(text) for text in also))
        ):
            return Refused(kernel.BAD)
        lines = self.lines(request.lines)
        if isinstance(lines, Refused):
            return lines  # and nothing of it is remembered
        who = self._limit_keys(person, also)
        op = kernel.RESERVE_LATE if request.late else kernel.RESERVE
        return Ask(op, who, self._names.key(person, key), NONE, now_ms + request.ttl_ms, lines)

    def lines(self, lines: tuple[Units, ...]) -> Sequence[tuple[int, int]] | Refused:
        """Lines in numbers."""
        known = self._known_lines.get(lines)
        if known is None:
            found = self._with_lines(Ask(kernel.RESERVE), lines)
            if isinstance(found, Refused):
                return found
            if len(self._known_lines) >= KNOWN_LINES_MAX:
                self._known_lines.clear()
            known = self._known_lines[lines] = found.lines
        return known

    def _limit_keys(self, person: str, also: tuple[str, str]) -> tuple[int, int, int]:
        names = self._names
        if also == NO_MORE:
            return names.who(person), NONE, NONE
        one, other = also
        return names.who(person), names.who(one, 1) if one else NONE, names.who(other, 2) if other else NONE

    def _with_lines(self, ask: Ask, lines: Sequence[Units]) -> Ask | Refused:
        if len(lines) > kernel.LINES_MAX:
            return Refused(Refused.TOO_MANY_LINES)
        found = []
        for line in lines:
            at = self._resources.get(line.resource)
            if at is None:
                return Refused(Refused.UNKNOWN_RESOURCE, line.resource)
            if type(line.units) is not int or abs(line.units) > UNITS_MAX:
                return Refused(kernel.BAD, line.resource)
            found.append((at, line.units))
        ask.lines = found
        return ask

    def _is_of(self, hold: int, person: str | None) -> bool:
        """Whether it is theirs, or that of somebody they have become one with; None: whoever's."""
        holder = int(self._state.tables.holds[hold, kernel.WHO])
        if person is None or person == self._names.who_name(holder):
            return True
        who, members = self._names.find_who(person), self._state.tables.who
        group = NONE if who == NONE else int(members[who, kernel.GROUP])
        return group != NONE and group == int(members[holder, kernel.GROUP])
