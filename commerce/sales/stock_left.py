"""What is left of the sales that rooms show, told by ticks: the latest wins. No I/O.

The stock engine tells every process which resources have changed, some times a second; a room whose sales are among them gets
new figures, and its next tick tells them.
"""

from collections.abc import Collection

from msgspec import Struct

from commerce.flashsale.client import StockClient
from commerce.sales.lines import left_of, quota, stock, takes_of
from commerce.sales.room_messages import CONTROL_MESSAGES, SALES, SaleCard
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.sockets.frames import Frame
from livehub.room.wire import Control


class StockLeft:
    def __init__(self, rooms: RoomRegistry, client: StockClient) -> None:
        self._rooms = rooms
        self._client = client
        client.on_change.append(self._changed)
        rooms.on_open.append(self._show)
        rooms.on_control({message.type: self._control_came for message in CONTROL_MESSAGES})

    def _changed(self, resources: Collection[str]) -> None:
        for live in self._rooms.all():
            if any(resource in resources for card in _told(live) for resource in (quota(card.id), *_stock(card))):
                self._show(live)

    def _control_came(self, live: Room, _control: Control, _data: Struct, _frame: Frame) -> None:
        self._show(live)

    def _show(self, live: Room) -> None:
        left = {card.id: self._left(card) for card in _told(live)}
        live.set_stock({sale: units for sale, units in left.items() if units is not None})

    def _left(self, card: SaleCard) -> int | None:
        stock_rows = [(self._client.units(resource), each) for resource, each in _stock(card).items()]
        return left_of(self._client.units(quota(card.id)), stock_rows)


def _told(live: Room) -> list[SaleCard]:
    """Of what is over nothing is left to tell."""
    return [card for card in live.state[SALES].sales if card.state != "closed"]


def _stock(card: SaleCard) -> dict[str, int]:
    """The stock it takes, and how much of each for a unit. Its card shows the components that were its own from the start."""
    return {stock(product): each for product, each in takes_of(card.card.id, card.card.components or None)}
