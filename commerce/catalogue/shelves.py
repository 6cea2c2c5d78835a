"""Rooms whose bags have a product show it as it is: what staff change of it comes to whoever watches, as `bag_put`.

Not its leaving the shop: the bag is the host's, and whoever orders what is not sold any more is told so.
"""

from collections.abc import Callable

from msgspec import structs

from commerce.catalogue.events import ProductChanged
from commerce.catalogue.products import Q, card_of
from commerce.catalogue.room_messages import GOODS, bag_put
from livehub.base.db import Transaction
from livehub.base.events import Event
from livehub.hub.rooms.log import RoomLog
from livehub.room.errors import RoomUnreadable
from livehub.room.models import Card


class Shelves:
    def __init__(self, log: RoomLog, now_s: Callable[[], float]) -> None:
        self._log = log
        self._now_s = now_s

    async def refresh_all(self, tx: Transaction, batch: list[Event[ProductChanged]]) -> None:
        """Put each product that changed, and bundles and gifts that it is in, anew where it lies in a bag: rooms in one order,
        so that two such batches cannot deadlock.
        """
        changed = list({event.data.product for event in batch})
        cards: dict[str, Card] = {}
        for row in await tx.connection.fetch(Q["shelves"], changed):
            for product in row["products"]:
                if product not in cards:
                    cards[product] = await card_of(tx.connection, product)
            await self._refresh(tx, row["room"], {product: cards[product] for product in row["products"]})

    async def _refresh(self, tx: Transaction, room_id: str, cards: dict[str, Card]) -> None:
        try:
            room = await self._log.lock_room(tx, room_id)
        except RoomUnreadable:  # told where it was read; the others are not to wait for it
            return
        for card in room.state[GOODS].bag:
            if card.id in cards:
                shown = structs.replace(cards[card.id], batch=card.batch)  # what the host shows with it stays
                data = bag_put(room.state, shown, self._log.bounds)
                if data.card != card:
                    await self._log.write(room, data, now_ms=int(self._now_s() * 1000))
