"""/readyz is 503 only while this process cannot serve; what is away later makes it degraded, since rooms go on."""

import asyncio

import msgspec

from livehub.base.config import Config
from livehub.embedded import Postgres, Valkey
from tests.integration.house import House, LocalHouse, eventually, opened
from tests.integration.test_faults import is_back, own_postgres  # noqa: F401  (a fixture)


async def says(house: House, code: int, /, **body: object) -> None:
    async def is_said() -> bool:
        answer = await house.call("GET", "/readyz")
        return answer.status == code and body.items() <= answer.body.items()

    await eventually(is_said)


async def test_without_valkey_it_is_degraded(house: LocalHouse, valkey: Valkey):
    await says(house, 200, status="ready")
    await asyncio.to_thread(valkey.kill)
    await says(house, 200, status="degraded", away=["valkey"])
    await asyncio.to_thread(valkey.start)
    await says(house, 200, status="ready")


async def test_postgresql_must_have_been_there_once(config: Config, own_postgres: Postgres):  # noqa: F811
    await asyncio.to_thread(own_postgres.stop)
    own = msgspec.structs.replace(config, database_url=own_postgres.url(), db_timeout_s=3.0)
    async with opened(own) as house:
        await says(house, 503, code=1200, detail="Not ready; away: postgresql.")
        await asyncio.to_thread(own_postgres.start)
        await is_back(house)
        await asyncio.to_thread(own_postgres.kill)
        await says(house, 200, status="degraded", away=["postgresql"])


async def test_who_is_stopping_takes_nobody_more(house: LocalHouse):
    await says(house, 200, status="ready")
    await house.application.stop()
    await says(house, 503, code=1200, detail="Not ready; stopping.")
