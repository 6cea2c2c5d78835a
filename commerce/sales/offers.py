"""Fills the port OffersInRoom: the sales of a room, for whoever wants to know what can be bought there. Pure: no I/O."""

from collections.abc import Sequence

from commerce.coupons.offers import Offer
from commerce.sales.room_messages import SALES
from livehub.room.state import RoomState


class SalesInRoom:
    """Those that are open, or will be."""

    def offers(self, state: RoomState) -> Sequence[Offer]:
        return [
            Offer(
                product=sale.card.id,
                price_minor=sale.price_minor,
                currency=sale.currency,
                takes_coupons=sale.coupons,
                qty_max=sale.per_person_max,
            )
            for sale in state[SALES].sales
            if sale.state != "closed"
        ]
