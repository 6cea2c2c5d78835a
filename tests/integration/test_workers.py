"""Two processes on one database and one Valkey are one server: whatever happens in one reaches the viewers of the other."""

import asyncio
import random
import signal
from typing import Any

import aiohttp

from tests.integration.bursts import Wanderer, burst
from tests.integration.follower import Follower
from tests.integration.processes import Processes, Worker, ready
from tests.integration.server import LocalServer, eventually
from tests.integration.viewers import Crowd, RawViewer
from tests.ports import free_port


async def joined(crowd: Crowd, server: LocalServer, room: str, person: str | None = None) -> RawViewer:
    viewer = await crowd.raw(server, server.person(person) if person else None)
    await viewer.join(room)
    return viewer


async def test_what_happens_in_one_process_reaches_viewers_of_the_other(doors: list[Worker], crowd: Crowd):
    here, there = doors
    room = await here.room()
    mei, bo = await joined(crowd, here, room, "mei"), await joined(crowd, there, room, "bo")
    host = await crowd.raw(there, there.host)
    await host.join(room)

    for viewer in (mei, bo, host):
        await viewer.inbox.until("tick", lambda body: body["viewers"] == 2)  # the host is none
    await mei.done("chat", {"room": room, "text": "from here"})
    await bo.done("chat", {"room": room, "text": "from there"})
    for viewer in (mei, bo, host):
        assert {(await viewer.line(text))["text"] for text in ("from here", "from there")} == {
            "from here",
            "from there",
        }
    await mei.done("like", {"room": room, "n": 30})
    await bo.done("like", {"room": room, "n": 12})
    for viewer in (mei, bo, host):
        await viewer.inbox.until("tick", lambda body: body["likes"] == 42)

    asked = await mei.done("ask", {"room": room, "text": "Is it raining?"})
    told = await host.inbox.until("staff", lambda body: body["type"] == "question")
    assert told["data"]["id"] == asked["id"]
    phone = await crowd.raw(there, there.person("mei"))
    await here.do("POST", f"/api/rooms/{room}/questions/{asked['id']}/answer", {"answer": "No."})
    for viewer in (mei, bo, host):
        assert (await viewer.control("question"))["data"]["question"]["answer"] == "No."
    for device in (mei, phone):
        assert (await device.inbox.until("direct"))["id"] == f"answer-{asked['id']}"

    said = await bo.done("chat", {"room": room, "text": "spoilt"})
    await mei.line("spoilt")
    await mei.done("report", {"room": room, "line": said["id"]})
    await host.inbox.until("staff", lambda body: body["type"] == "report")
    await here.do("POST", f"/api/rooms/{room}/moderation/held/{said['id']}/reject", {})
    for viewer in (mei, bo):
        await viewer.control("chat_delete", line=said["id"])
    for server in (here, there):
        assert "spoilt" not in [c["text"] for c in (await server.do("GET", f"/api/rooms/{room}"))["room"]["chats"]]

    await here.do("PUT", "/api/moderation/words", {"block": [], "hold": ["raffle"]}, by=here.ops)

    async def is_held_there() -> bool:
        return bool((await bo.done("chat", {"room": room, "text": "raffle"}))["held"])

    try:
        await eventually(is_held_there)
    finally:
        await here.do("PUT", "/api/moderation/words", {"block": [], "hold": []}, by=here.ops)
    held = await host.inbox.until("staff", lambda body: body["type"] == "held")
    await there.do("POST", f"/api/rooms/{room}/moderation/held/{held['data']['id']}/approve", {})
    for viewer in (mei, bo):
        await viewer.inbox.until("tick", lambda body: any(line["id"] == held["data"]["id"] for line in body["chats"]))


async def test_a_quiz_opened_in_one_process_is_answered_in_both_and_closed_by_a_third(
    doors: list[Worker], crowd: Crowd
):
    here, there = doors
    room = await here.room()
    an, li = await joined(crowd, here, room, "an"), await joined(crowd, there, room, "li")
    quiz = {
        "kind": "choice", "question": "?", "options": ["a", "b"], "correct_choice": 0, "duration_s": 3,
        "prize": {"title": "5 off", "amount_minor": 500},
    }  # fmt: skip
    opened = (await here.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]
    for viewer, choice in ((an, 1), (li, 0)):
        await viewer.control("quiz_open")
        await viewer.done("answer", {"room": room, "quiz": opened["id"], "choice": choice})

    for viewer in (an, li):
        result = (await viewer.control("quiz_result", quiz=opened["id"]))["data"]["result"]
        assert (result["answers"], [winner["user"] for winner in result["winners"]]) == (2, ["li"])
    won = await li.inbox.until("direct")
    assert (won["type"], won["data"]["coupon"]["title"]) == ("quiz_won", "5 off")
    assert an.inbox.of("direct") == []


