"""The catalogue as a module: products, the pin and the bag."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from commerce.catalogue import errors, schemas
from commerce.catalogue.pins import PinApi
from commerce.catalogue.products import CatalogueApi, StockOfProducts
from commerce.catalogue.room_messages import CONTROL_MESSAGES
from commerce.catalogue.settings import CatalogueConfig
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, defined_in
from livehub.hub.hub import Hub


class Catalogue(Part):
    def __init__(self, context: Context) -> None:
        stock = partial(context.port, StockOfProducts)
        self._products = CatalogueApi(context.config(CatalogueConfig), context.database, stock)
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
    schemas=defined_in(schemas, Struct),
)
