"""A shop that delivers in a town: areas, a pick-up point, windows, and what an order would ask of the stock engine."""

from typing import Any

from commerce.delivery.areas import Place
from commerce.delivery.choosing import Choice, choose, slot_refusal
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Answer, Held, Refused, Reserve, Take
from livehub.base.auth import Role
from tests.base.served import Answer as HttpAnswer
from tests.base.served import Served

# The clock of the tests says 2027-01-15 16:00 in Shanghai, a Friday.
HOUR_MS = 3_600_000
CIRCLE = {"kind": "circle", "lat": 31.23, "lon": 121.47, "radius_m": 3_000}
CENTRE, EDGE, FAR = (Place(lat=lat, lon=121.47) for lat in (31.24, 31.28, 32.0))
POINT = {
    "name": "East gate", "names": {"zh": "东门"}, "line": "1 Lane", "lat": 31.2, "lon": 121.47, "opens": 540, "closes": 1_200,
    "currency": "CNY", "minimum_minor": 1_000,
}  # fmt: skip
DAILY = {"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 14 * 60, "until_minute": 16 * 60, "capacity": 5}


class Town:
    def __init__(self, served: Served) -> None:
        self.served = served

    @property
    def now_ms(self) -> int:
        return int(self.served.clock.now_s * 1000)

    async def call(
        self, call: str, body: Any = None, *, role: Role | None = Role.OPS, key: str | None = None
    ) -> HttpAnswer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.served.call(call, body, role=role, headers=headers)

    async def done(self, call: str, body: Any = None) -> Any:
        answer = await self.call(call, body)
        assert answer.status < 300, answer
        return answer.body

    async def area(self, **fields: Any) -> Any:
        usual = {"name": "Centre", "shape": CIRCLE, "currency": "CNY", "fee_minor": 600, "free_from_minor": 5_000}
        return await self.done("POST /api/delivery/areas", usual | fields)

    async def point(self, **fields: Any) -> Any:
        return await self.done("POST /api/delivery/points", POINT | fields)

    async def window(self, **fields: Any) -> Any:
        """From two hours ahead, for two hours, unless said otherwise."""
        usual = {"from": self.now_ms + 2 * HOUR_MS, "until": self.now_ms + 4 * HOUR_MS, "capacity": 1}
        return await self.done("POST /api/delivery/windows", usual | fields)

    async def look(self, window: Any) -> Any:
        listed = await self.done("GET /api/delivery/windows?limit=100")
        return next(item for item in listed["items"] if item["id"] == window["id"])

    async def slots(self, where: str = "") -> Any:
        return await self.served.done(f"GET /api/slots{where}", role=None)

    async def chosen(self, where: Place | None, slot: str | None, *, is_quote: bool = False) -> Any:
        async with self.served.application.database.connection() as connection:
            return await choose(connection, where, slot, now_ms=self.now_ms, is_quote=is_quote)

    async def held(self, choice: Choice, key: str, *, person: str = "mei") -> Answer:
        client = self.served.application.get(StockClient)
        return await client.ask(Reserve(person=person, key=key, lines=choice.slot_units, ttl_ms=600_000))

    async def sold(self, choice: Choice, key: str) -> Answer:
        client = self.served.application.get(StockClient)
        return await client.ask(Take(person="mei", key=key, lines=choice.slot_units))


def refused_as(answer: Answer) -> Any:
    """The class of the refusal, and that it is one."""
    assert isinstance(answer, Refused), answer
    refusal = slot_refusal(answer)
    assert refusal is not None
    return type(refusal)


def is_held(answer: Answer) -> bool:
    return isinstance(answer, Held)
