"""The shop's side of a sale, over HTTP: ops put stock in, make a sale and open it; buyers look up their holds."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp

from loadtest.sale.checks import OwnHold, Standing, Stock
from loadtest.server import LocalServer

CALL_TIMEOUT_S = 30.0


class Refused(Exception):
    """The server refused a call that a shop may make; the text is what it said."""


class Shop:
    """Calls of one who runs the shop."""

    def __init__(self, session: aiohttp.ClientSession, url: str, room: str) -> None:
        self._session = session
        self._url = url
        self._room = room

    async def product(self) -> str:
        """The first product of the catalogue."""
        return str((await self._products())[0]["id"])

    async def _products(self) -> list[Any]:
        products: list[Any] = (await self.call("GET", "/api/products"))["products"]
        if not products:
            raise Refused("there is no product to sell")
        return products

    async def live(self) -> None:
        """Begin the show."""
        await self.call("POST", f"/api/rooms/{self._room}/state", {"status": "live"})

    async def stock(self, product: str) -> Stock:
        """What there is of a product."""
        return next(_stock_of(one) for one in await self._products() if one["id"] == product)

    async def have_free(self, product: str, units: int) -> Stock:
        """See that just so many units of a product are free."""
        stock = await self.stock(product)
        delta = units - (stock.on_hand - stock.held - stock.sold)
        if not delta:
            return stock
        body = {"delta": delta, "reason": "load test"}
        return _stock_of(await self.call("POST", f"/api/products/{product}/stock", body))

    async def sale(self, product: str, *, units: int, per_person_max: int, coupons: bool = False) -> str:
        """A new sale, not yet open; `coupons`: whether they count for it."""
        body = {
            "product": product, "price_minor": 990, "units": units, "per_person_max": per_person_max, "coupons": coupons,
        }  # fmt: skip
        return str((await self.call("POST", f"/api/rooms/{self._room}/sales", body))["sale"]["id"])

    async def open(self, sale: str) -> None:
        """From when this returns, it is open."""
        await self.call("POST", f"/api/sales/{sale}/open")

    async def close(self, sale: str) -> None:
        """It is over."""
        await self.call("POST", f"/api/sales/{sale}/close")

    async def standing(self, sale: str) -> Standing:
        """How a sale stands."""
        told = await self.call("GET", f"/api/sales/{sale}")
        return Standing(units=told["units"], held=told["held"], sold=told["sold"], left=told["left"])

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's body. Raises Refused."""
        headers = {"Idempotency-Key": f"load-{secrets.token_hex(8)}"} if method == "POST" else {}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {(await answer.text())[:300]}")
            return await answer.json() if answer.status != 204 else None


def _stock_of(told: Any) -> Stock:
    return Stock(on_hand=told["on_hand"], held=told["held"], sold=told["sold"])


@contextlib.asynccontextmanager
async def shop_of(server: LocalServer, room: str) -> AsyncIterator[Shop]:
    """The shop of a room."""
    token = await server.token("ops")
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(CALL_TIMEOUT_S)) as session:
        yield Shop(session, server.url, room)


async def own_holds(server: LocalServer, sale: str, tokens: Sequence[str]) -> list[list[OwnHold]]:
    """Holds of this sale that each of these people finds among their own."""
    found = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(CALL_TIMEOUT_S)) as session:
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get(f"{server.url}/api/me/holds", headers=headers) as answer:
                if answer.status >= 400:
                    raise Refused(f"GET /api/me/holds: {answer.status} {(await answer.text())[:300]}")
                told = await answer.json()
            found.append(own_of(told["items"], sale))
    return found


def own_of(holds: Sequence[Any], sale: str) -> list[OwnHold]:
    """Those of a list of holds that are of this sale."""
    units = [sum(line["qty"] for line in hold["lines"] if line["sale"] == sale) for hold in holds]
    return [
        OwnHold(id=hold["id"], state=hold["state"], units=count)
        for hold, count in zip(holds, units, strict=True)
        if count
    ]
