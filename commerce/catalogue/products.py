"""The catalogue: products by id, and their cards for rooms."""

from msgspec import Struct

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import ProductNotFound
from livehub.base.sql import queries
from livehub.room.shown import Card

Q = queries(__file__, "catalogue.sql")


class Product(Struct, frozen=True, kw_only=True):
    """A product of the catalogue."""

    id: str
    farm: str
    title: str
    subtitle: str
    image: str | None
    price_minor: int
    list_price_minor: int | None
    currency: str
    unit: str


class ProductList(Struct, frozen=True, kw_only=True):
    """Products, oldest first."""

    products: list[Product]


async def card_of(connection: Connection, product: str) -> Card:
    """The card under which rooms show a product. Raises ProductNotFound."""
    row = await connection.fetchrow(Q["product"], product)
    if row is None:
        raise ProductNotFound
    found = Product(**dict(row))
    return Card(
        id=found.id,
        title=found.title,
        subtitle=found.subtitle or None,
        image=found.image,
        price_minor=found.price_minor,
        list_price_minor=found.list_price_minor,
        currency=found.currency,
        unit=found.unit or None,
    )


async def put_product(connection: Connection, product: Product) -> None:
    """Add a product, or bring the one of that id up to date."""
    fields = (getattr(product, name) for name in Product.__struct_fields__)
    await connection.execute(Q["put_product"], *fields)


class CatalogueApi:
    """HTTP: the catalogue."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        return [get("/api/products", self.products, reply=ProductList, may=Permission.RUN_SHOWS)]

    async def products(self, _call: Call[None]) -> ProductList:
        """The products that can be pinned."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["products"], self._config.lists_max)
        return ProductList(products=[Product(**dict(row)) for row in rows])
