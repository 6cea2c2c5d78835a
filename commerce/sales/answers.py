"""What the stock engine answers, in the words of sales. Pure: no I/O."""

from typing import TypeVar

from commerce.flashsale import codes
from commerce.flashsale.requests import Answer, Held, Refused
from commerce.flashsale.rows import HoldRow
from commerce.sales.errors import (
    AboveStock,
    HoldNotFound,
    HoldOver,
    LimitReached,
    MoreNeeded,
    SaleClosed,
    SaleNotFound,
    SoldOut,
    WaitlistFull,
)
from commerce.sales.lines import sold_lines
from commerce.sales.socket_events import Hold, HoldState
from livehub.base.errors import BadRequest, Internal, KeyReused, LivehubError, Unavailable

STATES: dict[int, HoldState] = {
    codes.HELD: "held",
    codes.CLOSING: "closing",
    codes.CONFIRMED: "confirmed",
    codes.RELEASED: "released",
    codes.EXPIRED: "expired",
}
REFUSALS: dict[int, type[LivehubError]] = {
    codes.NOT_OPEN: SaleClosed,
    codes.SOLD_OUT: SoldOut,
    codes.LIMIT: LimitReached,
    codes.KEY_REUSED: KeyReused,
    codes.NO_HOLD: HoldNotFound,
    codes.OVER: HoldOver,
    codes.BAD: BadRequest,
    codes.BELOW: AboveStock,
    Refused.UNKNOWN_RESOURCE: SaleNotFound,
    Refused.TOO_MANY_LINES: BadRequest,
    Refused.NOT_YOURS: HoldNotFound,
    Refused.BUSY: Unavailable,
    Refused.LINE_FULL: WaitlistFull,
    Refused.NOT_IN_LINE: MoreNeeded,
}

A = TypeVar("A")


def hold_of(held: Held) -> Hold:
    """The hold, as it is by now."""
    return Hold(id=held.hold, state=STATES[held.state], lines=sold_lines(held.lines), expires_ts=held.expires_ms)


def held_as(row: HoldRow) -> Hold:
    """A hold as PostgreSQL has it."""
    return Hold(id=row.id, state=STATES[row.state], lines=sold_lines(row.asked), expires_ts=row.expires_ms)


def name_of(code: int) -> str:
    """The name of the refusal, for figures."""
    return REFUSALS.get(code, Internal).name


def refusal(refused: Refused, *, left: int | None = None, opens_ts: int | None = None) -> LivehubError:
    """The refusal with its figures. `left`: of a sale that is sold out, when the engine's answer is not all; `opens_ts`: of one
    that is to come.
    """
    match refused.code:
        case codes.NOT_OPEN:
            return SaleClosed(details={} if opens_ts is None else {"opens_ts": opens_ts})
        case codes.SOLD_OUT:
            return SoldOut(details={"left": refused.left if left is None else min(left, refused.left)})
        case codes.LIMIT:
            return LimitReached(details={"limit": refused.left, "has": refused.has})
        case codes.BELOW:
            return AboveStock(details={"left": refused.left})
        case Refused.BUSY:
            return Unavailable(retry_after_ms=refused.left)
        case Refused.TOO_MANY_LINES:
            return BadRequest("lines: too many at once.")
    return REFUSALS.get(refused.code, Internal)()


def expected(answer: Answer, kind: type[A]) -> A:
    """The answer, of the kind that was expected. Raises the refusal."""
    if isinstance(answer, Refused):
        raise refusal(answer)
    assert isinstance(answer, kind), f"{answer!r} is no {kind.__name__}"
    return answer
