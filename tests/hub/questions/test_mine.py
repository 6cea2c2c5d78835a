"""Who asked sees what became of it, and nobody else's questions; what was not taken up is closed, without a verdict."""

from typing import Any

from livehub.base.auth import Role
from livehub.hub.questions.questions import Q
from tests.base.served import NOW_S, Served

NOW_MS = int(NOW_S * 1000)


async def asked(served: Served, id_: str, user: str, after_ms: int = 0) -> None:
    await served.database.fetchrow(Q["insert_question"], id_, "farm", user, user, f"{id_}?", NOW_MS + after_ms)


async def mine(served: Served, user: str, query: str = "", role: Role = Role.VIEWER) -> Any:
    answer = await served.call(f"GET /api/rooms/farm/questions/mine{query}", role=role, user=user)
    assert answer.status == 200, answer
    return answer.body


async def room(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    for number, user in enumerate(("mei", "bo", "mei", "mei")):
        await asked(served, f"q{number}", user, number)


async def test_ones_own_questions_come_latest_first_with_what_became_of_them(served: Served) -> None:
    await room(served)
    await served.done("POST /api/rooms/farm/questions/q0/answer", {"answer": "Yes."})
    await served.call("POST /api/rooms/farm/questions/q2/dismiss", {})
    waiting = {"state": "waiting", "answer": "", "answered_ts": None}
    assert await mine(served, "mei") == {
        "items": [
            {"id": "q3", "text": "q3?", "asked_ts": NOW_MS + 3, **waiting},
            {"id": "q2", "text": "q2?", "asked_ts": NOW_MS + 2, **waiting, "state": "closed"},
            {
                "id": "q0",
                "text": "q0?",
                "asked_ts": NOW_MS,
                "state": "answered",
                "answer": "Yes.",
                "answered_ts": NOW_MS,
            },
        ],
        "next": None,
    }
    assert [item["id"] for item in (await mine(served, "bo"))["items"]] == ["q1"]
    assert await mine(served, "guest-1", role=Role.GUEST) == {"items": [], "next": None}


async def test_they_come_in_pages(served: Served) -> None:
    await room(served)
    first = await mine(served, "mei", "?limit=2")
    assert [item["id"] for item in first["items"]] == ["q3", "q2"]
    second = await mine(served, "mei", f"?limit=2&after={first['next']}")
    assert ([item["id"] for item in second["items"]], second["next"]) == (["q0"], None)


async def test_nobody_has_none_and_a_room_that_is_not_there_neither(served: Served) -> None:
    await room(served)
    assert (await served.call("GET /api/rooms/farm/questions/mine", role=None)).status == 401
    assert (await served.call("GET /api/rooms/none/questions/mine", role=Role.VIEWER)).body["code"] == 2000
    assert (await served.call("GET /api/rooms/farm/questions/mine?after=x", role=Role.VIEWER)).status == 400
