"""/readyz is 503 only while this process cannot serve; what is away later makes it degraded, since rooms go on."""

import asyncio

from livehub.base.config import Settings
from livehub.embedded.servers import Postgres, Valkey
from tests.integration.server import InProcessServer, LocalServer, eventually, opened
from tests.integration.test_faults import is_back, own_postgres  # noqa: F401  (a fixture)


async def says(server: LocalServer, code: int, /, **body: object) -> None:
    async def is_said() -> bool:
        answer = await server.call("GET", "/readyz")
        return answer.status == code and body.items() <= answer.body.items()

    await eventually(is_said)


async def test_without_valkey_it_is_degraded(server: InProcessServer, valkey: Valkey):
    await says(server, 200, status="ready")
    await asyncio.to_thread(valkey.kill)
    await says(server, 200, status="degraded", away=["valkey"])
    await asyncio.to_thread(valkey.start)
    await says(server, 200, status="ready")


async def test_postgresql_must_have_been_there_once(settings: Settings, own_postgres: Postgres):  # noqa: F811
    await asyncio.to_thread(own_postgres.stop)
    own = settings.replace(database_url=own_postgres.url(), db_timeout_s=3.0)
    async with opened(own) as server:
        await says(server, 503, code=1200, detail="Not ready; away: postgresql, stock.")
        await asyncio.to_thread(own_postgres.start)
        await is_back(server)
        await asyncio.to_thread(own_postgres.kill)
        await says(server, 200, status="degraded", away=["postgresql", "stock"])


async def test_who_is_stopping_takes_nobody_more(server: InProcessServer):
    await says(server, 200, status="ready")
    await server.application.stop()
    await says(server, 503, code=1200, detail="Not ready; stopping.")
