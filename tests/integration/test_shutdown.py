"""SIGTERM to a process with people in it: each is told to come back, not all at once; what was acknowledged is stored; the
process is gone, with status 0, within its grace time.
"""

import asyncio
import signal
import time
from typing import Any

import aiohttp
import asyncpg
import pytest

from livehub.base.config import Settings
from tests.integration.processes import Processes, Worker, ready
from tests.integration.server import eventually
from tests.integration.viewers import Crowd, RawViewer, Viewer
from tests.patience import START_PATIENCE_S

GRACE_S = 30.0  # of which a stop takes a small part
SPREAD_MS = 2_000


@pytest.fixture
async def worker(processes: Processes, session: aiohttp.ClientSession) -> Worker:
    [started] = await ready(processes.workers(1, shutdown_grace_s=GRACE_S, reconnect_spread_ms=SPREAD_MS), session)
    return started


async def stopped(worker: Worker) -> None:
    """The process ends in time and without complaint, from the signal on."""
    started_s = time.monotonic()
    worker.process.tell(signal.SIGTERM)
    assert await worker.process.ended() == 0
    assert time.monotonic() - started_s < GRACE_S
    assert "Traceback" not in worker.process.printed


async def test_everybody_is_told_to_come_back_and_not_all_at_once(worker: Worker, crowd: Crowd):
    room = await worker.room()
    viewers = [await crowd.raw(worker) for _ in range(40)]
    for viewer in viewers:
        await viewer.join(room)
    kinds = ["python websocket", "python upgraded", "javascript websocket", "javascript upgraded"]
    stock: list[Viewer] = [await crowd.of_kind(kind, worker) for kind in kinds]
    stopping = asyncio.create_task(stopped(worker))

    after_ms = []
    for inbox in [viewer.inbox for viewer in (*viewers, *stock)]:
        notice = await inbox.until("notice")
        assert notice["type"] == "moving"
        after_ms.append(notice["after_ms"])
    assert 0 <= min(after_ms) < SPREAD_MS * 0.3
    assert SPREAD_MS * 0.7 < max(after_ms) <= SPREAD_MS
    assert [await viewer.close_code() for viewer in viewers] == [3001] * len(viewers)
    await stopping


async def test_what_was_acknowledged_is_stored(worker: Worker, settings: Settings, crowd: Crowd):
    room = await worker.room()
    people = [worker.person(f"person-{number}") for number in range(60)]
    viewers = [await crowd.raw(worker, person) for person in people]
    for viewer in viewers:
        await viewer.join(room)
    quiz = {"kind": "number", "question": "How many?", "correct_value": 3, "duration_s": 600}
    opened = (await worker.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]["id"]
    await worker.sell_jam(room)
    coupon = {"title": "For all", "amount_minor": 100, "total": 1_000}
    placed = (await worker.do("POST", f"/api/rooms/{room}/coupons", coupon))["coupon"]["id"]

    # Some come before the signal, some while the process stops, some too late.
    asked: list[tuple[str, str, asyncio.Future[Any]]] = []
    stopping: asyncio.Task[None] | None = None
    for number, (person, viewer) in enumerate(zip(people, viewers, strict=True)):
        asked.append(("answer", person.id, viewer.start("answer", {"room": room, "quiz": opened, "value": number})))
        asked.append(("claim", person.id, viewer.start("claim", {"coupon": placed, "key": "12345678"})))
        asked.append(("chat", person.id, viewer.start("chat", {"room": room, "text": f"by {person.id}"})))
        if number == 20:
            await asyncio.gather(*(answer for _, _, answer in asked))
        if number == 40:
            stopping = asyncio.create_task(stopped(worker))
        await asyncio.sleep(0)
    assert stopping is not None
    await stopping
    for viewer in viewers:
        await viewer.close_code()
    done = {
        kind: {who for what, who, answer in asked if what == kind and took(answer)}
        for kind in ("answer", "claim", "chat")
    }
    assert min(len(people) for people in done.values()) > 20

    connection = await asyncpg.connect(settings.core.database_url)
    try:
        answered = await connection.fetch("SELECT user_id, value FROM quiz_answers WHERE quiz = $1", opened)
        coupon_units = f"coupon:{placed}"
        claimed = await connection.fetch("SELECT person FROM stock_holds WHERE resources[1] = $1", coupon_units)
        taken = await connection.fetchval("SELECT sold FROM stock_resources WHERE id = $1", coupon_units)
        said = await connection.fetch("SELECT user_id FROM chats WHERE room = $1", room)
    finally:
        await connection.close()
    assert done["answer"] <= {row["user_id"] for row in answered}
    assert all(row["user_id"] == f"person-{int(row['value'])}" for row in answered)
    assert done["claim"] <= {row["person"] for row in claimed}
    assert taken == len(claimed)
    assert done["chat"] <= {row["user_id"] for row in said}


def took(answer: asyncio.Future[Any]) -> bool:
    return answer.done() and bool(answer.result()["ok"])


async def test_who_comes_while_the_process_stops_is_told_to_come_later(worker: Worker, crowd: Crowd):
    early: RawViewer = await crowd.unconnected(worker)
    stopping = asyncio.create_task(stopped(worker))

    assert (await early.inbox.until("notice"))["type"] == "moving"
    assert await early.close_code() == 3001
    await stopping
    with pytest.raises(aiohttp.ClientError):
        await crowd.raw(worker)


async def test_a_process_that_runs_jobs_stops_as_well(processes: Processes, session: aiohttp.ClientSession):
    [worker] = await ready(processes.workers(1), session)
    jobs = processes.start("jobs-process", shutdown_grace_s=GRACE_S)
    room = await worker.room()
    quiz = {"kind": "number", "question": "How many?", "correct_value": 3, "duration_s": 3}
    await worker.do("POST", f"/api/rooms/{room}/quizzes", quiz)

    async def is_closed() -> bool:
        [row] = (await worker.do("GET", f"/api/rooms/{room}/quizzes"))["quizzes"]
        return bool(row["quiz"]["status"] == "closed")

    await eventually(is_closed, within_s=START_PATIENCE_S)  # so it is up, and has been at work
    started_s = time.monotonic()
    jobs.tell(signal.SIGTERM)
    assert await jobs.ended() == 0
    assert time.monotonic() - started_s < GRACE_S
    assert "Traceback" not in jobs.printed
