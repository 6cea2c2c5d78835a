"""Whatever stock client speaks, over whatever transport, gets the whole contract of docs/wire.md, by exact values.

The same few journeys for python-socketio and for the JavaScript client; each step is one that a page of ours takes.
"""

import asyncio
from typing import Any

import pytest

from tests.integration.contract import KINDS, Enter, types
from tests.integration.server import InProcessServer, eventually
from tests.integration.viewers import Crowd, TurnedAway


async def test_a_guest_gets_the_room_as_it_is_and_may_leave(kind: str, server: InProcessServer, crowd: Crowd):
    room = await server.room(title="Morning harvest")
    placed = await server.do(
        "POST", f"/api/rooms/{room}/pins", {"title": "Pears", "price_minor": 990, "currency": "CNY"}
    )
    guest = await crowd.of_kind(kind, server)

    joined = await guest.join(room)

    page = await server.do("GET", f"/api/rooms/{room}")
    assert joined["room"]["view"] == page["room"]["view"]
    assert joined["room"]["view"]["title"] == "Morning harvest"
    assert joined["room"]["view"]["pin"] == placed["card"]
    assert joined["room"]["view"]["show"]["status"] == "live"
    assert (joined["epoch"], joined["offset"]) == (page["epoch"], page["offset"]) == (placed["epoch"], 2)
    assert (joined["recovered"], joined["missed"]) == (False, [])
    assert joined["room"]["viewers"] == 1

    assert await guest.done("leave", {"room": room}) == {"ok": True}
    assert (await guest.refused("leave", {"room": room}))["code"] == 2001
    assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["viewers"] == 0


async def test_what_cannot_be_taken_is_refused_by_number(kind: str, server: InProcessServer, crowd: Crowd):
    room = await server.room()
    mei = await crowd.of_kind(kind, server, server.person("mei"))

    assert await mei.refused("dance", {}) == {
        "code": 1002,
        "name": "unknown_event",
        "message": "There is no such event.",
    }
    assert (await mei.refused("join", {"room": "nowhere"}))["code"] == 2000
    assert (await mei.refused("join", {"room": "../x"}))["code"] == 1000
    assert (await mei.refused("join", {"room": room, "since": {"epoch": "e", "offset": -1}}))["code"] == 1000
    assert (await mei.refused("chat", {"room": room, "text": "hello"}))["code"] == 2001
    assert (await mei.refused("like", {"room": room, "n": 1}))["code"] == 2001
    assert (await mei.refused("reserve", {"sale": "none", "qty": 1, "key": "12345678"}))["code"] == 4020

    joined = await mei.join(room)
    assert (joined["room"]["chats"], joined["room"]["likes"]) == ([], 0)


