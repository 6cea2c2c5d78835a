"""A shop for tests: products with stock, a room, sales, buyers on real sockets, and what PostgreSQL has of all that."""

import itertools
from collections.abc import Sequence
from typing import Any, Self

import asyncpg

from commerce.catalogue.products import put_product
from commerce.catalogue.schemas import Product
from livehub.base.db import Connection
from tests.integration.server import Answer, InProcessServer, eventually
from tests.integration.viewers import Crowd, RawViewer

_keys = itertools.count(1)
FOOD_BATCH = """
    WITH said AS (INSERT INTO log_entries (entry) VALUES ('x') RETURNING id), made AS (
        INSERT INTO batches (id, product, gtin, lot, made_by, made_ms, place_name, lat, lon, given_lat, given_lon, datum, units,
            entry, created_ms, created_by)
        SELECT $1, $2, '09520123456788', left($1, 20), 'harvest', 1, 'Farm', 0, 0, 0, 0, 'wgs84', 100, id, 1, 'li' FROM said
        RETURNING id, entry
    ), making AS (
        INSERT INTO batch_makings (id, kind, at_ms, entry, created_ms, created_by)
        SELECT 'making-' || id, 'split', 1, entry, 1, 'li' FROM made WHERE $3::text IS NOT NULL RETURNING id
    )
    INSERT INTO batch_lineage (child, parent, units, making) SELECT $1, $3, 1, id FROM making"""
FOOD_STEP = """
    INSERT INTO batch_steps (id, batch, kind, at_ms, recorded_ms, note, entry, created_by)
    SELECT $1, $2, $3, 1, 1, '', min(id), 'li' FROM log_entries"""
TABLES = ("sales", "stock_changes", "stock_resources", "stock_holds", "stock_waits", "room_controls")


def product(id_: str) -> Product:
    """One of the farm's, for 68.00."""
    return Product(
        id=id_,
        farm="Qinghe",
        title=id_.title(),
        subtitle="",
        image=None,
        price_minor=6_800,
        list_price_minor=None,
        currency="CNY",
        unit="480 g",
    )


def new_key() -> str:
    return f"the-key-{next(_keys)}"


class Shop:
    """`room`: where it sells; `stock`: of honey and eggs, each."""

    def __init__(self, server: InProcessServer, crowd: Crowd, room: str) -> None:
        self.server = server
        self.crowd = crowd
        self.room = room

    @classmethod
    async def opened(cls, server: InProcessServer, crowd: Crowd, *, stock: int = 100) -> Self:
        """A shop with so much honey and eggs."""

        async def engine_leads() -> bool:
            return not await server.away()

        await eventually(engine_leads)
        shop = cls(server, crowd, await server.room())
        async with server.application.database.connection() as connection:
            for id_ in ("honey", "eggs"):
                await put_product(connection, product(id_), now_ms=1)
        for id_ in ("honey", "eggs"):
            await shop.stocked(id_, stock)
        return shop

    async def stocked(self, product: str, delta: int) -> Any:
        """The stock of a product, after so many more came."""
        body = {"delta": delta, "reason": "harvest"}
        return await self.server.do("POST", f"/api/products/{product}/stock", body, by=self.server.ops)

    async def offered(self, *, room: str | None = None, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        """The answer to making a sale: 10 jars, 2 for each, open from now on unless said otherwise."""
        body = {"product": "honey", "price_minor": 4_990, "units": 10, "per_person_max": 2, "opens_at": 0} | fields
        return await self.server.call("POST", f"/api/rooms/{room or self.room}/sales", body, headers=headers)

    async def sale(self, **fields: Any) -> str:
        """The id of a new sale."""
        answer = await self.offered(**fields)
        assert answer.status == 201, answer
        return str(answer.body["sale"]["id"])

    async def standing(self, sale: str) -> tuple[int, int, int]:
        """(held, sold, left) of a sale."""
        found = await self.server.do("GET", f"/api/sales/{sale}")
        return found["held"], found["sold"], found["left"]

    async def buyer(self, name: str, *, joins: bool = True, role: str = "viewer") -> RawViewer:
        """Somebody signed in, in the room."""
        viewer = await self.crowd.raw(self.server, self.server.person(name, role=role))
        if joins:
            await viewer.join(self.room)
        return viewer

    async def contents(self) -> dict[str, list[str]]:
        """The rows of selling, as text: two equal ones mean that nothing changed."""
        async with self.server.application.database.connection() as connection:
            return {table: await _rows(connection, table) for table in TABLES}

    async def batch(
        self, id_: str, product: str = "honey", *, steps: Sequence[str] = (), parent: str | None = None
    ) -> str:
        """A batch of food with some steps, made of another one."""
        await self.fetch(FOOD_BATCH, id_, product, parent)
        for kind in steps:
            await self.fetch(FOOD_STEP, f"{id_}-{kind}", id_, kind)
        return id_

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of PostgreSQL."""
        async with self.server.application.database.connection() as connection:
            return list(await connection.fetch(query, *arguments))


async def _rows(connection: Connection, table: str) -> list[str]:
    query = f"SELECT coalesce(array_agg(x::text ORDER BY x::text), '{{}}') FROM {table} AS x"
    return list(await connection.fetchval(query))


def tap(sale: str, qty: int = 1, key: str | None = None, **more: Any) -> dict[str, Any]:
    """The body of `reserve`, with a key of its own unless said otherwise."""
    return {"sale": sale, "qty": qty, "key": key or new_key(), **more}
