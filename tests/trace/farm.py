"""A server with batches, and what a farm asks of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from livehub.base.auth import Role
from tests.base.served import NOW_S, Answer, Served, serving

GTIN = "09520123456788"
OTHER_GTIN = "09506000134352"
NOW_MS = int(NOW_S * 1000)
PLACE = {"name": "云栖农场 3 号棚", "lat": 30.12, "lon": 120.08}
BASE = "https://shop.example"


class TraceFarm:
    """Calls are made by somebody of the farm, unless another role is said."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def call(self, call: str, body: Any = None, *, role: Role | None = Role.FARM, **options: Any) -> Answer:
        return await self.served.call(call, body, role=role, **options)

    async def done(self, call: str, body: Any = None, *, role: Role | None = Role.FARM) -> Any:
        return await self.served.done(call, body, role=role)

    async def batch(self, lot: str = "20261128A", **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.done("POST /api/batches", batch(lot, **fields))
        return made

    async def refused(self, call: str, body: Any, *, role: Role = Role.FARM) -> tuple[int, str, dict[str, Any]]:
        """Status, name and document of a refusal that changes nothing."""
        before = await self.served.contents()
        answer = await self.call(call, body, role=role)
        assert answer.status >= 400, answer
        assert await self.served.contents() == before
        return answer.status, answer.body["name"], answer.body

    async def entries(self) -> list[dict[str, Any]]:
        """What was written for the log, in order, but for events."""
        return [each for each in await self.all_entries() if each["type"] != "epcis"]

    async def events(self) -> list[dict[str, Any]]:
        """EPCIS events that were written for the log, in order."""
        return [json.loads(each["event"]) for each in await self.all_entries() if each["type"] == "epcis"]

    async def all_entries(self) -> list[dict[str, Any]]:
        rows = await self.served.database.fetch("SELECT entry FROM log_entries ORDER BY id")
        return [json.loads(row["entry"]) for row in rows]

    async def publish(self) -> None:
        """As the log's writer does: every entry has its leaf, and a checkpoint has them all."""
        await self.served.database.execute(
            "INSERT INTO log_leaves (leaf, entry) SELECT row_number() OVER (ORDER BY id) - 1, id FROM log_entries"
            " ON CONFLICT DO NOTHING"
        )
        await self.served.database.execute(
            "INSERT INTO log_head (origin, vkey, root, leaves, size, published)"
            " SELECT 'x', 'x', decode(repeat('00', 32), 'hex'), n, n, n FROM (SELECT count(*) AS n FROM log_leaves) AS c"
            " ON CONFLICT (single) DO UPDATE SET leaves = excluded.leaves, size = excluded.size, published = excluded.published"
        )

    async def anchor(self, *, is_development: bool) -> None:
        """The first leaf is on a chain."""
        await self.served.database.execute(
            "INSERT INTO anchor_health VALUES ('evm', 'evm', 'eip155:1', $1, 1)", is_development
        )
        await self.served.database.execute(
            "INSERT INTO anchorings (anchor, kind, chain, is_development, origin, size, root, note, published_ms, state, tx,"
            " block_ms, begun_ms, confirmed_ms) VALUES ('evm', 'evm', 'eip155:1', $1, 'x', 1,"
            " decode(repeat('00', 32), 'hex'), 'x', $2, 'confirmed', '0xab', $3, 1, 1)",
            is_development, NOW_MS, NOW_MS + 2_000,
        )  # fmt: skip

    async def order_line(
        self,
        person: str = "mei",
        line: str = "order-1-0",
        *,
        product: str = "blueberries",
        qty: int = 1,
        state: str = "paid",
        components: Sequence[tuple[str, int]] = (),
    ) -> str:
        """An order's line as the shop has it."""
        total_minor = 100 * qty
        paid = (None, 0) if state in ("unpaid", "cancelled") else (1, total_minor)
        parts = [{"product": each, "qty": count} for each, count in components]
        order = line.rpartition("-")[0]
        await self.served.database.execute(
            "INSERT INTO orders (id, number, person, key, fingerprint, currency, goods_minor, discount_minor, delivery_minor,"
            " delivery_discount_minor, total_minor, closes_ms, created_ms, state, paid_ms, paid_minor) VALUES"
            " ($1, $1, $2, $1, '\\x00', 'CNY', $3, 0, 0, 0, $3, 1, 1, $4, $5, $6) ON CONFLICT DO NOTHING",
            order, person, total_minor, state, *paid,
        )  # fmt: skip
        await self.served.database.execute(
            "INSERT INTO order_lines (id, order_id, position, product, title, unit, qty, unit_price_minor, amount_minor,"
            " discount_minor, paid_minor, unit_shares_minor, components)"
            " VALUES ($1, $2, 0, $3, 'Blueberries', '', $4, 100, $5, 0, $5,"
            " array_fill(100::bigint, ARRAY[$4::bigint::integer]), $6)",
            line, order, product, qty, total_minor, json.dumps(parts) if parts else None,
        )  # fmt: skip
        return line

    async def scans(self, count: int) -> list[tuple[Any, ...]]:
        """The rows of facts.scans, once there are so many scans."""
        query = "SELECT lot, serial, order_line, person, scans FROM facts.scans ORDER BY lot, serial, person"
        rows: list[tuple[Any, ...]] = []
        for _ in range(200):
            rows = [tuple(row) for row in await self.served.database.fetch(query)]
            if sum(row[-1] for row in rows) >= count:
                return rows
            await asyncio.sleep(0.02)
        raise AssertionError(rows)


def batch(lot: str = "20261128A", **fields: Any) -> dict[str, Any]:
    return {
        "product": "blueberries", "gtin": GTIN, "lot": lot, "harvested_at": NOW_MS - 3_600_000, "place": PLACE, "units": 480,
    } | fields  # fmt: skip


@asynccontextmanager
async def farming(database_url: str, **settings: Any) -> AsyncIterator[TraceFarm]:
    given = {"public_url": BASE, "time_zone": "Asia/Shanghai"} | settings
    async with serving(database_url, **given) as served:
        yield TraceFarm(served)
