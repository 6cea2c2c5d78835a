"""HTTP: the stock of products. The stock engine has the units; who changed them, and why, stands beside in PostgreSQL."""

import secrets
from collections.abc import Mapping, Sequence

from commerce.catalogue.errors import ProductNotFound, StockOfComponents
from commerce.catalogue.products import card_of
from commerce.catalogue.selling import sellables
from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Adjust, Done, Put, Refused, Resource
from commerce.sales import schemas, store
from commerce.sales.answers import expected
from commerce.sales.errors import AboveStock
from commerce.sales.lines import STOCK, stock
from commerce.sales.store import Q
from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, Unavailable
from livehub.base.text import clean
from livehub.hub.rooms.actions import Action, record

REASON_CHARS_MAX = 200


class StockApi:
    def __init__(self, database: Database, client: StockClient) -> None:
        self._database = database
        self._client = client

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/products/{product}/stock", self.look, may=Permission.RUN_SHOWS, of_no_room=True,
                reply=schemas.ProductStock, errors=(ProductNotFound, Unavailable),
            ),
            post(
                "/api/products/{product}/stock", self.change, may=Permission.EDIT_STOCK, body=schemas.StockChange,
                reply=schemas.ProductStock, errors=(ProductNotFound, StockOfComponents, AboveStock, Unavailable),
            ),
        ]  # fmt: skip

    async def look(self, call: Call[None]) -> schemas.ProductStock:
        """How many units of a product there are, held and sold."""
        async with self._database.connection() as connection:
            await card_of(connection, call.path["product"])
            return await self._standing(connection, call.path["product"])

    async def _standing(self, connection: Connection, product: str) -> schemas.ProductStock:
        on_hand, held, sold = (await self.of_products(connection, [product])).get(product, (0, 0, 0))
        return schemas.ProductStock(product=product, on_hand=on_hand, held=held, sold=sold)

    async def change(self, call: Call[schemas.StockChange]) -> schemas.ProductStock:
        """Add units of a product, or take some away; to a bundle none can be added."""
        db, product, body = call.tx.connection, call.path["product"], call.body
        if not body.delta:
            raise BadRequest("delta: 0 changes nothing.")
        reason = clean(body.reason, REASON_CHARS_MAX)
        card = await card_of(db, product)
        if body.delta > 0 and (found := (await sellables(db, [product])).get(product)) and found.components:
            raise StockOfComponents(details={"components": [component for component, _ in found.components]})
        key = _change_key(call)
        await self._adjust(product, body.delta, key)
        change = (key, product, body.delta, reason, call.person.id, call.now_ms)
        if await db.fetchval(Q["insert_stock_change"], *change):
            data = {"title": card.title, "delta": body.delta, "reason": reason}
            on_hand = (await self._standing(db, product)).on_hand
            action = Action(
                type="stock", subject=product, before={"on_hand": on_hand - body.delta}, after={"on_hand": on_hand},
                why=reason, data=data,
            )  # fmt: skip
            await record(db, None, [action], by=call.person, now_ms=call.now_ms)
        return await self._standing(db, product)

    async def _adjust(self, product: str, delta: int, key: str) -> None:
        expected(await self._client.ask_for_staff(Put(Resource(id=stock(product), units=0))), Done)
        answer = await self._client.ask_for_staff(Adjust(stock(product), delta, key))
        if isinstance(answer, Refused) and answer.code == codes.BELOW:
            raise AboveStock(details={"taken": answer.left})
        expected(answer, Done)

    @staticmethod
    async def of_products(connection: Connection, products: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """(on hand, held, sold) of those that have a stock."""
        found = await store.units_of(connection, [stock(product) for product in products])
        return {resource.removeprefix(STOCK): units for resource, units in found.items()}


def _change_key(call: Call[schemas.StockChange]) -> str:
    """The same request under the same Idempotency-Key is the same change, also after a crash between engine and row. A key has
    no blank in it, so those of two people are never the same.
    """
    header = call.request.headers.get("Idempotency-Key")
    key = secrets.token_hex(16) if header is None else header.strip().strip('"')
    return f"{call.person.id} {key}"
