"""The catalogue as a module: products, the pin and the bag."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.catalogue import errors, events, product_schemas, schemas
from commerce.catalogue.editing import ProductEditing
from commerce.catalogue.pins import PinApi
from commerce.catalogue.products import CatalogueCards, StockOfProducts
from commerce.catalogue.products_api import CatalogueApi
from commerce.catalogue.room_messages import CONTROL_MESSAGES
from commerce.catalogue.settings import CatalogueConfig
from commerce.catalogue.shelves import Shelves
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.events import Subscription
from livehub.base.module import Context, Module, Part, defined_in
from livehub.hub.hub import Hub
from livehub.hub.rooms.product_cards import ProductCards
from livehub.people.food_batches import FoodBatches
from livehub.people.list_files import ListFiles


class Catalogue(Part):
    def __init__(self, context: Context) -> None:
        config, database = context.config(CatalogueConfig), context.database
        zone = ZoneInfo(config.time_zone)
        self._products = CatalogueApi(
            config,
            zone,
            database,
            partial(context.port, StockOfProducts),
            ProductEditing(zone, config.list_price_days),
            ListFiles(config, database, context.clock.real_s),
        )
        controls = context.get(Hub).controls
        self._pins = PinApi(controls, partial(context.port, FoodBatches))
        self._shelves = Shelves(controls, context.now_s)
        context.provide(ProductCards, CatalogueCards())

    def endpoints(self) -> Sequence[Endpoint]:
        """Products, and which of them a room shows."""
        return [*self._pins.endpoints(), *self._products.endpoints()]

    def subscriptions(self) -> Sequence[Subscription]:
        react = self._shelves.refresh_all
        return [Subscription(name="product.shelves", types=(events.ProductChanged,), react=react, begins="start")]


CATALOGUE = Module(
    name="catalogue",
    build=Catalogue,
    settings=CatalogueConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    events=(events.ProductChanged,),
    control_messages=CONTROL_MESSAGES,
    schemas=(*defined_in(schemas, Struct), *defined_in(product_schemas, Struct)),
)
