"""Domain events of cases, keyed by the order. Pure: no I/O."""

from msgspec import Struct

from commerce.cases.machine import Decision, Kind, Reason


class CaseOpened(Struct, frozen=True, kw_only=True, tag="case.opened", tag_field="event"):
    """A buyer says that something is wrong with an order."""

    case: str
    order: str
    person: str
    kind: Kind
    reason: Reason
    at_ms: int


class CaseDecided(Struct, frozen=True, kw_only=True, tag="case.decided", tag_field="event"):
    """The staff have decided. `lines`: (line, units) that the decision is about: of a replacement what is sent again, with the
    order `replacement`. `coupon`: given as a gift.
    """

    case: str
    order: str
    person: str
    decision: Decision
    lines: tuple[tuple[str, tuple[int, ...]], ...]
    refund: str | None
    at_ms: int
    replacement: str | None = None
    coupon: str | None = None
