"""A process of the version before beside a new one, on one room: whatever the new one says, nothing of it is lost or held up.

The new one is today's with a control message that the other cannot know (toy_worker.py), so this also says what today's
version will do beside the next.
"""

import asyncio
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import asyncpg
import psycopg
import pytest

from livehub.embedded.servers import Postgres, Valkey
from tests.conftest import new_folder
from tests.integration.processes import CHECKOUT, Process, Processes, Program, Worker, environment, ready
from tests.integration.viewers import Crowd, RawViewer

NEWER_SETTINGS = ("LIVEHUB_MEDIA_HOST",)  # which the version before does not know
BEFORE = "3ec0f6de67701fd87bb95383b2bacc75bb077c89"
"""The version before: the first commit in which a process passes on what it does not know.

To move it forward, name the commit of the last release: a commit of the main branch, by all of its forty digits, whose
migrations today's database still serves. Never name a commit that a rebase may take away.
"""
NEWER = Program(module="tests.integration.toy_worker")


def version_before(folder: Path) -> Program:
    """The checkout of the version before, in a folder of its own. Taken out of the history without touching it."""
    try:
        taken = subprocess.run(["git", "archive", BEFORE], cwd=CHECKOUT, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no git to take the version before out of the history")
    if taken.returncode:
        pytest.skip(f"the history here does not have {BEFORE}: {taken.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as archive:
        # It is ours, so the filter is a second lock; Python 3.11.3 and older have none.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safely)
    return Program(checkout=folder)


class Skewed(NamedTuple):
    """Processes of two versions on one database and one Valkey, and what starts more of them."""

    processes: list[Process]
    started: Processes
    database_url: str


@pytest.fixture(scope="module")
def skewed(postgres: Postgres, _template: str) -> Iterator[Skewed]:
    with new_folder() as folder, ExitStack() as stack:
        before = version_before(folder / "before")
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE skewed TEMPLATE {_template}")
        valkey = Valkey(folder)
        stack.callback(valkey.close)
        url = postgres.url("skewed")
        environ = environment(url, valkey.url)
        for name in NEWER_SETTINGS:
            del environ[name]
        started = Processes(environ, folder, stack)
        yield Skewed([*started.workers(1, program=before), *started.workers(1, program=NEWER)], started, url)


@pytest.fixture
async def both(skewed: Skewed, session: aiohttp.ClientSession) -> tuple[Worker, Worker]:
    """(the version before, a new one); all tests share them, so each makes a room of its own."""
    old, new = await ready(skewed.processes, session)
    return old, new


async def toy(new: Worker, room: str, name: str) -> dict[str, Any]:
    placed: dict[str, Any] = await new.do("POST", f"/api/rooms/{room}/toys", {"name": name, "box": f"box of {name}s"})
    return placed


async def view(worker: Worker, room: str) -> Any:
    return (await worker.do("GET", f"/api/rooms/{room}"))["room"]["view"]


async def stored(skewed: Skewed, room: str) -> Any:
    connection = await asyncpg.connect(skewed.database_url)
    try:
        return json.loads(await connection.fetchval("SELECT state::text FROM rooms WHERE id = $1", room))
    finally:
        await connection.close()


def _unnumbered(seen: dict[str, Any]) -> dict[str, Any]:
    """The view without the numbers of products, which the version before does not know."""

    def card(it: Any) -> Any:
        return it and {name: value for name, value in it.items() if name != "no"}

    return {**seen, "pin": card(seen["pin"]), "bag": [card(it) for it in seen["bag"]]}


def types(viewer: RawViewer) -> list[tuple[int, str]]:
    return [(body["offset"], body["type"]) for body in viewer.inbox.of("control")]


async def test_what_a_new_process_says_passes_through_an_old_one_and_survives_its_writes(
    both: tuple[Worker, Worker], crowd: Crowd, skewed: Skewed
):
    old, new = both
    room = await old.room()
    at_old, at_new = await crowd.raw(old), await crowd.raw(new)
    joined = await at_old.join(room)
    await at_new.join(room)

    await toy(new, room, "kite")
    for viewer in (at_old, at_new):
        said = await viewer.control("toy")
        assert said["data"] == {"type": "toy", "name": "kite"}
    await old.do("POST", f"/api/rooms/{room}/pins", {"title": "Eggs"})
    await toy(new, room, "drum")
    await old.do("POST", f"/api/rooms/{room}/moderation/slow-mode", {"seconds": 5}, by=old.ops)
    await new.do("POST", f"/api/rooms/{room}/bag", {"title": "Honey"})
    for viewer in (at_old, at_new):
        await viewer.control("bag_put")
    start = joined["offset"]
    said_there = ["toy_box", "toy", "pin", "toy_box", "toy", "slow_mode", "bag_put"]
    assert types(at_old) == types(at_new) == list(enumerate(said_there, start + 1))

    # The room is the same wherever it is asked for, with what only the new one understands.
    seen_by_old, seen_by_new = await view(old, room), await view(new, room)
    assert seen_by_old == _unnumbered(seen_by_new)
    assert [card["no"] for card in seen_by_new["bag"]] == [2, 1]
    assert (seen_by_old["toys"], seen_by_old["pin"]["title"], seen_by_old["slow_mode_s"]) == (
        ["kite", "drum"],
        "Eggs",
        5,
    )
    assert "toy_boxes" not in seen_by_old
    state = await stored(skewed, room)
    assert state["toy_boxes"] == {"box of kites": 0, "box of drums": 1}
    assert state["view"]["toys"] == ["kite", "drum"]

    # Who comes back to the old one gets exactly what was missed, of whatever type.
    again = await crowd.raw(old)
    back = await again.join(room, {"epoch": joined["epoch"], "offset": start})
    assert back["recovered"] is True
    assert [control["type"] for control in back["missed"]] == said_there
    assert back["missed"][1]["data"] == {"type": "toy", "name": "kite"}
    assert back["room"]["view"] == seen_by_old


async def test_who_joins_at_an_old_process_at_any_moment_sees_the_room_as_it_was_at_that_position(
    both: tuple[Worker, Worker], crowd: Crowd
):
    old, new = both
    room = await new.room()
    watching = await crowd.raw(old)
    await watching.join(room)
    shown_at: list[int] = []
    for number in range(40):
        shown_at.append((await toy(new, room, f"toy {number}"))["offset"])
        joined = await (await crowd.raw(old)).join(room)  # it may not have heard of the latest yet
        toys = joined["room"]["view"].get("toys", [])
        assert len(toys) == sum(offset <= joined["offset"] for offset in shown_at)
    await watching.control("toy", name="toy 39")
    joined = await (await crowd.raw(old)).join(room)
    assert (joined["offset"], len(joined["room"]["view"]["toys"])) == (shown_at[-1], 40)


async def test_a_list_of_rooms_is_the_same_on_both_and_a_room_made_by_either_is_run_by_the_other(
    both: tuple[Worker, Worker],
):
    old, new = both
    by_old, by_new = await old.room(title="Made before"), await new.room(title="Made after")
    await toy(new, by_old, "kite")
    await toy(new, by_new, "drum")
    for worker, room in ((old, by_new), (new, by_old)):
        await worker.do("PATCH", f"/api/rooms/{room}", {"notice": "soon"})
    for worker in both:
        rooms = {room["id"]: room for room in (await worker.do("GET", "/api/rooms"))["rooms"]}
        assert (rooms[by_old]["title"], rooms[by_new]["title"]) == ("Made before", "Made after")
    assert (await view(new, by_old))["toys"] == ["kite"]
    assert (await view(new, by_new))["toys"] == ["drum"]
    assert (await view(old, by_new))["notice"] == "soon"


async def test_a_process_that_comes_later_and_knows_it_understands_what_was_said_before(
    both: tuple[Worker, Worker], skewed: Skewed, session: aiohttp.ClientSession, crowd: Crowd
):
    old, new = both
    room = await old.room()
    await toy(new, room, "kite")
    await old.do("POST", f"/api/rooms/{room}/pins", {"title": "Eggs"})
    [upgraded] = await ready(skewed.started.workers(1, program=NEWER), session)
    viewer = await crowd.raw(upgraded)
    await viewer.join(room)
    await toy(upgraded, room, "drum")
    await viewer.control("toy")
    seen = await view(upgraded, room)
    assert (seen["toys"], seen["pin"]["title"]) == (["kite", "drum"], "Eggs")
    assert await view(old, room) == _unnumbered(seen)


async def test_decisions_of_both_about_a_line_are_in_the_log_and_none_is_lost(
    both: tuple[Worker, Worker], skewed: Skewed
):
    old, new = both
    room = await old.room()
    line = {"id": "line-1", "user": "mei", "name": "Mei", "role": "viewer", "text": "hello", "ts": 1}
    events: dict[str, Any] = {}
    connection = await asyncpg.connect(skewed.database_url)
    try:
        held = "INSERT INTO held_lines (room, line_id, line, reason) VALUES ($1, 'line-1', $2, 'word')"
        await connection.execute(held, room, json.dumps(line))
        for worker, verdict in ((old, "approve"), (new, "reject"), (old, "approve"), (new, "approve")):
            await worker.do("POST", f"/api/rooms/{room}/moderation/held/line-1/{verdict}", {}, by=worker.ops)
            events = await new.do("GET", f"/api/rooms/{room}/events?types=held_approve,held_reject", by=new.ops)
            assert events["items"][0]["type"] == f"held_{verdict}"
            await connection.execute("UPDATE held_lines SET status = 'waiting' WHERE room = $1", room)  # reported again
    finally:
        await connection.close()
    told = [(item["type"], item["by"]["id"], bool(item["by"]["name"])) for item in events["items"]]
    who = new.ops.id  # the version before keeps no names with decisions
    assert told == [
        ("held_approve", who, True),
        ("held_approve", who, False),
        ("held_reject", who, True),
        ("held_approve", who, False),
    ]


async def test_of_a_coupon_made_before_both_give_as_many_as_there_are_and_of_one_made_since_only_the_new_one(
    both: tuple[Worker, Worker], crowd: Crowd
):
    old, new = both
    room = await old.room()
    watching = [await crowd.raw(worker) for worker in both]
    for viewer in watching:
        await viewer.join(room)
    await old.sell_jam(room)
    five = {"title": "Five", "amount_minor": 100, "total": 5}
    made_before = (await old.do("POST", f"/api/rooms/{room}/coupons", five))["coupon"]["id"]
    made_since = (await new.do("POST", f"/api/rooms/{room}/coupons", five))["coupon"]["id"]
    people = [both[n % 2].person(f"skewed-{n}") for n in range(12)]
    devices = [await crowd.raw(both[n % 2], person) for n, person in enumerate(people)]

    async def claimed(coupon: str) -> list[int]:
        """Who got one, by number; the odd ones ask the new process."""
        body = {"coupon": coupon, "key": f"key of {coupon}"}
        answers = await asyncio.gather(*(device.call("claim", body) for device in devices))
        assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {4011}
        return [n for n, answer in enumerate(answers) if answer["ok"]]

    before, since = await claimed(made_before), await claimed(made_since)
    assert (len(before), len(since), {n % 2 for n in since}) == (5, 5, {1})
    for n, person in enumerate(people):
        mine = {row["id"] for row in (await new.do("GET", "/api/me/coupons", by=person))["coupons"]}
        assert mine == {c for c, who in ((made_before, before), (made_since, since)) if n in who}
    for viewer in watching:
        await viewer.control("coupon_end", coupon=made_since)
