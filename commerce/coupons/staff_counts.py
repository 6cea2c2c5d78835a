"""Tells staff who watch a room how many of the coupons shown there are claimed, as the stock engine tells every process.

The engine tells what has changed, some times a second at most, so this is no more often. What is lost is told with the next
change; the list of coupons (coupons.py) has the truth.
"""

from collections.abc import Callable, Collection

from commerce.coupons.room_messages import COUPONS
from commerce.coupons.schemas import ClaimedCount, ClaimedCounts
from commerce.coupons.stock import COUPON, resource
from commerce.flashsale.client import StockClient
from livehub.hub.rooms.registry import RoomRegistry


class StaffCounts:
    """`now_s`: business time, Unix seconds."""

    def __init__(self, rooms: RoomRegistry, client: StockClient, now_s: Callable[[], float]) -> None:
        self._rooms = rooms
        self._client = client
        self._now_s = now_s
        client.on_change.append(self._changed)

    def _changed(self, resources: Collection[str]) -> None:
        if not any(changed.startswith(COUPON) for changed in resources):
            return
        for live in self._rooms.all():
            cards = live.state[COUPONS].coupons
            if not live.has_staff or not any(resource(card.id) in resources for card in cards):
                continue
            units = [(card, self._client.units(resource(card.id))) for card in cards]
            counts = [
                ClaimedCount(id=card.id, claimed=row.held + row.sold, total=card.total)
                for card, row in units
                if row is not None
            ]
            live.show_staff(live.staff_item("coupons", ClaimedCounts(coupons=counts), int(self._now_s() * 1000)))
