"""A van with goods and sensors in it, as their devices and the staff see it over HTTP."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from livehub.base.auth import Role
from tests.base.served import Answer, Served
from trace.coldchain.module import ColdChain

MINUTE_MS = 60_000
FRESH = {"high_c": 8.0, "low_c": 0.0}


def signed(key: str, body: bytes) -> str:
    return hmac.new(bytes.fromhex(key), body, hashlib.sha256).hexdigest()


class Van:
    def __init__(self, served: Served) -> None:
        self.served = served
        self.keys: dict[str, str] = {}
        self.seqs: dict[str, int] = {}

    @property
    def now_ms(self) -> int:
        return int(self.served.clock.now_s * 1000)

    def later(self, minutes: float) -> None:
        self.served.clock.now_s += minutes * 60

    async def call(self, call: str, body: Any = None, *, role: Role | None = Role.OPS) -> Answer:
        return await self.served.call(call, body, role=role)

    async def done(self, call: str, body: Any = None) -> Any:
        answer = await self.call(call, body)
        assert answer.status < 300, answer
        return answer.body

    async def device(self, name: str = "Van 7") -> str:
        made = await self.done("POST /api/devices", {"name": name, "kind": "temperature"})
        self.keys[made["id"]] = made["key"]
        return str(made["id"])

    async def rule(self, product: str = "default", offer: Mapping[str, Any] | None = None, **rule: Any) -> Any:
        body: dict[str, Any] = {"rule": rule or FRESH}
        if offer is not None:
            body["offer"] = offer
        return await self.done(f"POST /api/cold-chain/rules/{product}", body)

    async def shipment(
        self, devices: list[str], batches: list[Any] | None = None, *, begins: int | str | None = None, **fields: Any
    ) -> str:
        """`begins`: when, or where; now, if not said."""
        begins = self.now_ms if begins is None else begins
        body = {"batches": batches or ["batch-1"], "devices": devices, "from": begins, **fields}
        made = await self.done("POST /api/shipments", body)
        await self.judge()
        return str(made["id"])

    async def post(self, device: str, raw: bytes, *, signature: str | None = None) -> Answer:
        signature = signed(self.keys[device], raw) if signature is None else signature
        path = f"POST /api/sensors/{device}/readings"
        return await self.served.call(path, role=None, raw=raw, headers={"X-Signature": signature})

    async def say(self, device: str, *celsius: Any, seq: int | None = None, ended: float = 0, **fields: Any) -> Answer:
        """Readings a minute apart, the last one `ended` minutes ago."""
        if seq is None:
            self.seqs[device] = seq = self.seqs.get(device, 0) + 1
        last_ms = self.now_ms - round(ended * MINUTE_MS)
        readings = [
            {"at": last_ms - (len(celsius) - 1 - n) * MINUTE_MS, "celsius": each} for n, each in enumerate(celsius)
        ]
        return await self.post(device, json.dumps({"seq": seq, "readings": readings, **fields}).encode())

    async def live(self, device: str, *celsius: float) -> None:
        """One reading a minute, each sent as it is measured."""
        for each in celsius:
            self.later(1)
            answer = await self.say(device, each)
            assert answer.status == 200, answer

    async def findings(self, query: str = "") -> list[Any]:
        """In the order in which they were told, and measured."""
        await self.judge()
        items = (await self.done(f"GET /api/cold-chain/findings{query}"))["items"]
        return sorted(items, key=lambda each: (each["told_at"], each["reading_at"]))

    async def told(self) -> list[tuple[str, str]]:
        return [(each["level"], each["cause"]) for each in await self.findings()]

    async def judge(self) -> int:
        """What is to be judged anew, as the jobs process does it: how many."""
        return await self.served.application.get(ColdChain).judging.look()

    async def events(self, type_: str = "coldchain.breach") -> list[Any]:
        await self.judge()
        rows = await self.served.database.fetch(
            "SELECT payload AS data FROM domain_events WHERE type = $1 ORDER BY id", type_
        )
        return [json.loads(row["data"]) for row in rows]

    async def entries(self, type_: str) -> list[Any]:
        """Of the log, as they were written."""
        await self.judge()
        rows = await self.served.database.fetch("SELECT entry FROM log_entries ORDER BY id")
        return [each for row in rows if (each := json.loads(row["entry"]))["type"] == type_]

    async def look(self) -> int:
        await self.judge()
        return await self.served.application.get(ColdChain).silence.look()
