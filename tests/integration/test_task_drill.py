"""Nothing dies in silence: each background task of a server that raises is begun again, and the server works as before.

Of all tasks a server has, and of every place that makes one, lists are kept here, so that a new one that nobody supervises, or
that no drill reaches, is noticed.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from livehub.base import tasks
from livehub.base.tasks import SupervisedTask
from livehub.hub.hub import Hub
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd, RawViewer

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]

CHECKOUT = Path(__file__).parent.parent.parent
PACKAGES = ("livehub", "media", "commerce", "fulfil", "trace")
ROOM_TASKS = {"media transcoder", "room fan-out", "room ticks"}
TASKS = ROOM_TASKS | {
    "answers",
    "broker connection",
    "chat log",
    "clips in the making",
    "claims of old coupons",
    "coupon look-ups",
    "ended sessions",
    "event lag",
    "event listener",
    "event poller",
    "events",
    "exhausted coupons",
    "handshake sweep",
    "heartbeat",
    "hub health",
    "inbox",
    "jobs",
    "judging",
    "load meter",
    "media cameras",
    "media programs",
    "media staff reports",
    "media status",
    "money in",
    "order closing",
    "orders",
    "payment answers",
    "payment keys",
    "payment notices",
    "payment queries",
    "payments",
    "recording deletion",
    "recording rows",
    "readings",
    "refund requests",
    "room sync",
    "order figures",
    "sale look-ups",
    "sale reports",
    "sandbox payments",
    "sandbox presses",
    "scans",
    "staff figures",
    "silent sensors",
    "stock client",
    "stock client's clock",
    "stock engine",
    "stock units",
}
# Those that a server like the one here has not.
ENDS = "media abandoned programs"
OTHER_TASKS = {
    "log": "where a log is published; tests/trace/test_writer.py",
    "anchor": "where the log is anchored; tests/trace/anchor/test_supervised.py",
    ENDS: "ends by itself soon after the start; drilled while it is there",
    "business clock": "of a demo alone; tests/integration/test_business_time.py",
    "broker topology": "ends by itself where Valkey is no Cluster",
    "process of this node": "of the process that starts the others; tests/livehub/test_supervisor.py kills those",
    "sensor messages": "where there is a broker; tests/trace/coldchain/test_mqtt.py stops that",
    "sandbox answers": "where the payment sandbox is offered; tests/commerce/payments/sandbox",
    "sandbox listener": "the same",
    "sandbox notices": "the same",
    "uploads": "where recordings go to an object store; tests/media/record/test_object_store.py",
}
# Where tasks are made all the same, and why they need no supervisor.
UNSUPERVISED = {
    "commerce/flashsale/engine.py": "what is written while more is decided, awaited in place",
    "commerce/flashsale/lead.py": "holds that are put back while the next ones are read, awaited in place",
    "commerce/orders/list_api.py": "the next page of a file while one is written, awaited in place",
    "trace/journey/brief_cache.py": "what all who ask wait for, whoever of them hangs up; it ends with its query",
    "livehub/base/jobs.py": "the worker and the rescue of one run, awaited in place",
    "livehub/base/tasks.py": "the supervisor",
    "livehub/hub/broker/redis_connection.py": "a TaskGroup of the supervised connection: what one of them raises, that raises",
    "livehub/hub/rooms/registry.py": "awaited by all who ask for the room, who get what it raises",
    "livehub/hub/sockets/session_forwarding.py": "both directions of one tunnelled request, awaited in place",
    "livehub/node/node_metrics.py": "awaited by all who ask for the metrics",
    "livehub/node/supervisor.py": "awaited in place",
    "media/clips/api.py": "awaited by all who ask for the list, and by who wants the clip; bounded",
    "media/ingest/thumbnails.py": "awaited by all who ask for the picture",
    "media/record/catalog.py": "awaited by all who ask for the recording",
    "trace/coldchain/mqtt.py": "parts of the supervised task, and what the broker has sent and waits for, awaited in order",
    "media/rtc/session.py": "the handshake, awaited in place under a timeout",
}

ON_AIR_S = 120.0  # drawing and encoding the test picture takes its time
LIMITS = {"control_sync_s": 0.2, "media_disk_free_bytes_min": 0, "media_lower": True}


@pytest.fixture
def limits(folder: Path) -> dict[str, Any]:
    return {**LIMITS, "media_dir": str(folder / "media")}


async def on_air(server: InProcessServer, room: str, camera: str) -> None:
    async def is_on_air() -> bool:
        found = await server.do("GET", f"/api/rooms/{room}/cameras")
        return bool(found["on_air"] == camera)

    await eventually(is_on_air, within_s=ON_AIR_S)


async def add_camera(server: InProcessServer, room: str) -> str:
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Test", "kind": "test"})
    camera = str(made["camera"]["id"])
    await on_air(server, room, camera)
    return camera


async def all_fail_once(drilled: list[SupervisedTask]) -> None:
    before = {task: task.restarts for task in drilled}
    for task in drilled:
        task.fail(RuntimeError(f"a drill for {task.name}"))

    async def all_are_back() -> bool:
        return all(task.restarts > count for task, count in before.items())

    await eventually(all_are_back)


async def test_every_task_that_raises_is_begun_again_and_the_server_works_as_before(
    open_server: OpenServer, limits: dict[str, Any], crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    async with open_server(**limits) as server:
        await all_fail_once([task for task in tasks.running() if task.name == ENDS])
        await is_back(server)
        room = await server.room()
        mei, bo = await crowd.raw(server, server.person("mei")), await crowd.raw(server, server.person("bo"))
        host = await crowd.raw(server, server.host)
        for viewer in (mei, bo, host):
            await viewer.join(room)
        camera = await add_camera(server, room)
        drilled = [task for task in tasks.running() if task.name not in OTHER_TASKS]
        assert {task.name for task in drilled} == TASKS
        counts = {name: await server.metric("livehub_task_restarts", task=name) for name in TASKS}

        await all_fail_once(drilled)

        for name, count in counts.items():
            assert await server.metric("livehub_task_restarts", task=name) > count, name
        assert all(not task.done for task in drilled)
        await is_back(server)
        late = await crowd.raw(server, server.person("li"))
        await late.join(room)
        await talks(server, room, mei, bo)
        await sells(server, room, mei, late)
        await plays(server, room, mei, bo)
        await compares_heads(server, room, bo, monkeypatch)
        await host.inbox.until("staff", lambda body: body["type"] == "figures", after=len(host.inbox.all))
        await shows(server, room, camera)
        assert (await server.call("GET", "/readyz")).body == {"status": "ready"}
        assert await server.metric("livehub_tasks_failing") == 0


async def talks(server: InProcessServer, room: str, mei: RawViewer, bo: RawViewer) -> None:
    """Chat, likes, and what is stored of them."""
    said = await mei.done("chat", {"room": room, "text": "after the drill"})
    assert (await bo.line("after the drill"))["id"] == said["id"]
    await mei.done("like", {"room": room, "n": 7})
    await bo.inbox.until("tick", lambda body: body["likes"] == 7)

    async def is_stored() -> bool:
        async with server.application.database.connection() as connection:
            return bool(await connection.fetchval("SELECT count(*) FROM chats WHERE id = $1", said["id"]) == 1)

    await eventually(is_stored)


async def sells(server: InProcessServer, room: str, *viewers: RawViewer) -> None:
    """A pin and a coupon reach everybody; who claims the coupon has it."""
    await server.do("POST", f"/api/rooms/{room}/pins", {"title": "Pears", "price_minor": 990, "currency": "CNY"})
    placed = await server.do("POST", f"/api/rooms/{room}/coupons", {"title": "3 off", "amount_minor": 300, "total": 1})
    for viewer in viewers:
        assert (await viewer.control("pin"))["data"]["card"]["title"] == "Pears"
        assert (await viewer.control("coupon"))["data"]["coupon"]["id"] == placed["coupon"]["id"]
    claim = {"coupon": placed["coupon"]["id"], "key": "a key of mine"}
    await viewers[0].done("claim", claim)
    await viewers[1].control("coupon_end", coupon=placed["coupon"]["id"])  # the stock engine said that none is left


async def plays(server: InProcessServer, room: str, mei: RawViewer, bo: RawViewer) -> None:
    """A quiz is closed by its job, its winner is given the prize by an event, and hears of it on every device."""
    quiz = {
        "kind": "choice", "question": "?", "options": ["a", "b"], "correct_choice": 0, "duration_s": 3,
        "prize": {"title": "5 off", "amount_minor": 500},
    }  # fmt: skip
    opened = (await server.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]
    for viewer, choice in ((mei, 0), (bo, 1)):
        await viewer.control("quiz_open")
        await viewer.done("answer", {"room": room, "quiz": opened["id"], "choice": choice})
    result = (await bo.control("quiz_result", quiz=opened["id"]))["data"]["result"]
    assert [winner["user"] for winner in result["winners"]] == ["mei"]
    won = await mei.inbox.until("direct", lambda body: body["type"] == "quiz_won")
    assert won["data"]["coupon"]["title"] == "5 off"
    mine = await server.do("GET", "/api/me/coupons", by=server.person("mei"))
    assert {each["coupon"]["title"] for each in mine["coupons"]} == {"3 off", "5 off"}
    assert bo.inbox.of("direct") == []


async def compares_heads(
    server: InProcessServer, room: str, viewer: RawViewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody was told after its commit is found by comparison."""
    with monkeypatch.context() as forgetful:
        forgetful.setattr(server.application.get(Hub).rooms, "committed", lambda _control: None)
        await server.do("PATCH", f"/api/rooms/{room}", {"notice": "found by comparison"})
    await viewer.control("room", notice="found by comparison")