async def test_a_line_of_chat_reaches_everybody_and_its_sender(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei, guest = await enter(room, server.person("mei")), await enter(room)

    said = await mei.done("chat", {"room": room, "text": "  早上好\u200b，\n farm! "})
    assert said == {"ok": True, "id": said["id"], "held": False}
    for viewer in (mei, guest):
        line = await viewer.line("早上好， farm!")
        assert line == {
            "id": said["id"], "user": "mei", "name": "Mei", "role": "viewer", "text": "早上好， farm!", "ts": line["ts"],
        }  # fmt: skip

    assert (await guest.refused("chat", {"room": room, "text": "me too"}))["code"] == 1100
    assert (await mei.refused("chat", {"room": room, "text": " \u200b\n"}))["code"] == 2015
    assert (await mei.refused("chat", {"room": room, "text": "x" * 201}))["code"] == 2014
    await mei.done("chat", {"room": room, "text": "last"})
    await guest.line("last")
    assert guest.texts == ["早上好， farm!", "last"]
    assert [line["text"] for line in (await guest.join(room))["room"]["chats"]] == guest.texts


async def test_likes_are_counted_and_everybody_sees_the_total(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei, guest = await enter(room, server.person("mei")), await enter(room)

    assert await mei.done("like", {"room": room, "n": 7}) == {"ok": True}
    assert await guest.done("like", {"room": room, "n": 2}) == {"ok": True}
    for viewer in (mei, guest):
        tick = await viewer.inbox.until("tick", lambda body: body["likes"] == 9)
        assert (tick["room"], tick["viewers"]) == (room, 2)
    for n in (0, 101, -1, 1.5, "3", None):
        assert (await guest.refused("like", {"room": room, "n": n}))["code"] == 1000
    assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["likes"] == 9


async def test_a_question_is_answered_for_all_and_its_asker_is_told(server: InProcessServer, enter: Enter):
    room = await server.room()
    host, mei, guest = await enter(room, server.host), await enter(room, server.person("mei")), await enter(room)

    asked = await mei.done("ask", {"room": room, "text": "How sweet are they?"})
    told = await host.inbox.until("staff", lambda body: body["type"] == "question")
    assert (told["data"]["id"], told["data"]["text"], told["data"]["user"]) == (
        asked["id"],
        "How sweet are they?",
        "mei",
    )
    assert (await guest.refused("ask", {"room": room, "text": "And me?"}))["code"] == 1100
    waiting = (await server.do("GET", f"/api/rooms/{room}/questions?status=open"))["questions"]
    assert [row["id"] for row in waiting] == [asked["id"]]

    await server.do("POST", f"/api/rooms/{room}/questions/{asked['id']}/answer", {"answer": "14 °Bx"})
    for viewer in (host, mei, guest):
        question = (await viewer.control("question"))["data"]["question"]
        assert (question["text"], question["answer"], question["name"]) == ("How sweet are they?", "14 °Bx", "Mei")
    direct = await mei.inbox.until("direct")
    assert direct == {
        "id": f"answer-{asked['id']}",
        "type": "question_answered",
        "ts": direct["ts"],
        "data": {
            "room": room,
            "question": asked["id"],
            "text": "How sweet are they?",
            "answer": "14 °Bx",
            "badge": "host",
            "by": "Host",
        },
    }
    assert guest.inbox.of("direct") == host.inbox.of("direct") == []
    assert (await server.do("GET", f"/api/rooms/{room}/questions?status=open"))["questions"] == []


async def test_a_direct_message_comes_to_every_device_until_it_is_read(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei = server.person("mei")
    phone = await enter(room, mei)

    async def answered(text: str) -> str:
        asked = await phone.done("ask", {"room": room, "text": text})
        await server.do("POST", f"/api/rooms/{room}/questions/{asked['id']}/answer", {"answer": "Yes."})
        return f"answer-{asked['id']}"

    first = await answered("Are they ripe?")
    laptop = await enter(room, mei)
    for device in (phone, laptop):
        assert (await device.inbox.until("direct"))["id"] == first
    assert await laptop.done("read", {"ids": [first]}) == {"ok": True}

    second = await answered("Do you ship today?")
    tablet = await enter(room, mei)
    assert (await tablet.inbox.until("direct"))["id"] == second  # what was read does not come again


async def test_a_choice_quiz_is_won_by_those_who_know(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei, bo, guest = await enter(room, server.person("mei")), await enter(room, server.person("bo")), await enter(room)
    quiz = {
        "kind": "choice", "question": "Which is ripe?", "options": ["the green one", "the blue one"], "correct_choice": 1,
        "duration_s": 60, "winners_max": 5, "prize": {"title": "5 off", "amount_minor": 500},
    }  # fmt: skip
    opened = (await server.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]
    answer = {"room": room, "quiz": opened["id"]}
    for viewer in (mei, bo, guest):
        shown = (await viewer.control("quiz_open"))["data"]["quiz"]
        assert shown == opened
        assert (shown["result"], "correct_choice" in shown) == (None, False)

    assert await mei.done("answer", {**answer, "choice": 1}) == {"ok": True}
    assert await mei.done("answer", {**answer, "choice": 1}) == {"ok": True}  # the acknowledgement may have been lost
    assert (await mei.refused("answer", {**answer, "choice": 0}))["code"] == 2022
    assert (await bo.refused("answer", {**answer, "choice": 2}))["code"] == 2023
    assert (await bo.refused("answer", {**answer, "value": 1.0}))["code"] == 2023
    assert (await bo.refused("answer", {"room": room, "quiz": "none", "choice": 1}))["code"] == 2020
    await bo.done("answer", {**answer, "choice": 0})
    await guest.done("answer", {**answer, "choice": 1})

    outcome = await server.do("POST", f"/api/rooms/{room}/quizzes/{opened['id']}/close", {})
    result = outcome["result"]
    assert (result["answers"], result["counts"], result["correct_choice"]) == (3, [1, 2], 1)
    assert result["winners_total"] == 2
    assert (result["winners"][0]["user"], result["winners"][0]["rank"]) == ("mei", 1)
    for viewer in (mei, bo, guest):
        assert (await viewer.control("quiz_result", quiz=opened["id"]))["data"]["result"] == result
        assert types(viewer) == ["quiz_open", "quiz_close", "quiz_result"]
    assert (await bo.refused("answer", {**answer, "choice": 1}))["code"] == 2021

    won = (await mei.inbox.until("direct"))["data"]
    assert (won["quiz"], won["rank"], won["coupon"]["amount_minor"]) == (opened["id"], 1, 500)
    coupons = [await server.do("GET", "/api/me/coupons", by=server.person(name)) for name in ("mei", "bo")]
    assert [[c["coupon"]["title"] for c in mine["coupons"]] for mine in coupons] == [["5 off"], []]
    again = await server.do("POST", f"/api/rooms/{room}/quizzes/{opened['id']}/close", {})
    assert (again["result"], again["offset"]) == (result, outcome["offset"])


async def test_pins_the_bag_and_the_show_come_in_order_and_make_the_room(server: InProcessServer, enter: Enter):
    room = await server.room(live=False)
    guest = await enter(room)
    base = f"/api/rooms/{room}"

    async def at(method: str, path: str, body: Any = None) -> Any:
        return await server.do(method, base + path, body)

    await at("POST", "/state", {"status": "live"})
    pears = (await at("POST", "/bag", {"title": "Pears", "price_minor": 990, "currency": "CNY"}))["card"]["id"]
    plums = (await at("POST", "/pins", {"title": "Plums"}))["card"]["id"]
    await at("POST", "/pins", {"card": pears})
    await at("DELETE", f"/bag/{plums}")
    await at("DELETE", "/pins")
    await at("PATCH", "", {"notice": "Rain at noon", "title": "Harvest"})
    await at("POST", "/state", {"status": "paused"})
    refused = await server.call("POST", f"{base}/state", {"status": "scheduled"})
    assert (refused.status, refused.body["code"]) == (409, 2004)
    assert (
        await server.call("POST", f"{base}/bag", {"title": "Price without currency", "price_minor": 1})
    ).status == 400
    assert (await server.call("DELETE", f"{base}/bag/{plums}")).body["code"] == 2041
    await at("POST", "/state", {"status": "ended"})

    controls = await guest.inbox.count("control", 9)
    assert [control["type"] for control in controls] == [
        "show", "bag_put", "pin", "pin", "bag_remove", "unpin", "room", "show", "show",
    ]  # fmt: skip
    assert [control["offset"] for control in controls] == list(range(1, 10))
    assert [control["data"]["type"] for control in controls] == types(guest)
    view = (await guest.join(room))["room"]["view"]
    assert [card["id"] for card in view["bag"]] == [pears]
    assert (view["pin"], view["notice"], view["title"], view["show"]["status"]) == (
        None,
        "Rain at noon",
        "Harvest",
        "ended",
    )


async def test_a_coupon_goes_once_to_a_person_and_leaves_the_room_when_none_is_left(
    server: InProcessServer, enter: Enter
):
    room = await server.room()
    mei, bo, guest = await enter(room, server.person("mei")), await enter(room, server.person("bo")), await enter(room)
    await server.sell_jam(room)
    coupon = {"title": "One only", "amount_minor": 300, "total": 1}
    placed = (await server.do("POST", f"/api/rooms/{room}/coupons", coupon))["coupon"]
    assert (await guest.control("coupon"))["data"]["coupon"] == placed

    claim = {"coupon": placed["id"], "key": "any-key-1"}
    assert (await guest.refused("claim", claim))["code"] == 1100
    assert (await mei.refused("claim", {**claim, "coupon": "none"}))["code"] == 4010
    mine = await mei.done("claim", claim)
    assert mine["coupon"]["coupon"] == placed
    assert await mei.done("claim", {**claim, "key": "any-key-2"}) == mine
    assert (await bo.refused("claim", claim))["code"] == 4011
    for viewer in (mei, bo, guest):
        await viewer.control("coupon_end", coupon=placed["id"])
    assert (await guest.join(room))["room"]["view"]["coupons"] == []
    assert [c["id"] for c in (await server.do("GET", "/api/me/coupons", by=server.person("mei")))["coupons"]] == [
        placed["id"]
    ]


async def test_who_shows_a_token_that_is_over_is_turned_away_by_number(
    kind: str, server: InProcessServer, crowd: Crowd
):
    with pytest.raises(TurnedAway) as turned_away:
        await crowd.of_kind(kind, server, server.person("mei", ttl_s=-1))

    assert turned_away.value.error == {
        "message": "bad_token",
        "data": {"code": 1101, "name": "bad_token", "message": "The token is over. Sign in again."},
    }

    async def nobody_is_left() -> bool:
        return await server.metric("livehub_sockets") == 0

    await eventually(nobody_is_left)


async def test_a_number_quiz_closes_by_itself_and_the_nearest_win_whatever_their_client(
    server: InProcessServer, crowd: Crowd
):
    room = await server.room()
    guesses = dict(zip(KINDS, (11.5, 14.2, 13.0, 14.0, 20.0), strict=True))
    people = {kind: server.person(f"person-{number}") for number, kind in enumerate(KINDS)}
    viewers = {kind: await crowd.of_kind(kind, server, people[kind]) for kind in KINDS}
    for viewer in viewers.values():
        await viewer.join(room)
    quiz = {
        "kind": "number", "question": "How many °Bx?", "correct_value": 13.6, "min_value": 0, "max_value": 20, "unit": "°Bx",
        "duration_s": 3, "winners_max": 3, "prize": {"title": "A jar of jam", "amount_minor": 3200},
    }  # fmt: skip
    opened = (await server.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]
    assert opened["closes_ts"] - opened["opens_ts"] == 3000
    assert (await server.call("POST", f"/api/rooms/{room}/quizzes", quiz)).body["code"] == 2024
    answer = {"room": room, "quiz": opened["id"]}
    assert (await viewers[KINDS[0]].refused("answer", {**answer, "value": 20.1}))["code"] == 2023
    for kind, viewer in viewers.items():
        await viewer.done("answer", {**answer, "value": guesses[kind]})

    for viewer in viewers.values():
        shown = await viewer.inbox.until("control", lambda body: body["type"] == "quiz_result")
        assert shown["ts"] >= opened["closes_ts"]
        result = shown["data"]["result"]
        assert [(w["user"], w["rank"], w["value"]) for w in result["winners"]] == [
            ("person-3", 1, 14.0), ("person-1", 2, 14.2), ("person-2", 3, 13.0),
        ]  # fmt: skip
        assert (result["answers"], result["correct_value"], sum(result["counts"])) == (5, 13.6, 5)
        assert len(result["edges"]) == len(result["counts"]) + 1
        assert types(viewer) == ["quiz_open", "quiz_close", "quiz_result"]
    for rank, number in enumerate((3, 1, 2), start=1):
        won = (await viewers[KINDS[number]].inbox.until("direct"))["data"]
        assert (won["rank"], won["coupon"]["title"]) == (rank, "A jar of jam")
        mine = (await server.do("GET", "/api/me/coupons", by=people[KINDS[number]]))["coupons"]
        assert [coupon["id"] for coupon in mine] == [won["coupon"]["id"]]
    for number in (0, 4):
        assert (await server.do("GET", "/api/me/coupons", by=people[KINDS[number]]))["coupons"] == []


@pytest.mark.parametrize("kind", [*KINDS, "javascript polling"])
async def test_a_burst_that_is_allowed_is_answered_whole_whatever_the_client_sends_by(
    kind: str, server: InProcessServer, crowd: Crowd
):
    room = await server.room()
    viewer = await crowd.of_kind(kind, server)
    await viewer.join(room)
    answers = await asyncio.gather(*(viewer.call("like", {"room": room, "n": 1}) for _ in range(50)))
    assert answers == [{"ok": True}] * 50
    await viewer.done("like", {"room": room, "n": 1})
