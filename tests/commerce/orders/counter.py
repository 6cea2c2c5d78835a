"""Buying in a test: a shop, its till, and buyers who order and pay over HTTP; and what PostgreSQL has of all that."""

from typing import Any

from commerce.orders import store
from commerce.orders.module import Orders
from commerce.orders.rows import OrderRow
from commerce.payments.payables import PaidIn
from commerce.payments.providers import Providers
from tests.commerce.orders.till import Till
from tests.commerce.sales.shop import Shop, new_key
from tests.integration.server import Answer, InProcessServer, Person, eventually
from tests.integration.viewers import Crowd

ADDRESS = {"name": "王梅", "phone": "13800138000", "region": "310115", "line": "Century Avenue 1, 2-301"}


class Counter:
    """`shop`: what is sold; `till`: where it is paid."""

    def __init__(self, shop: Shop, till: Till) -> None:
        self.shop = shop
        self.till = till
        self.server: InProcessServer = shop.server
        self.mei = self.server.person("mei")
        self._has_use_for_coupons = False

    @classmethod
    async def opened(cls, server: InProcessServer, crowd: Crowd, *, stock: int = 100) -> "Counter":
        """A shop with so much honey and eggs, and its till."""
        till = Till()
        server.application.get(Providers).add(till)
        return cls(await Shop.opened(server, crowd, stock=stock), till)

    @property
    def orders(self) -> Orders:
        return self.server.application.get(Orders)

    # --- buyers ---

    async def held(self, sale: str, qty: int = 1, *, by: str = "mei") -> str:
        """The hold of a tap in the room."""
        viewer = await self.shop.buyer(by)
        return str((await viewer.done("reserve", {"sale": sale, "qty": qty, "key": new_key()}))["hold"]["id"])

    async def ask(self, *, by: Person | None = None, key: str | None = None, **fields: Any) -> Answer:
        """The answer to an order, under a key of its own unless said otherwise."""
        body = {"address": ADDRESS, **fields}
        headers = {"Idempotency-Key": key or new_key()}
        return await self.server.call("POST", "/api/orders", body, by=by or self.mei, headers=headers)

    async def order(self, *, by: Person | None = None, **fields: Any) -> Any:
        """An order that must be made."""
        answer = await self.ask(by=by, **fields)
        assert answer.status == 201, answer
        return answer.body

    async def quoted(self, *, by: Person | None = None, **fields: Any) -> Any:
        """What it would cost."""
        return await self.server.do("POST", "/api/quotes", fields, by=by or self.mei)

    async def quoted_by(self, person: Person, **fields: Any) -> Answer:
        """The answer to somebody's quote."""
        return await self.server.call("POST", "/api/quotes", fields, by=person)

    async def opens(self, order: Any, *, by: Person | None = None) -> str:
        """The id of a new payment of an order."""
        answer = await self.try_to_pay(order, by=by)
        assert answer.status == 201, answer
        return str(answer.body["id"])

    async def try_to_pay(self, order: Any, *, by: Person | None = None) -> Answer:
        """The answer to a new payment."""
        path, headers = f"/api/orders/{order['id']}/payments", {"Idempotency-Key": new_key()}
        return await self.server.call("POST", path, {"provider": "till"}, by=by or self.mei, headers=headers)

    async def pays(self, order: Any, *, by: Person | None = None) -> str:
        """The id of a payment of an order whose money came in, and was told of."""
        payment = await self.opens(order, by=by)
        assert (await self.till.tell(self.server, self.till.take(payment))).status == 200
        return payment

    async def look(self, order: Any, *, by: Person | None = None) -> Any:
        """The order as it is by now."""
        return await self.server.do("GET", f"/api/orders/{order['id']}", by=by or self.mei)

    async def cancel(self, order: Any, *, by: Person | None = None) -> Answer:
        """The answer to a cancellation."""
        return await self.server.call("POST", f"/api/orders/{order['id']}/cancel", {}, by=by or self.mei)

    # --- the house ---

    async def coupon(self, *, by: str = "mei", **fields: Any) -> str:
        """A coupon that somebody has claimed: 10.00 off, unless said otherwise."""
        if not self._has_use_for_coupons:  # a room in which nothing takes them has none
            await self.shop.sale(coupons=True, price_minor=20_000)
            self._has_use_for_coupons = True
        wanted = {"title": "Off", "currency": "CNY", "amount_minor": 1_000, "total": 100} | fields
        dropped = await self.server.do("POST", f"/api/rooms/{self.shop.room}/coupons", wanted)
        coupon = str(dropped["coupon"]["id"])
        await self.claims(coupon, by=by)
        return coupon

    async def claims(self, coupon: str, *, by: str) -> None:
        """Somebody claims it in the room."""
        viewer = await self.shop.buyer(by)
        await viewer.done("claim", {"coupon": coupon, "key": new_key()})
        await viewer.leave()

    async def wallet(self, *, by: Person | None = None) -> dict[str, str]:
        """Where their coupons are, by id."""
        found = await self.server.do("GET", "/api/me/coupons", by=by or self.mei)
        return {each["id"]: each["state"] for each in found["coupons"]}

    async def stock(self, product: str = "honey") -> tuple[int, int, int]:
        """(on hand, held, sold)."""
        found = await self.server.do("GET", f"/api/products/{product}/stock", by=self.server.ops)
        return found["on_hand"], found["held"], found["sold"]

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of PostgreSQL."""
        return [dict(row) for row in await self.shop.fetch(query, *arguments)]

    async def ledger(self) -> dict[str, int]:
        """What is on each account, but those on which nothing is."""
        rows = await self.rows(
            "SELECT account, sum(amount_minor)::bigint AS amount FROM ledger_entries GROUP BY account ORDER BY account"
        )
        return {row["account"]: row["amount"] for row in rows if row["amount"]}

    async def transfers(self, what: str) -> int:
        """How many of that kind were posted."""
        rows = await self.rows("SELECT count(*) AS n FROM ledger_transfers WHERE what = $1", what)
        return int(rows[0]["n"])

    async def refunds(self) -> list[tuple[str, int, str]]:
        """(kind, amount, state) of all there are."""
        rows = await self.rows("SELECT kind, amount_minor, state FROM refunds ORDER BY created_ms, id")
        return [(row["kind"], row["amount_minor"], row["state"]) for row in rows]

    async def told(self, person: str = "mei") -> list[str]:
        """Of what they were told, in order."""
        rows = await self.rows(
            "SELECT template FROM notice_deliveries WHERE person = $1 ORDER BY created_ms, key", person
        )
        return [row["template"] for row in rows]

    async def heard_before(self, payment: str) -> PaidIn:
        """That a payment is paid, as somebody has it who looked at its row when it was still open."""
        (row,) = await self.rows("SELECT * FROM payments WHERE id = $1", payment)
        return PaidIn(
            payment=payment, order=row["order_id"], person=row["person"], provider=row["provider"], ref=None,
            amount_minor=row["amount_minor"], currency=row["currency"], at_ms=row["created_ms"],
        )  # fmt: skip

    async def order_row(self, order: Any) -> OrderRow:
        """The row of an order."""
        async with self.server.application.database.connection() as connection:
            return await store.order_of(connection, order["id"])

    async def is_out_of_time(self, order: Any) -> None:
        """The time of an order is over, and the engine's hold, too, unless a payment is under way."""
        await self.rows("UPDATE orders SET closes_ms = 1 WHERE id = $1 RETURNING id", order["id"])

    async def until(self, order: Any, state: str) -> Any:
        """The order, once it is in that state."""
        seen: list[Any] = []

        async def is_so() -> bool:
            seen.append(await self.look(order, by=self.server.ops))
            return bool(seen[-1]["state"] == state)

        await eventually(is_so)
        return seen[-1]
