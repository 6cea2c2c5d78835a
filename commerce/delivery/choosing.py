"""Where an order goes and in which window: what an order asks before it is made.

    choice = await choose(connection, place, slot, now_ms=now_ms)
    Reserve(..., lines=(*goods, *choice.slot_units))         # the window is held together with the goods, or nothing is
    raise slot_refusal(refused) or ...                       # of what the engine answered

The engine decides who gets the last place of a window; what is read here may be a moment old, and says early what is of no use.
"""

import hashlib
from contextlib import suppress
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, json

from commerce.delivery.areas import Area, Place, first_with, prefixes
from commerce.delivery.errors import BelowMinimum, OutsideArea, SlotFull, SlotNotFound
from commerce.delivery.shapes import Shape
from commerce.flashsale import codes
from commerce.flashsale.requests import Refused, Units
from commerce.pricing.prices import DeliveryRule
from livehub.base.db import Connection
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.room.models import InLanguages, words_of

Q = queries(__file__, "choosing.sql")

SLOT = "slot:"

Method = Literal["door", "pickup"]
Missing = Literal["address", "slot"]


class Choice(Struct, frozen=True, kw_only=True):
    """Where and when an order is delivered, and what it costs. `slot_units`: what to hold of the stock engine's.

    `currency`: of the rule; an order in another is refused. From `name` on: what an order freezes to show it later, the area's
    or the point's name, and the point's address. `missing`: of a quote alone, what has to be said before there can be an
    order.
    """

    method: Method
    area: str | None = None
    point: str | None = None
    slot: str | None = None
    slot_units: tuple[Units, ...] = ()
    rule: DeliveryRule
    currency: str | None = None
    name: str = ""
    names: InLanguages | UnsetType = UNSET
    line: str = ""
    lines: InLanguages | UnsetType = UNSET
    from_ms: int | None = None
    until_ms: int | None = None
    orders_until_ms: int | None = None
    missing: Missing | None = None


async def choose(
    connection: Connection,
    place: Place | None,
    slot: str | None,
    *,
    now_ms: int,
    is_quote: bool = False,
    may_be_full: bool = False,
) -> Choice | None:
    """Where and when the order is delivered; None: nothing is configured and no window was asked for.

    `place`: of the address; None: there is none, which a pick-up point doesn't need. `is_quote`: what was not said yet is
    `missing`, and no reason to refuse. `may_be_full`: for whoever may hold the last place already; the engine knows. Where an
    area has no windows at all, orders need none. Raises OutsideArea, SlotNotFound, SlotFull.
    """
    if slot is not None:
        return await _in_window(connection, place, slot, now_ms, is_quote=is_quote, may_be_full=may_be_full)
    is_configured, has_areas = await is_needed(connection)
    if not is_configured:
        return None
    if place is None:
        return _unsaid(
            "address", OutsideArea("Choose an address.", details={"reason": "no_address"}), is_quote=is_quote
        )
    if not has_areas:
        return _unsaid("slot", _not_chosen(), is_quote=is_quote)
    row = await area_row(connection, place)
    choice = _choice("door", row)
    if not await has_windows(connection, row["id"]):
        return choice
    if not is_quote:
        raise _not_chosen()
    return _with(choice, missing="slot")


async def _in_window(
    connection: Connection, place: Place | None, slot: str, now_ms: int, *, is_quote: bool, may_be_full: bool = False
) -> Choice:
    window = await connection.fetchrow(Q["window"], slot)
    if window is None or not window["is_on"]:
        raise SlotNotFound(details={"reason": "unknown"})
    if window["is_closed"] or window["orders_until_ms"] <= now_ms:
        raise SlotNotFound(details={"reason": "closed"})
    if window["left"] <= 0 and not may_be_full:
        raise SlotFull
    missing: Missing | None = None
    if window["area"] is not None:
        if place is None and not is_quote:
            raise OutsideArea("Choose an address.", details={"reason": "no_address"})
        if place is None:
            missing = "address"
        elif (await area_row(connection, place))["id"] != window["area"]:
            raise OutsideArea(details={"reason": "other_area"})
    return _with(
        _choice("door" if window["area"] is not None else "pickup", window),
        slot=slot,
        slot_units=(slot_units(slot),),
        from_ms=window["from_ms"],
        until_ms=window["until_ms"],
        orders_until_ms=window["orders_until_ms"],
        missing=missing,
    )


