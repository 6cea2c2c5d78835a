"""What is left of the sales that rooms show, and of the products in their bags, told by ticks: the latest wins. No I/O.

The stock engine tells every process which resources have changed, some times a second; a room whose sales or products are
among them gets new figures, and its next tick tells them. Products are told of by the name of their stock, `product:ID`, and
only once there are few: a tick goes to all who watch, and a bag may hold many. So are gifts that come with what is shown, which
buyers are to know before they buy for the sake of one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from msgspec import UNSET, Struct

from commerce.catalogue.room_messages import CONTROL_MESSAGES as GOODS_MESSAGES
from commerce.catalogue.room_messages import GOODS
from commerce.flashsale.client import StockClient
from commerce.flashsale.rows import ResourceRow
from commerce.sales.lines import free, left_of, quota, stock, takes_of
from commerce.sales.room_messages import CONTROL_MESSAGES, SALES, SaleCard
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.sockets.frames import Frame
from livehub.room.models import Card, CardPart
from livehub.room.wire import Control

FEW_MAX = 20  # "only 20 left" is worth saying, "only 21" is not


class StockLeft:
    def __init__(self, rooms: RoomRegistry, client: StockClient) -> None:
        self._rooms = rooms
        self._client = client
        self._counted: WeakKeyDictionary[Room, frozenset[str]] = WeakKeyDictionary()  # resources of what it shows
        client.on_change.append(self._changed)
        rooms.on_open.append(self._show)
        rooms.on_control({message.type: self._control_came for message in (*CONTROL_MESSAGES, *GOODS_MESSAGES)})

    def _changed(self, resources: Collection[str]) -> None:
        for live in self._rooms.all():
            if not self._counted.get(live, frozenset()).isdisjoint(resources):
                self._tell(live)

    def _control_came(self, live: Room, _control: Control, _data: Struct, _frame: Frame) -> None:
        self._show(live)

    def _show(self, live: Room) -> None:
        sales, bag = _told(live), live.state[GOODS].bag
        quotas = (quota(sale.id) for sale in sales)
        cards = (*(sale.card for sale in sales), *bag)
        takes = (resource for card in cards for resource in _stock(card))
        self._counted[live] = frozenset((*quotas, *takes, *(stock(gift.id) for gift in _gifts(cards))))
        self._tell(live)

    def _tell(self, live: Room) -> None:
        sales = {sale.id: left_of(self._client.units(quota(sale.id)), self._rows(sale.card)) for sale in _told(live)}
        cards = live.state[GOODS].bag
        bag = {stock(card.id): few_of(self._rows(card)) for card in cards}
        told = (*(sale.card for sale in _told(live)), *cards)
        gifts = {stock(gift.id): self._gift_left(gift) for gift in _gifts(told)}
        live.set_stock({name: units for name, units in (sales | gifts | bag).items() if units is not None})

    def _gift_left(self, gift: CardPart) -> int | None:
        row = self._client.units(stock(gift.id))
        left = None if row is None else free(row)
        return left if left is not None and left <= max(FEW_MAX, gift.qty) else None

    def _rows(self, card: Card) -> Sequence[tuple[ResourceRow | None, int]]:
        return [(self._client.units(resource), each) for resource, each in _stock(card).items()]


def few_of(rows: Sequence[tuple[ResourceRow | None, int]]) -> int | None:
    """What is left of a product, of each stock as many as a unit takes; None while it is not known, and of plenty. Pure."""
    counted = [free(row) // each for row, each in rows if row is not None]
    left = min(counted) if len(counted) == len(rows) else None
    return left if left is not None and left <= FEW_MAX else None


def _told(live: Room) -> list[SaleCard]:
    """Of what is over nothing is left to tell."""
    return [card for card in live.state[SALES].sales if card.state != "closed"]


def _gifts(cards: Iterable[Card]) -> list[CardPart]:
    """What comes with them."""
    return [card.gift for card in cards if card.gift is not UNSET]


def _stock(card: Card) -> Mapping[str, int]:
    """The stock it takes, and how much of each for a unit. A sale's card shows the components that it had from the start."""
    return {stock(product): each for product, each in takes_of(card.id, card.components or None)}
