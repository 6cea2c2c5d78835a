"""Moderation as the contract has it: whatever stock client speaks, it is held back, put out and told alike."""

from typing import Any

from tests.integration.contract import Enter, types
from tests.integration.server import InProcessServer


def is_held(staff: Any) -> bool:
    return bool(staff["type"] == "held")


async def test_slow_mode_and_mute_hold_viewers_back_and_not_the_host(server: InProcessServer, enter: Enter):
    room = await server.room()
    host, mei = await enter(room, server.host), await enter(room, server.person("mei"))
    moderation = f"/api/rooms/{room}/moderation"

    await server.do("POST", f"{moderation}/slow-mode", {"seconds": 60})
    await mei.control("slow_mode", seconds=60)
    await mei.done("chat", {"room": room, "text": "one"})
    error = await mei.refused("chat", {"room": room, "text": "two"})
    assert error["code"] == 2013
    assert 55_000 < error["retry_after_ms"] <= 60_100
    await host.done("chat", {"room": room, "text": "host one"})
    await host.done("chat", {"room": room, "text": "host two"})
    await server.do("POST", f"{moderation}/slow-mode", {"seconds": 0})
    await mei.control("slow_mode", seconds=0)
    await mei.done("chat", {"room": room, "text": "three"})

    await server.do("POST", f"{moderation}/mutes", {"user": "mei", "seconds": 600})
    await mei.control("mute", user="mei")
    error = await mei.refused("chat", {"room": room, "text": "four"})
    assert error["code"] == 2010
    assert 590_000 < error["retry_after_ms"] <= 600_100
    assert (await mei.refused("ask", {"room": room, "text": "four?"}))["code"] == 2010
    page = await server.do("GET", moderation)
    assert [(r["user"], r["kind"]) for r in page["restrictions"]] == [("mei", "mute")]
    await server.do("POST", f"{moderation}/mutes", {"user": "mei", "seconds": 0})
    await mei.control("mute", user="mei", until_ts=0)
    await mei.done("chat", {"room": room, "text": "five"})

    await host.line("five")
    assert host.texts == ["one", "host one", "host two", "three", "five"]


async def test_a_banned_person_is_removed_and_may_not_return_until_let_in(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei, guest = await enter(room, server.person("mei")), await enter(room)
    bans = f"/api/rooms/{room}/moderation/bans"
    await mei.done("chat", {"room": room, "text": "bad things"})
    await guest.line("bad things")

    await server.do("POST", bans, {"user": "mei"})
    for viewer in (mei, guest):
        assert (await viewer.control("ban"))["data"]["user"] == "mei"
    assert (await mei.refused("chat", {"room": room, "text": "more"}))["code"] in (2001, 2011)
    assert (await mei.refused("join", {"room": room}))["code"] == 2011
    assert (await guest.join(room))["room"]["chats"] == []
    await guest.inbox.until("tick", lambda body: body["viewers"] == 1)

    await server.do("POST", bans, {"user": "mei", "seconds": 0})
    await guest.control("ban", user="mei", until_ts=0)
    assert types(mei) == ["ban"]  # being out of the room, she does not hear what happens in it
    assert (await mei.join(room))["room"]["viewers"] == 2


async def test_a_deleted_line_goes_from_everywhere(server: InProcessServer, enter: Enter):
    room = await server.room()
    mei, guest = await enter(room, server.person("mei")), await enter(room)
    said = await mei.done("chat", {"room": room, "text": "my number is 555"})
    await mei.done("chat", {"room": room, "text": "sorry"})
    await guest.line("sorry")

    placed = await server.do("DELETE", f"/api/rooms/{room}/chats/{said['id']}")
    assert (await guest.control("chat_delete", line=said["id"]))["offset"] == placed["offset"]
    assert [line["text"] for line in (await guest.join(room))["room"]["chats"]] == ["sorry"]
    assert await server.do("DELETE", f"/api/rooms/{room}/chats/{said['id']}") == placed  # twice is once


async def test_word_lists_hold_and_block_from_the_moment_they_change(server: InProcessServer, enter: Enter):
    room = await server.room()
    host, mei, guest = await enter(room, server.host), await enter(room, server.person("mei")), await enter(room)
    await mei.done("chat", {"room": room, "text": "WeChat me"})
    lists = {"block": ["加微信"], "hold": ["wechat"]}
    assert await server.do("PUT", "/api/moderation/words", lists, by=server.ops) == lists
    assert (
        await server.call("PUT", "/api/moderation/words", {"block": [], "hold": []})
    ).status == 403  # a host may not

    assert (await mei.refused("chat", {"room": room, "text": "请加 微.信"}))["code"] == 2012
    assert (await mei.refused("ask", {"room": room, "text": "加微信?"}))["code"] == 2012
    ids: list[str] = []
    for text in ("ＷｅＣｈａｔ anyone?", "wechat again"):
        held = await mei.done("chat", {"room": room, "text": text})
        assert held["held"] is True
        [told] = [
            row for row in await host.inbox.count("staff", len(ids) + 1, is_held) if row["data"]["id"] == held["id"]
        ]
        assert (told["data"]["reason"], told["data"]["line"]["text"]) == ("word", text)
        ids.append(held["id"])
    waiting = (await server.do("GET", f"/api/rooms/{room}/moderation"))["held"]
    assert [row["id"] for row in waiting] == ids

    for verdict, id_ in zip(("approve", "reject"), ids, strict=True):
        await server.do("POST", f"/api/rooms/{room}/moderation/held/{id_}/{verdict}", {})
        again = await server.call("POST", f"/api/rooms/{room}/moderation/held/{id_}/approve", {})
        assert (again.status, again.body["code"]) == (404, 2016)
    assert (await guest.line("ＷｅＣｈａｔ anyone?"))["id"] == ids[0]
    await server.do("PUT", "/api/moderation/words", {"block": [], "hold": []}, by=server.ops)
    await mei.done("chat", {"room": room, "text": "wechat at last"})
    await guest.line("wechat at last")
    assert guest.texts == ["WeChat me", "ＷｅＣｈａｔ anyone?", "wechat at last"]


async def test_a_reported_line_comes_before_a_moderator_who_may_take_it_away(server: InProcessServer, enter: Enter):
    room = await server.room()
    host, mei, bo = (
        await enter(room, server.host),
        await enter(room, server.person("mei")),
        await enter(room, server.person("bo")),
    )
    said = await mei.done("chat", {"room": room, "text": "cheap watches"})
    report = {"room": room, "line": said["id"]}

    assert (await mei.refused("report", report))["code"] == 2016  # one's own
    assert (await bo.refused("report", {**report, "line": "none"}))["code"] == 2016
    assert await bo.done("report", report) == await bo.done("report", report) == {"ok": True}
    told = await host.inbox.until("staff", lambda body: body["type"] == "report")
    assert (told["data"]["reports"], told["data"]["line"]["text"]) == (1, "cheap watches")
    [row] = (await server.do("GET", f"/api/rooms/{room}/moderation"))["held"]
    assert (row["id"], row["reason"], row["reports"]) == (said["id"], "report", 1)

    await server.do("POST", f"/api/rooms/{room}/moderation/held/{said['id']}/reject", {})
    await bo.control("chat_delete", line=said["id"])
    assert (await server.do("GET", f"/api/rooms/{room}/moderation"))["held"] == []
