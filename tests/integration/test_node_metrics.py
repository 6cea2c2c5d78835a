"""Any worker tells the metrics of all processes of its node, and does not wait for one that hangs."""

import asyncio
import signal

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.house import House, eventually
from tests.integration.processes import Processes, ready
from tests.integration.viewers import Crowd


async def told(house: House, name: str) -> dict[str, float]:
    """The gauge, by worker."""
    answer = await house.call("GET", "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.body)}
    return {sample.labels["worker"]: sample.value for sample in families[name].samples}


async def test_one_answers_for_all_and_says_who_does_not(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    node = processes.workers(2)
    jobs = processes.start("jobs", "--sockets", str(node[0].log.parent))
    here, there = await ready(node, session)  # slots 1 and 3
    for house, viewers in ((here, 1), (there, 2)):
        for _ in range(viewers):
            await crowd.raw(house)

    async def jobs_answer() -> bool:
        return (await told(here, "livehub_worker_up")).get("jobs") == 1.0

    await eventually(jobs_answer, within_s=60.0)
    for house in (here, there):
        assert await told(house, "livehub_worker_up") == {"1": 1.0, "3": 1.0, "jobs": 1.0}
        assert await told(house, "livehub_sockets") == {"1": 1.0, "3": 2.0, "jobs": 0.0}
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