async def next_choices(
    connection: Connection, place: Place | None, *, area: str | None, point: str | None, now_ms: int, most: int
) -> list[Choice]:
    """Windows of the area or the point that take orders for the place and have room, the earliest first."""
    found = []
    for row in await connection.fetch(Q["next_windows"], area, point, now_ms, most):
        with suppress(OutsideArea, SlotNotFound, SlotFull):
            found.append(await _in_window(connection, place, row["id"], now_ms, is_quote=False))
    return found


async def is_needed(connection: Connection) -> tuple[bool, bool]:
    """Whether orders say where they go: there are areas or pick-up points; and whether there are areas."""
    row = await connection.fetchrow(Q["configured"])
    assert row is not None
    return row["areas"] or row["points"], row["areas"]


async def has_windows(connection: Connection, area: str) -> bool:
    """Whether orders to an area are for a window."""
    return bool(await connection.fetchval(Q["has_windows"], area))


async def area_row(connection: Connection, place: Place) -> Any:
    """The row of the area that a place belongs to, the first by position. Raises OutsideArea."""
    rows = await connection.fetch(Q["areas_near"], place.lat, place.lon, list(prefixes(place.region)))
    found = first_with((area_of(row) for row in rows), place)
    if found is None:
        needs_position = place.lat is None and bool(await connection.fetchval(Q["has_shapes"]))
        raise OutsideArea(details={"reason": "no_position" if needs_position else "outside"})
    return next(row for row in rows if row["id"] == found.id)


def area_of(row: Any) -> Area:
    """An area as it is stored."""
    shape = None if row["shape"] is None else json.decode(row["shape"], type=Shape)
    return Area.of(row["id"], row["regions"], shape)


def _choice(method: Method, row: Any) -> Choice:
    """`row`: an area, or a window with what its area or its point says."""
    is_door = method == "door"
    return Choice(
        method=method,
        area=(row.get("area") or row["id"]) if is_door else None,
        point=None if is_door else row["point"],
        rule=DeliveryRule(
            fee_minor=row["fee_minor"], free_from_minor=row["free_from_minor"], minimum_minor=row["minimum_minor"]
        ),
        currency=row["currency"],
        name=row["name"],
        names=words_of(row["names"]),
        line="" if is_door else row["line"],
        lines=UNSET if is_door else words_of(row["lines"]),
    )


def _with(choice: Choice, **changes: Any) -> Choice:
    return Choice(**{name: getattr(choice, name) for name in Choice.__struct_fields__} | changes)


def _unsaid(missing: Missing, refusal: LivehubError, *, is_quote: bool) -> Choice:
    if not is_quote:
        raise refusal
    return Choice(method="door", rule=DeliveryRule(fee_minor=0), missing=missing)


def _not_chosen() -> SlotNotFound:
    return SlotNotFound("Choose a delivery window.", details={"reason": "not_chosen"})


# --- pure ---


def resource(slot: str) -> str:
    """A window as the stock engine knows it."""
    return SLOT + slot


def slot_units(slot: str) -> Units:
    """What one order takes of a window."""
    return Units(resource(slot), 1)


def slot_refusal(refused: Refused) -> LivehubError | None:
    """The refusal of what was asked of a window; None: it was not the window's."""
    if not refused.resource.startswith(SLOT):
        return None
    if refused.code == codes.SOLD_OUT:
        return SlotFull()
    if refused.code in (codes.NOT_OPEN, Refused.UNKNOWN_RESOURCE):
        return SlotNotFound(details={"reason": "closed"})
    return None


def check_minimum(missing_minor: int, rule: DeliveryRule) -> None:
    """Raise BelowMinimum when a quote says that something is missing."""
    if missing_minor > 0:
        raise BelowMinimum(details={"missing_minor": missing_minor, "minimum_minor": rule.minimum_minor})


def group_of(person: str, address: str, slot: str | None, *, method: Method = "door") -> str | None:
    """Orders of one delivery, of which one pays the fee: of the same buyer, to the same place, in the same window.

    `address`: a digest of where it is; what is fetched at a pick-up point is one delivery whatever address it has.
    None: without a window there is nothing that orders would come together in, and each pays its own.
    """
    if slot is None:
        return None
    parts = (person, address if method == "door" else "", slot)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
