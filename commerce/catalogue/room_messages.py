"""What is said about goods: which product is being explained, and what is in the room's bag. Pure: no I/O, no clock.

The pinned product is in the bag, too, as long as it is there. A decision looks at the state as it is under the room's row
lock and returns what to write next, or refuses.
"""

from msgspec import Struct

from commerce.catalogue.errors import BagFull, CardNotFound
from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.models import Card
from livehub.room.state import RoomState


class Goods(Struct, frozen=True, kw_only=True):
    """The newest products of the bag come first."""

    pin: Card | None = None
    bag: tuple[Card, ...] = ()


GOODS = RoomPart(Goods, bounds=(Bound(name="bag_max", setting="bag_max", default=100),))


class Pinned(Struct, frozen=True, kw_only=True, tag_field="type", tag="pin"):
    """A product is being explained; it is in the bag too."""

    card: Card


class Unpinned(Struct, frozen=True, kw_only=True, tag_field="type", tag="unpin"):
    """No product is being explained."""


class BagPut(Struct, frozen=True, kw_only=True, tag_field="type", tag="bag_put"):
    """A product came into the bag, or changed there."""

    card: Card


class BagRemoved(Struct, frozen=True, kw_only=True, tag_field="type", tag="bag_remove"):
    """A product left the bag."""

    card: str


def known_card(state: RoomState, card: str) -> Card:
    """The card of that id in the bag. Raises CardNotFound."""
    for known in state[GOODS].bag:
        if known.id == card:
            return known
    raise CardNotFound


def pinned(state: RoomState, card: Card, bounds: Bounds) -> Pinned:
    """The card is being explained from now on. Raises BagFull when it is new and the bag is full."""
    _fits(state, card, bounds)
    return Pinned(card=card)


def bag_put(state: RoomState, card: Card, bounds: Bounds) -> BagPut:
    """The card goes into the bag. Raises BagFull."""
    _fits(state, card, bounds)
    return BagPut(card=card)


def bag_removed(state: RoomState, card: str) -> BagRemoved:
    """The card leaves the bag. Raises CardNotFound."""
    return BagRemoved(card=known_card(state, card).id)


def _fits(state: RoomState, card: Card, bounds: Bounds) -> None:
    bag = state[GOODS].bag
    if len(bag) >= bounds["bag_max"] and all(other.id != card.id for other in bag):
        raise BagFull


def _put(bag: tuple[Card, ...], card: Card, bounds: Bounds) -> tuple[Card, ...]:
    """A known card changes in place; a new one comes first."""
    if any(known.id == card.id for known in bag):
        return tuple(card if known.id == card.id else known for known in bag)
    return (card, *bag)[: bounds["bag_max"]]


def _pinned(part: Goods, data: Pinned, _ts: int, bounds: Bounds) -> Goods:
    return Goods(pin=data.card, bag=_put(part.bag, data.card, bounds))


def _unpinned(part: Goods, _data: Unpinned, _ts: int, _bounds: Bounds) -> Goods:
    return Goods(pin=None, bag=part.bag)


def _bag_put(part: Goods, data: BagPut, _ts: int, bounds: Bounds) -> Goods:
    pin = data.card if part.pin is not None and part.pin.id == data.card.id else part.pin
    return Goods(pin=pin, bag=_put(part.bag, data.card, bounds))


def _bag_removed(part: Goods, data: BagRemoved, _ts: int, _bounds: Bounds) -> Goods:
    pin = None if part.pin is not None and part.pin.id == data.card else part.pin
    return Goods(pin=pin, bag=tuple(card for card in part.bag if card.id != data.card))


CONTROL_MESSAGES = (
    ControlMessage(Pinned, GOODS, _pinned),
    ControlMessage(Unpinned, GOODS, _unpinned),
    ControlMessage(BagPut, GOODS, _bag_put),
    ControlMessage(BagRemoved, GOODS, _bag_removed),
)
