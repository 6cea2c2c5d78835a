"""The socket's events of sales. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.room.models import Id, Key

LINES_MAX = 8  # of one tap: each takes its quota and its product's stock
QTY_MAX = 1_000_000

Qty = Annotated[int, Meta(ge=1, le=QTY_MAX)]
HoldState = Literal["held", "closing", "confirmed", "released", "expired"]


class SaleQty(Struct, frozen=True, kw_only=True):
    """So many units of a sale."""

    sale: Id
    qty: Qty


class Reserve(Struct, frozen=True, kw_only=True):
    """Set units aside: of one `sale`, or all of `lines` or none. The same `key` again is the same tap.

    `ticket` and `proof` only when a refusal asked for them.
    """

    key: Key
    sale: Id | UnsetType = UNSET
    qty: Qty | UnsetType = UNSET
    lines: Annotated[tuple[SaleQty, ...], Meta(min_length=1, max_length=LINES_MAX)] | UnsetType = UNSET
    ticket: Annotated[str, Meta(max_length=256)] | UnsetType = UNSET
    proof: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class Hold(Struct, frozen=True, kw_only=True):
    """Units set aside for one person until `expires_ts` (Unix ms)."""

    id: str
    state: HoldState
    lines: tuple[SaleQty, ...]
    expires_ts: int


class Reserved(Struct, frozen=True, kw_only=True):
    """The hold, as it is by now."""

    ok: Literal[True] = True
    hold: Hold


class Release(Struct, frozen=True, kw_only=True):
    """Give a hold of one's own back."""

    hold: Id


class Wait(Struct, frozen=True, kw_only=True):
    """Stand in line for a sale that is sold out; whoever's turn it is gets a hold, and the direct message `hold`.

    `key`: as that of Reserve, for the hold to come; without one there is a new one. `ticket` and `proof` as for Reserve.
    """

    sale: Id
    qty: Qty
    key: Key | UnsetType = UNSET
    ticket: Annotated[str, Meta(max_length=256)] | UnsetType = UNSET
    proof: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class Waiting(Struct, frozen=True, kw_only=True):
    """`place` in line, from 1 on; or the `hold`, if there were units after all."""

    ok: Literal[True] = True
    place: int | UnsetType = UNSET
    hold: Hold | UnsetType = UNSET


class Unwait(Struct, frozen=True, kw_only=True):
    """Leave the line."""

    sale: Id


class Ticket(Struct, frozen=True, kw_only=True):
    """Ask for a ticket of a sale, which a refusal wanted."""

    sale: Id


class TicketGiven(Struct, frozen=True, kw_only=True):
    """`ticket` goes with the tap, together with `proof`: a decimal number such that SHA-256 of "{ticket}.{proof}" begins with
    `zero_bits` zero bits. Both hold until `ends_ts` (Unix ms).
    """

    ok: Literal[True] = True
    ticket: str
    zero_bits: int
    ends_ts: int