async def shows(server: InProcessServer, room: str, camera: str) -> None:
    """The program of before is on air in both renditions and recorded; one that begins now comes on air, too."""
    await on_air(server, room, camera)
    for rendition in ("video", "low"):
        address = f"/live/{room}/{rendition}/index.m3u8"
        before = (await server.call("GET", address)).body

        async def goes_on(address: str = address, before: str = before) -> bool:
            answer = await server.call("GET", address)
            return answer.status == 200 and answer.body != before

        await eventually(goes_on, within_s=ON_AIR_S)

    async def is_recorded() -> bool:
        found = await server.do("GET", f"/api/rooms/{room}/recordings")
        return len(found["recordings"]) == 1

    await eventually(is_recorded)
    await add_camera(server, await server.room())


async def test_a_task_that_keeps_failing_is_named_until_it_works_again(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
):
    await is_back(server)
    monkeypatch.setattr(tasks, "PAUSE_S_MAX", 0.05)
    (drilled,) = (task for task in tasks.running() if task.name == "staff figures")
    for _ in range(tasks.FAILING_AFTER):
        assert (await server.call("GET", "/readyz")).body == {"status": "ready"}
        await all_fail_once([drilled])
    answer = await server.call("GET", "/readyz")
    assert (answer.status, answer.body) == (200, {"status": "degraded", "away": [], "failing": ["staff figures"]})
    assert await server.metric("livehub_tasks_failing") == 1
    monkeypatch.setattr(tasks, "YOUNG_S", -1.0)  # as if it had worked for so long since
    assert (await server.call("GET", "/readyz")).body == {"status": "ready"}
    assert await server.metric("livehub_tasks_failing") == 0


# --- the lists ---


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in our packages, with the file it is in."""
    for path in sorted(path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(path.relative_to(CHECKOUT)), node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_tasks_are_made_by_the_supervisor_alone_or_for_a_reason():
    makers = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
    assert {path for path, call in _calls() if _name(call) in makers} == set(UNSUPERVISED)


def test_the_drill_knows_every_name_of_a_supervised_task():
    named = {
        call.args[0].value
        for _, call in _calls()
        if (_name(call) == "SupervisedTask" or (_name(call) == "start" and "_tasks" in ast.unparse(call.func)))
        and isinstance(call.args[0], ast.Constant)
    }
    of_group_commits = {
        "answers",
        "claims of old coupons",
        "coupon look-ups",
        "money in",
        "orders",
        "payment answers",
        "payment keys",
        "payment notices",
        "payments",
        "readings",
        "sale look-ups",
        "sandbox answers",
        "sandbox payments",
        "sandbox presses",
        "scans",
    }  # each is called as its rows are
    assert named | of_group_commits == TASKS | set(OTHER_TASKS)
