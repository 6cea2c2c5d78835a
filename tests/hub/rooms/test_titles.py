"""A room's words by language: beside the plain ones, taken and told like them, gone when they translate nothing any more."""

from typing import Any

import pytest

from tests.base.conftest import served
from tests.base.served import Served

__all__ = ["served"]

ROOM = {
    "id": "farm",
    "title": "农场日",
    "titles": {"zh": "农场日", "en": "Farm day"},
    "host": {"name": "青禾农场", "names": {"zh": "青禾农场", "en": "Qinghe Farm"}},
}


async def view(served: Served) -> Any:
    return (await served.done("GET /api/rooms/farm"))["room"]["view"]


async def test_a_room_has_its_title_and_host_by_language(served: Served) -> None:
    made = (await served.done("POST /api/rooms", ROOM))["room"]["view"]
    (listed,) = (await served.done("GET /api/rooms"))["rooms"]
    for seen in (made, await view(served), listed):
        assert (seen["title"], seen["titles"]) == ("农场日", {"zh": "农场日", "en": "Farm day"})
        assert seen["host"]["names"] == {"zh": "青禾农场", "en": "Qinghe Farm"}


@pytest.mark.parametrize("titles", [None, {}, "left out"])
async def test_a_room_without_titles_by_language_says_nothing_of_them(served: Served, titles: Any) -> None:
    body = {"id": "farm", "title": "Farm day"}
    await served.done("POST /api/rooms", body if titles == "left out" else {**body, "titles": titles})
    (listed,) = (await served.done("GET /api/rooms"))["rooms"]
    for seen in (await view(served), listed):
        assert not {"titles", "notices"} & seen.keys()
        assert "names" not in seen["host"]


async def test_words_by_language_are_composed_like_the_plain_ones(served: Served) -> None:
    await served.done("POST /api/rooms", {**ROOM, "titles": {"en": " Cafe\u0301\n day\u200b "}})
    assert (await view(served))["titles"] == {"en": "Café day"}


@pytest.mark.parametrize(
    ("edit", "titles"),
    [
        ({"titles": {"zh": "开园", "en": "Opening"}}, {"zh": "开园", "en": "Opening"}),
        ({"titles": {"en": "Opening"}}, {"en": "Opening"}),
        ({"title": "开园", "titles": {"en": "Opening"}}, {"en": "Opening"}),
        ({"poster": "/demo/field.svg"}, {"zh": "农场日", "en": "Farm day"}),
        ({"title": "农场日"}, {"zh": "农场日", "en": "Farm day"}),
        ({"title": "开园"}, None),
        ({"titles": None}, None),
        ({"titles": {}}, None),
    ],
)
async def test_titles_by_language_change_with_an_edit(served: Served, edit: dict[str, Any], titles: Any) -> None:
    await served.done("POST /api/rooms", ROOM)
    await served.done("PATCH /api/rooms/farm", edit)
    (listed,) = (await served.done("GET /api/rooms"))["rooms"]
    assert ((await view(served)).get("titles"), listed.get("titles")) == (titles, titles)


async def test_a_notice_has_its_words_by_language_until_it_changes(served: Served) -> None:
    await served.done("POST /api/rooms", ROOM)
    await served.done("PATCH /api/rooms/farm", {"notice": "今天包邮", "notices": {"en": "Free delivery today"}})
    seen = await view(served)
    assert (seen["notice"], seen["notices"]) == ("今天包邮", {"en": "Free delivery today"})
    await served.done("PATCH /api/rooms/farm", {"titles": {"en": "Opening"}})
    assert (await view(served))["notices"] == {"en": "Free delivery today"}
    await served.done("PATCH /api/rooms/farm", {"notice": ""})
    assert "notices" not in await view(served)


@pytest.mark.parametrize(
    "wrong",
    [
        {"titles": {"en": ""}},
        {"titles": {"en": "x" * 121}},
        {"titles": {"fr": "Ferme"}},
        {"titles": ["Farm day"]},
        {"host": {"name": "青禾农场", "names": {"en": "x" * 121}}},
    ],
)
@pytest.mark.parametrize("call", ["POST /api/rooms", "PATCH /api/rooms/old"])
async def test_words_by_language_beyond_the_bounds_are_refused(
    served: Served, call: str, wrong: dict[str, Any]
) -> None:
    await served.done("POST /api/rooms", {"id": "old", "title": "Old"})
    before = await served.contents()
    answer = await served.call(call, {**({} if "old" in call else ROOM), **wrong})
    assert (answer.status, answer.body["name"]) == (400, "bad_request")
    assert await served.contents() == before


@pytest.mark.parametrize("call", ["POST /api/rooms", "PATCH /api/rooms/old"])
async def test_a_title_in_a_language_of_which_nothing_is_seen_is_refused(served: Served, call: str) -> None:
    await served.done("POST /api/rooms", {"id": "old", "title": "Old"})
    before = await served.contents()
    answer = await served.call(call, {**({} if "old" in call else ROOM), "titles": {"en": "\u200b"}})
    assert (answer.status, answer.body["name"]) == (422, "text_empty")
    assert await served.contents() == before


async def test_a_recording_has_the_rooms_titles_while_its_title_is_the_rooms(served: Served) -> None:
    await served.done("POST /api/rooms", ROOM)
    await served.database.execute(
        """INSERT INTO recordings (id, room, title, started_ts, ended_ts, duration_ms, bytes, has_poster, state, store,
            updated_ts)
        VALUES ('rec-1', 'farm', '农场日', 1, 2, 1, 1, false, 'ended', 'here', 2)"""
    )

    async def titles() -> Any:
        (recording,) = (await served.done("GET /api/rooms/farm/recordings"))["recordings"]
        return recording["title"], recording.get("titles")

    assert await titles() == ("农场日", {"zh": "农场日", "en": "Farm day"})
    await served.done("PATCH /api/rooms/farm", {"title": "开园", "titles": {"en": "Opening"}})
    assert await titles() == ("农场日", None)
