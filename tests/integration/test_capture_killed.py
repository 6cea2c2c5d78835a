"""A server that is killed in the middle of a capture leaves nothing of it, and what is sent again comes in once."""

import asyncio
import signal
import time
from typing import Any

import aiohttp
import asyncpg

from livehub.base.auth import Identity, Role, Tokens
from tests.integration.processes import Processes, ready
from tests.integration.server import SECRET, eventually
from tests.trace.epcis.documents import box, document, observed

# A capture that has written its events, and has not told of its job yet, waits there; another waits for words that both use.
HELD = """
CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
CREATE TRIGGER held BEFORE INSERT ON epcis_jobs FOR EACH ROW EXECUTE FUNCTION held()
"""
WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INTO epcis_%'"
    " AND (wait_event = 'PgSleep' OR wait_event_type = 'Lock')"
)
STORED = (
    "SELECT (SELECT count(*) FROM epcis_events), (SELECT count(*) FROM epcis_links), (SELECT count(*) FROM epcis_jobs),"
    ' (SELECT count(*) FROM log_entries WHERE entry LIKE \'%"type":"epcis"%\')'
)
BAD = observed(box(99), bizStep="transforming")


async def test_a_kill_in_the_middle_of_captures_leaves_none_of_them(
    processes: Processes, session: aiohttp.ClientSession, database_url: str
) -> None:
    identity = Identity(id="partner", name="Partner", role=Role.OPS, signed_in_s=int(time.time()))
    token = Tokens(SECRET).sign(identity, now_s=time.time(), ttl_s=3600)
    database = await asyncpg.connect(database_url)
    [server] = await ready(processes.workers(1, db_timeout_s=60.0), session)
    documents: list[tuple[str, Any]] = [
        ("rollback", document(*(observed(box(n)) for n in range(30)))),
        ("proceed", document(*(observed(box(n)) for n in range(30, 50)), BAD)),
    ]

    async def stored() -> tuple[int, ...]:
        [row] = await database.fetch(STORED)
        return tuple(row)

    async def captured(url: str) -> list[dict[str, Any]]:
        """The jobs."""
        jobs = []
        for behaviour, each in documents:
            headers = {"Authorization": f"Bearer {token}", "GS1-Capture-Error-Behaviour": behaviour}
            async with session.post(f"{url}/epcis/v2/capture", json=each, headers=headers) as answer:
                assert answer.status == 202
            async with session.get(url + answer.headers["Location"], headers=headers) as told:
                jobs.append(await told.json())
        return jobs

    async def sent(behaviour: str, body: Any) -> None:
        headers = {"Authorization": f"Bearer {token}", "GS1-Capture-Error-Behaviour": behaviour}
        async with session.post(f"{server.url}/epcis/v2/capture", json=body, headers=headers):
            raise AssertionError("it was answered")

    await database.execute(HELD)
    sending = [asyncio.create_task(sent(*each)) for each in documents]

    async def are_in_the_middle() -> bool:
        return len(await database.fetch(WAITING)) == 2

    await eventually(are_in_the_middle)
    server.process.tell(signal.SIGKILL)
    for failure in await asyncio.gather(*sending, return_exceptions=True):
        assert isinstance(failure, aiohttp.ClientError), failure

    async def are_gone() -> bool:
        return not await database.fetch(f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS waiting")

    await eventually(are_gone)
    await database.execute("DROP TRIGGER held ON epcis_jobs")
    assert await stored() == (0, 0, 0, 0)

    [again] = await ready(processes.workers(1), session)
    first, second = await captured(again.url)
    assert (first["success"], first["errors"]) == (True, [])
    assert (second["success"], [each["index"] for each in second["errors"]]) == (False, [20])
    assert await stored() == (50, 50, 2, 50)
    first, second = await captured(again.url)  # whoever was not answered sends once more than was needed
    assert [each["index"] for each in first["errors"]] == list(range(30))
    assert [each["index"] for each in second["errors"]] == list(range(21))
    assert await stored() == (50, 50, 4, 50)
    await database.close()
