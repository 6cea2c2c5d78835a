"""What is said about goods: which product is being explained, and what is in the room's bag. Pure: no I/O, no clock.

The pinned product is in the bag, too, as long as it is there. A decision looks at the state as it is under the room's row
lock and returns what to write next, or refuses.

Hosts and viewers name a product by its number ("link three"), so a product has one from the first time it comes into the
room, for as long as the room lives: it keeps it while others leave, and gets it again when it comes back; no other product
ever gets it. The decision puts it on the card. A card without one, of a room or a message of a version before, gets the next
in the order in which the bag was filled, which is the number that pages used to count out themselves.
"""

from collections.abc import Mapping

from msgspec import Struct, structs

from commerce.catalogue.errors import BagFull, CardNotFound
from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.models import Card
from livehub.room.state import RoomState


class Goods(Struct, frozen=True, kw_only=True):
    """The newest products of the bag come first. `numbers`: of all that were in it, also of those that left."""

    pin: Card | None = None
    bag: tuple[Card, ...] = ()
    numbers: dict[str, int] = {}


# Of those that left; the lowest are forgotten first, long after anybody asked for them. A number still comes once only.
NUMBERS_OF_GONE_MAX = 1_000


def _completed(part: Goods) -> Goods:
    """The goods with a number on every card."""
    numbers = dict(part.numbers)
    for card in reversed(part.bag):
        if card.id not in numbers:
            is_free = card.no is not None and card.no not in numbers.values()
            numbers[card.id] = card.no if card.no is not None and is_free else _next(numbers)
    if numbers == part.numbers and all(card.no == numbers[card.id] for card in part.bag):
        return part
    bag = tuple(structs.replace(card, no=numbers[card.id]) for card in part.bag)
    pin = None if part.pin is None else structs.replace(part.pin, no=numbers.get(part.pin.id, part.pin.no))
    return Goods(pin=pin, bag=bag, numbers=numbers)


GOODS = RoomPart(
    Goods,
    hidden=frozenset({"numbers"}),
    bounds=(Bound(name="bag_max", setting="bag_max", default=100),),
    completed=_completed,
)


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
    return Pinned(card=_numbered(card, state[GOODS].numbers))


def bag_put(state: RoomState, card: Card, bounds: Bounds) -> BagPut:
    """The card goes into the bag. Raises BagFull."""
    _fits(state, card, bounds)
    return BagPut(card=_numbered(card, state[GOODS].numbers))


def bag_removed(state: RoomState, card: str) -> BagRemoved:
    """The card leaves the bag. Raises CardNotFound."""
    return BagRemoved(card=known_card(state, card).id)


def _fits(state: RoomState, card: Card, bounds: Bounds) -> None:
    bag = state[GOODS].bag
    if len(bag) >= bounds["bag_max"] and all(other.id != card.id for other in bag):
        raise BagFull


def _numbered(card: Card, numbers: Mapping[str, int]) -> Card:
    """The card with the number that it has in the room, or gets now."""
    return structs.replace(card, no=numbers.get(card.id) or _next(numbers))


def _next(numbers: Mapping[str, int]) -> int:
    return max(numbers.values(), default=0) + 1


def _known(numbers: Mapping[str, int], card: Card, bag: tuple[Card, ...]) -> dict[str, int]:
    """The numbers with that of this card."""
    known = {**numbers, card.id: card.no or _next(numbers)}
    if len(known) > NUMBERS_OF_GONE_MAX + len(bag):
        there = {other.id for other in bag}
        gone = [id_ for id_ in sorted(known, key=known.__getitem__) if id_ not in there and id_ != card.id]
        for id_ in gone[: len(known) - NUMBERS_OF_GONE_MAX - len(bag)]:
            del known[id_]
    return known


def _put(bag: tuple[Card, ...], card: Card, bounds: Bounds) -> tuple[Card, ...]:
    """A known card changes in place; a new one comes first."""
    if any(known.id == card.id for known in bag):
        return tuple(card if known.id == card.id else known for known in bag)
    return (card, *bag)[: bounds["bag_max"]]


def _pinned(part: Goods, data: Pinned, _ts: int, bounds: Bounds) -> Goods:
    card = data.card if data.card.no is not None else _numbered(data.card, part.numbers)
    bag = _put(part.bag, card, bounds)
    return Goods(pin=card, bag=bag, numbers=_known(part.numbers, card, bag))


def _unpinned(part: Goods, _data: Unpinned, _ts: int, _bounds: Bounds) -> Goods:
    return structs.replace(part, pin=None)


def _bag_put(part: Goods, data: BagPut, _ts: int, bounds: Bounds) -> Goods:
    card = data.card if data.card.no is not None else _numbered(data.card, part.numbers)
    pin = card if part.pin is not None and part.pin.id == card.id else part.pin
    bag = _put(part.bag, card, bounds)
    return Goods(pin=pin, bag=bag, numbers=_known(part.numbers, card, bag))


def _bag_removed(part: Goods, data: BagRemoved, _ts: int, _bounds: Bounds) -> Goods:
    pin = None if part.pin is not None and part.pin.id == data.card else part.pin
    return Goods(pin=pin, bag=tuple(card for card in part.bag if card.id != data.card), numbers=part.numbers)


CONTROL_MESSAGES = (
    ControlMessage(Pinned, GOODS, _pinned),
    ControlMessage(Unpinned, GOODS, _unpinned),
    ControlMessage(BagPut, GOODS, _bag_put),
    ControlMessage(BagRemoved, GOODS, _bag_removed),
)
