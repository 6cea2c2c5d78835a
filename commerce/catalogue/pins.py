"""HTTP: which product is being explained in a room, and what is in its bag."""

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType, structs

from commerce.catalogue.errors import (
    BagFull,
    BatchGone,
    BatchOfOtherProduct,
    BatchUnknown,
    CardNotFound,
    ProductNotFound,
    ProductOffSale,
)
from commerce.catalogue.food import BatchesAsked, check_batch
from commerce.catalogue.products import card_of
from commerce.catalogue.room_messages import Unpinned, bag_put, bag_removed, known_card, pinned
from commerce.catalogue.schemas import CardPlaced, CardRequest
from livehub.base.auth import Permission
from livehub.base.endpoints import Call, Endpoint, delete, post
from livehub.base.errors import BadRequest, Unavailable
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.text import clean, clean_each, one_line
from livehub.base.uploads.errors import UploadNotFound
from livehub.base.uploads.uses import picture
from livehub.hub.rooms.api import placed
from livehub.hub.rooms.log import LockedRoom, RoomLog
from livehub.hub.rooms.schemas import Placed
from livehub.room.errors import RoomNotFound
from livehub.room.models import Card, InLanguages, Language

RUN = Permission.RUN_SHOWS
INLINE = "card-"  # begins the id of a card that is of no product


class PinApi:
    def __init__(self, log: RoomLog, food: BatchesAsked) -> None:
        self._log = log
        self._food = food

    def endpoints(self) -> list[Endpoint]:
        not_found = (RoomNotFound, Unavailable)
        goods = (ProductNotFound, ProductOffSale, BatchUnknown, BatchOfOtherProduct, BatchGone)
        room = "/api/rooms/{room}"
        return [
            post(
                f"{room}/pins", self.pin, may=RUN, body=CardRequest, reply=CardPlaced, status=201,
                errors=(*not_found, *goods, CardNotFound, BagFull, UploadNotFound),
            ),
            delete(f"{room}/pins", self.unpin, may=RUN, reply=Placed, errors=not_found),
            post(
                f"{room}/bag", self.put, may=RUN, body=CardRequest, reply=CardPlaced, status=201,
                errors=(*not_found, *goods, CardNotFound, BagFull, UploadNotFound),
            ),
            delete(
                f"{room}/bag/{{card}}", self.take_out, may=RUN, reply=Placed,
                errors=(*not_found, CardNotFound),
            ),
        ]  # fmt: skip

    async def pin(self, call: Call[CardRequest]) -> CardPlaced:
        """Show a product as the one being explained."""
        room = await self._locked(call)
        card = await self._card(room, call)
        data = pinned(room.state, card, self._log.bounds)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return CardPlaced(card=data.card, epoch=control.epoch, offset=control.offset)

    async def unpin(self, call: Call[None]) -> Placed:
        """Stop showing a product."""
        room = await self._locked(call)
        return placed(await self._log.write(room, Unpinned(), now_ms=call.now_ms))

    async def put(self, call: Call[CardRequest]) -> CardPlaced:
        """Put a product into the bag."""
        room = await self._locked(call)
        card = await self._card(room, call)
        data = bag_put(room.state, card, self._log.bounds)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return CardPlaced(card=data.card, epoch=control.epoch, offset=control.offset)

    async def take_out(self, call: Call[None]) -> Placed:
        """Take a product out of the bag."""
        room = await self._locked(call)
        data = bag_removed(room.state, call.path["card"])
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def _locked(self, call: Call[Any]) -> LockedRoom:
        return await self._log.lock_room(call.tx, call.path["room"], by=call.person)

    async def _card(self, room: LockedRoom, call: Call[CardRequest]) -> Card:
        card = await self._card_asked_for(room, call)
        batch = call.body.batch
        if batch is None:
            return card
        is_of_catalogue = not card.id.startswith(INLINE)
        products = {card.id, *(part.id for part in card.components or ())} if is_of_catalogue else None
        await check_batch(call.tx.connection, self._food(), batch, products)
        return structs.replace(card, batch=batch)

    async def _card_asked_for(self, room: LockedRoom, call: Call[CardRequest]) -> Card:
        body = call.body
        if sum(given is not None for given in (body.product, body.card, body.title)) != 1:
            raise BadRequest("Give exactly one of `product`, `card` and `title`.")
        if body.product is not None:
            return await card_of(call.tx.connection, body.product, on_sale=True)
        if body.card is not None:
            return known_card(room.state, body.card)
        if body.price_minor is not None and body.currency is None:
            raise BadRequest("currency: a price needs it.")
        image = await picture(
            call.tx.connection, body.image, by=call.person, used_as="product", field="image", now_ms=call.now_ms
        )
        return Card(
            id=f"{INLINE}{ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))}",
            title=clean(body.title or "", 120),
            subtitle=None if body.subtitle is None else clean(body.subtitle, 200),
            image=image,
            price_minor=body.price_minor,
            list_price_minor=body.list_price_minor,
            currency=body.currency,
            unit=one_line(body.unit or "") or None,
            titles=_by_language(body.titles, 120),
            subtitles=_by_language(body.subtitles, 200),
            unit_names=_by_language(body.unit_names, 40),
        )


def _by_language(texts: Mapping[Language, str] | None, chars_max: int) -> InLanguages | UnsetType:
    return clean_each(texts, chars_max) if texts else UNSET
