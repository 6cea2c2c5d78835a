"""The catalogue as a module: products, the pin and the bag."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.catalogue import errors, product_schemas, schemas
from commerce.catalogue.editing import ProductEditing
from commerce.catalogue.pins import PinApi
from commerce.catalogue.products import StockOfProducts
from commerce.catalogue.products_api import CatalogueApi
from commerce.catalogue.room_messages import CONTROL_MESSAGES
from commerce.catalogue.settings import CatalogueConfig
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, defined_in
from livehub.hub.hub import Hub
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
        self._pins = PinApi(context.get(Hub).controls)

    def endpoints(self) -> Sequence[Endpoint]:
        """Products, and which of them a room shows."""
        return [*self._pins.endpoints(), *self._products.endpoints()]


CATALOGUE = Module(
    name="catalogue",
    build=Catalogue,
    settings=CatalogueConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    control_messages=CONTROL_MESSAGES,
    schemas=(*defined_in(schemas, Struct), *defined_in(product_schemas, Struct)),
)