async def test_fifty_people_who_claim_ten_coupons_at_two_doors_take_ten(doors: list[Worker], crowd: Crowd):
    room = await doors[0].room()
    await doors[0].sell_jam(room)
    placed = (
        await doors[0].do("POST", f"/api/rooms/{room}/coupons", {"title": "Ten", "amount_minor": 100, "total": 10})
    )["coupon"]
    people = [doors[0].person(f"person-{number}") for number in range(50)]
    devices = [(person, await crowd.raw(door, person)) for person in people for door in doors]

    claims = [
        (person.id, device.start("claim", {"coupon": placed["id"], "key": f"{person.id}-key"}))
        for person, device in devices
        for _ in range(2)
    ]
    answers: dict[str, list[Any]] = {}
    for id_, answer in claims:
        answers.setdefault(id_, []).append(await answer)

    assert all(len(given) == 4 and given.count(given[0]) == 4 for given in answers.values())
    took = [id_ for id_, given in answers.items() if given[0]["ok"]]
    assert len(took) == 10
    assert {given[0]["error"]["code"] for id_, given in answers.items() if id_ not in took} == {4011}
    for person in people:
        mine = (await doors[1].do("GET", "/api/me/coupons", by=person))["coupons"]
        assert [coupon["id"] for coupon in mine] == ([placed["id"]] if person.id in took else [])

    async def is_withdrawn() -> bool:
        page = await doors[1].do("GET", f"/api/rooms/{room}")
        return bool(page["room"]["view"]["coupons"] == [])

    await eventually(is_withdrawn)


async def test_joins_at_either_process_in_the_middle_of_a_burst_never_miss_double_or_reorder(
    doors: list[Worker], crowd: Crowd
):
    controls, wanderers = 100, 20
    room = await doors[0].room()
    watchers = [await joined(crowd, door, room) for door in doors]
    until_offset = (await doors[0].do("GET", f"/api/rooms/{room}"))["offset"] + controls
    wandering = [Wanderer(doors, crowd, room, random.Random(seed)) for seed in range(wanderers)]

    async with asyncio.TaskGroup() as group:
        for wanderer in wandering:
            group.create_task(wanderer.wander(watchers[0], until_offset))
        await burst(doors, room, controls)

    await watchers[1].inbox.until("control", lambda body: body["offset"] == until_offset)
    last = Follower()
    last.join(await (await crowd.raw(doors[1])).join(room))
    assert last.offset == until_offset
    for watcher in watchers:
        everything = Follower()
        everything.fold(watcher.inbox)
        assert everything.offsets == list(range(until_offset - controls + 1, until_offset + 1))
        assert everything.view == last.view
    for wanderer in wandering:
        assert (wanderer.follower.offset, wanderer.follower.view) == (until_offset, last.view)


async def test_any_stock_client_may_come_by_a_port_that_processes_share(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    # Each request of a polling client may land at another process, which hands it over.
    one, *_ = await ready(processes.workers(3, port=free_port()), session)
    room = await one.room()
    kinds = ["python polling", "python upgraded", "javascript polling", "javascript upgraded", "javascript websocket"]
    viewers = [await crowd.of_kind(kind, one, one.person(f"{n} {kind}")) for kind in kinds for n in range(2)]
    for viewer in viewers:
        await viewer.join(room)
    await one.do("PATCH", f"/api/rooms/{room}", {"notice": "Sunny"})
    for number, viewer in enumerate(viewers):
        assert (await viewer.control("room"))["data"]["notice"] == "Sunny"
        await viewer.done("chat", {"room": room, "text": f"line {number}"})
    for viewer in viewers:
        for number in range(len(viewers)):
            await viewer.line(f"line {number}")
        assert len(viewer.texts) == len(viewers)


async def test_viewers_of_a_process_that_was_killed_are_soon_not_counted(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd
):
    here, there = await ready(processes.workers(2, presence_ttl_s=1.0, presence_interval_s=0.2), session)
    room = await here.room()
    stays, goes = await joined(crowd, here, room), await joined(crowd, there, room)
    await stays.inbox.until("tick", lambda body: body["viewers"] == 2)
    seen = len(stays.inbox.all)

    there.process.tell(signal.SIGKILL)

    assert await goes.close_code() is not None
    await stays.inbox.until("tick", lambda body: body["viewers"] == 1, after=seen)
