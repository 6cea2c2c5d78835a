"""Any worker tells the metrics of all processes of its node, and does not wait for one that hangs."""

import asyncio
import signal

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.processes import Processes, ready
from tests.integration.server import LocalServer, eventually
from tests.integration.viewers import Crowd
from tests.patience import START_PATIENCE_S


async def told(server: LocalServer, name: str) -> dict[str, float]:
    """The gauge, by worker."""
    answer = await server.call("GET", "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.body)}
    return {sample.labels["worker"]: sample.value for sample in families[name].samples}


async def test_one_answers_for_all_and_says_who_does_not(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    node = processes.workers(2)
    jobs = processes.start("jobs-process", "--sockets", str(node[0].log.parent))
    here, there = await ready(node, session)  # slots 1 and 3
    for server, viewers in ((here, 1), (there, 2)):
        for _ in range(viewers):
            await crowd.raw(server)

    async def jobs_answer() -> bool:
        return (await told(here, "livehub_worker_up")).get("jobs") == 1.0

    await eventually(jobs_answer, within_s=START_PATIENCE_S)
    for server in (here, there):
        assert await told(server, "livehub_worker_up") == {"1": 1.0, "3": 1.0, "jobs": 1.0}
        assert await told(server, "livehub_sockets") == {"1": 1.0, "3": 2.0, "jobs": 0.0}
    resident = await told(here, "process_resident_memory_bytes")
    assert len(set(resident.values())) == 3

    alike = await asyncio.gather(*(here.call("GET", "/metrics") for _ in range(10)))
    assert len({answer.body for answer in alike}) < len(alike)

    there.process.tell(signal.SIGSTOP)
    jobs.tell(signal.SIGKILL)
    await jobs.ended()
    try:
        assert await told(here, "livehub_worker_up") == {"1": 1.0, "3": 0.0, "jobs": 0.0}
        assert await told(here, "livehub_sockets") == {"1": 1.0}
    finally:
        there.process.tell(signal.SIGCONT)
    await eventually(there.is_ready)
    assert await told(here, "livehub_worker_up") == {"1": 1.0, "3": 1.0, "jobs": 0.0}
