"""In `demo` business time is moved, by a call and by a rate: what waits for a moment of it happens then, in all processes, and
what goes by real time (tokens, tries of a job) notices nothing. Elsewhere nobody can move it.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp.test_utils import make_mocked_request

from livehub.app import DEMO_MODULES
from livehub.base import tasks
from livehub.base.config import Settings
from livehub.dev.this_machine import is_from_this_machine
from livehub.people.settings import PeopleConfig
from tests.integration.processes import Process, Processes, ready
from tests.integration.server import InProcessServer, LocalServer, eventually, opened
from tests.integration.test_commands import assert_one_line, run
from tests.integration.viewers import Crowd
from tests.patience import START_PATIENCE_S
from tests.ports import free_port

YEAR_MS = 365 * 86_400_000
HOUR_MS = 3_600_000
QUIZ = {
    "question": "Which of these is ripe?",
    "kind": "choice",
    "options": ["left", "right"],
    "correct_choice": 1,
    "duration_s": 600,
}
COUPON = {"title": "Early birds", "amount_minor": 500, "ends_in_s": 120}

Demo = Callable[..., AbstractAsyncContextManager[InProcessServer]]


@pytest.fixture
def demo(settings: Settings) -> Demo:
    """A server with the parts that are for `demo` alone."""

    def with_settings(**given: Any) -> AbstractAsyncContextManager[InProcessServer]:
        return opened(settings.replace(job_poll_s=0.05, **given), modules=DEMO_MODULES)

    return with_settings


async def advance(server: LocalServer, ms: int) -> Any:
    return await server.do("POST", "/api/dev/clock", {"advance_ms": ms})


async def view(server: LocalServer, room: str) -> Any:
    return (await server.do("GET", f"/api/rooms/{room}"))["room"]


async def ahead_ms(server: LocalServer, room: str) -> float:
    """How far business time is ahead of real time, as a room tells it."""
    told = await view(server, room)
    return float(told["ts"] - time.time() * 1000)


@asynccontextmanager
async def rows(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.core.database_url)
    try:
        yield connection
    finally:
        await connection.close()


# --- what waits for a moment ---


async def test_a_quiz_of_ten_minutes_closes_when_the_clock_is_advanced_by_them(demo: Demo, crowd: Crowd):
    async with demo() as server:
        room = await server.room()
        viewer = await crowd.raw(server, server.person("ann"))
        await viewer.join(room)
        quiz = (await server.do("POST", f"/api/rooms/{room}/quizzes", QUIZ))["quiz"]
        await viewer.done("answer", {"room": room, "quiz": quiz["id"], "choice": 1})

        await advance(server, 590_000)
        assert (await server.do("GET", f"/api/rooms/{room}/quizzes"))["quizzes"][0]["quiz"]["status"] == "open"
        await advance(server, 20_000)

        result = await viewer.control("quiz_result", quiz=quiz["id"])
        assert result["data"]["result"]["answers"] == 1
        assert result["ts"] >= quiz["closes_ts"]


async def test_at_sixty_times_the_rate_a_coupon_of_two_minutes_ends_in_seconds(demo: Demo):
    async with demo(clock_rate=60.0) as server:
        room = await server.room()
        await server.sell_jam(room)
        began_s = time.time()
        coupon = (await server.do("POST", f"/api/rooms/{room}/coupons", COUPON))["coupon"]

        async def is_gone() -> bool:
            shown = await view(server, room)
            return not shown["view"]["coupons"]

        await eventually(is_gone)
        assert (await view(server, room))["ts"] >= coupon["ends_ts"]
        assert time.time() - began_s >= 1.9  # and not before


async def test_a_job_is_due_when_business_time_is_there_and_one_that_failed_keeps_its_pause(
    demo: Demo, settings: Settings
):
    async with demo() as server, rows(settings) as db:
        room = await server.room()
        await server.do("POST", f"/api/rooms/{room}/quizzes", QUIZ)
        other = await server.room()
        await server.do("POST", f"/api/rooms/{other}/quizzes", QUIZ)
        tried, waits = [
            row["id"]
            for row in await db.fetch("SELECT id FROM procrastinate_jobs WHERE task_name = 'quiz.close' ORDER BY id")
        ]
        await db.execute("UPDATE procrastinate_jobs SET attempts = 1 WHERE id = $1", tried)
        due = "SELECT scheduled_at FROM procrastinate_jobs WHERE id = $1"
        before = {job: await db.fetchval(due, job) for job in (tried, waits)}

        await advance(server, 300_000)
        assert await db.fetchval(due, tried) == before[tried]
        sooner_s = (before[waits] - await db.fetchval(due, waits)).total_seconds()
        assert sooner_s == pytest.approx(300, abs=0.01)

    async with demo(clock_rate=60.0), rows(settings) as db:  # the next start goes on from there, sixty times as fast
        left_s = (await db.fetchval(due, waits)).timestamp() - time.time()
        assert 0 < left_s <= 301 / 60


# --- what does not ---


async def test_tokens_hold_as_long_as_they_did(demo: Demo, crowd: Crowd):
    async with demo() as server:
        room, ann = await server.room(), server.person("ann")
        await advance(server, YEAR_MS)
        await advance(server, YEAR_MS)
        assert (await server.call("GET", "/api/session", by=ann)).status == 200
        viewer = await crowd.raw(server, ann)
        await viewer.join(room)
        await viewer.done("chat", {"room": room, "text": "still here"})
        assert (await viewer.line("still here"))["ts"] >= time.time() * 1000 + 2 * YEAR_MS - 1_000
        session = await server.do("POST", "/api/session", {})
        lasts_s = datetime.fromisoformat(session["expires_at"]).timestamp() - time.time()
        assert lasts_s == pytest.approx(server.application.settings.of(PeopleConfig).guest_token_ttl_s, abs=60)


async def test_what_was_said_a_year_ago_expires_by_business_time_and_keys_of_calls_by_real_time(
    demo: Demo, settings: Settings
):
    async with demo() as server, rows(settings) as db:
        room = await server.room()
        await server.sell_jam(room)
        key = {"Idempotency-Key": "a-key-of-today"}
        answer = await server.call("POST", f"/api/rooms/{room}/coupons", COUPON, headers=key)
        await db.execute(
            "INSERT INTO chats (id, room, user_id, name, role, text, ts) VALUES ('c', $1, 'u', 'U', 'viewer', 'x', $2)",
            room,
            int(time.time() * 1000),
        )
        await advance(server, YEAR_MS)
        await db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('housekeeping', 'housekeeping', $1)",
            '{"timestamp": 0}',
        )

        async def is_forgotten() -> bool:
            return bool(await db.fetchval("SELECT count(*) = 0 FROM chats"))

        await eventually(is_forgotten)
        again = await server.call("POST", f"/api/rooms/{room}/coupons", COUPON, headers=key)
        assert (again.body, again.headers["Idempotency-Replayed"]) == (answer.body, "true")


# --- who moves it, and how far ---


async def test_the_call_says_what_time_it_is_then(demo: Demo):
    async with demo(clock_rate=2.0) as server:
        told = await advance(server, HOUR_MS)
        now = datetime.fromisoformat(told["now"])
        assert told["rate"] == 2.0
        assert told["now"].endswith("Z")
        assert (now - datetime.now(UTC)).total_seconds() == pytest.approx(3_600, abs=120)


@pytest.mark.parametrize("ms", [0, -1, 10 * YEAR_MS, 1.5, "1"])
async def test_it_goes_neither_back_nor_further_than_a_year_at_once(demo: Demo, ms: Any):
    async with demo() as server:
        assert (await server.call("POST", "/api/dev/clock", {"advance_ms": ms})).status == 400


async def test_only_this_machine_moves_it(demo: Demo):
    async with demo() as server:
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            refused = await server.call("POST", "/api/dev/clock", {"advance_ms": 1}, headers={name: "203.0.113.9"})
            assert (refused.status, refused.body["name"]) == (403, "forbidden")
        assert (await server.call("POST", "/api/dev/clock", {"advance_ms": 1}, by=server.person("ann"))).status == 200


@pytest.mark.parametrize(
    ("peer", "is_here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::ffff:192.0.2.1", False), ("", False)],
)
def test_this_machine_has_several_addresses(peer: str, is_here: bool):
    assert is_from_this_machine(make_mocked_request("POST", "/").clone(remote=peer)) is is_here


async def test_an_advance_that_is_sent_twice_under_one_key_is_one(demo: Demo):
    async with demo() as server:
        room, key = await server.room(), {"Idempotency-Key": "one-hour-more"}
        first, second = [
            await server.call("POST", "/api/dev/clock", {"advance_ms": HOUR_MS}, headers=key) for _ in range(2)
        ]
        assert first.body == second.body
        assert await ahead_ms(server, room) == pytest.approx(HOUR_MS, abs=60_000)


async def test_elsewhere_nobody_moves_it(server: InProcessServer):
    assert (await server.call("POST", "/api/dev/clock", {"advance_ms": 1})).status == 404
    assert run("serve", LIVEHUB_CLOCK_RATE="60").returncode == 1
    assert_one_line(run("serve", LIVEHUB_CLOCK_RATE="60"), "LIVEHUB_CLOCK_RATE is for `demo` alone")


async def test_a_server_on_the_database_of_a_demo_goes_by_real_time(demo: Demo, settings: Settings):
    async with demo() as server:
        await advance(server, YEAR_MS)
    async with opened(settings) as server, rows(settings) as db:
        room = await server.room()
        assert await ahead_ms(server, room) == pytest.approx(0, abs=60_000)
        await server.do("POST", f"/api/rooms/{room}/quizzes", QUIZ)
        due = await db.fetchval("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'quiz.close'")
        assert due.timestamp() - time.time() == pytest.approx(600, abs=60)
        assert await db.fetchval("SELECT count(*) FROM job_moments") == 0


# --- several processes ---


async def test_two_workers_and_the_jobs_go_by_one_time(
    processes: Processes, folder: Path, session: aiohttp.ClientSession
):
    processes.start("jobs-process", "--dev", job_poll_s=0.05)
    processes.start("stock-process", "--dev")
    started = [worker(processes, folder, number) for number in (1, 2)]
    one, other = await ready(started, session)
    room = await one.room()
    quiz = (await other.do("POST", f"/api/rooms/{room}/quizzes", QUIZ))["quiz"]
    await advance(one, HOUR_MS)
    assert await ahead_ms(one, room) >= HOUR_MS - 1_000

    async def agrees() -> bool:
        return await ahead_ms(other, room) >= HOUR_MS - 1_000

    async def is_closed() -> bool:
        listed = await other.do("GET", f"/api/rooms/{room}/quizzes")
        return [(row["quiz"]["id"], row["quiz"]["status"]) for row in listed["quizzes"]] == [(quiz["id"], "closed")]

    await eventually(agrees)
    await eventually(is_closed)
    late = worker(processes, folder, 3)
    (third,) = await ready([late], session)  # one that starts later has that time from its start on
    assert await ahead_ms(third, room) >= HOUR_MS - 1_000


async def test_a_process_whose_look_failed_looks_again_and_follows_the_others(demo: Demo, settings: Settings):
    async with demo() as server, rows(settings) as db:
        room = await server.room()
        (look,) = [task for task in tasks.running() if task.name == "business clock"]
        look.fail(RuntimeError("a drill for the business clock"))

        async def is_back() -> bool:
            return look.restarts == 1

        await eventually(is_back)
        await db.execute("UPDATE business_clock SET business_s = business_s + 3600, version = version + 1")

        async def follows() -> bool:
            return await ahead_ms(server, room) >= HOUR_MS - 1_000

        await eventually(follows)


def worker(processes: Processes, folder: Path, slot: int) -> Process:
    port = free_port()
    place = ["--port", str(port), "--sockets", str(folder), "--slot", str(slot), "--no-media", "--dev"]
    return processes.start("worker", *place, url=f"http://127.0.0.1:{port}")


async def test_demo_brings_it_to_its_workers(processes: Processes, folder: Path, session: aiohttp.ClientSession):
    port = free_port()
    demo = processes.start(
        "demo", "--port", str(port), "--data", str(folder / "data"), "--workers", "2", clock_rate=1_000
    )
    server = LocalServer(f"http://127.0.0.1:{port}", session)

    async def is_up() -> bool:
        assert demo.alive, demo.printed
        return "Ctrl-C" in demo.printed

    await eventually(is_up, within_s=START_PATIENCE_S)
    told = await advance(server, HOUR_MS)
    assert told["rate"] == 1_000
    assert await ahead_ms(server, "demo") >= HOUR_MS
