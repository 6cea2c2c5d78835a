"""A product's number in a room: from its first time there, kept while others leave, its own again when it comes back, and
nobody else's, also beside a version that knows no numbers.
"""

import json

from hypothesis import given
from hypothesis import strategies as st

from commerce.catalogue.room_messages import GOODS, NUMBERS_OF_GONE_MAX, bag_put, bag_removed, pinned
from livehub.base.auth import Role
from livehub.room.models import Card
from livehub.room.state import RoomState
from tests.base.served import Served
from tests.room import said
from tests.room.strategies import NOW_MS

REGISTRY = said.REGISTRY


def named(state: RoomState) -> dict[str, int | None]:
    """The numbers in the bag, the newest product first."""
    return {card.id: card.no for card in state[GOODS].bag}


def put(state: RoomState, name: str) -> RoomState:
    data = bag_put(state, Card(id=name, title=name), REGISTRY.bounds)
    return REGISTRY.reduce(state, data, ts=NOW_MS)


def remove(state: RoomState, name: str) -> RoomState:
    return REGISTRY.reduce(state, bag_removed(state, name), ts=NOW_MS)


def filled(*names: str) -> RoomState:
    state = said.new_room()
    for name in names:
        state = put(state, name)
    return state


def stored(state: RoomState) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = json.loads(bytes(REGISTRY.stored(state)))
    return read


def test_numbers_stay_while_others_leave_and_come_back_with_their_product() -> None:
    state = filled("bread", "honey", "eggs")
    assert named(state) == {"eggs": 3, "honey": 2, "bread": 1}
    state = remove(state, "bread")
    assert named(state) == {"eggs": 3, "honey": 2}
    state = put(state, "tea")
    assert named(state) == {"tea": 4, "eggs": 3, "honey": 2}
    assert named(put(state, "bread")) == {"bread": 1, "tea": 4, "eggs": 3, "honey": 2}


def test_a_number_is_not_given_again_when_the_bag_was_emptied() -> None:
    assert named(put(remove(filled("bread"), "bread"), "honey")) == {"honey": 2}


def test_the_pin_has_the_number_of_the_bag_also_of_a_product_that_changed() -> None:
    state = filled("bread", "honey")
    data = pinned(state, Card(id="bread", title="Rye bread"), REGISTRY.bounds)
    assert data.card == Card(id="bread", no=1, title="Rye bread")
    state = REGISTRY.reduce(state, data, ts=NOW_MS)
    assert state[GOODS].pin == Card(id="bread", no=1, title="Rye bread")
    assert named(state) == {"honey": 2, "bread": 1}


def test_a_room_that_was_stored_without_numbers_has_those_that_pages_counted_out() -> None:
    old = stored(filled("bread", "honey", "eggs"))
    del old["numbers"]
    for card in [*old["view"]["bag"], old["view"]["pin"] or {}]:  # type: ignore[misc]
        card.pop("no", None)
    old["view"]["pin"] = {"id": "honey", "title": "honey"}
    state = REGISTRY.read("demo", json.dumps(old)).state
    assert named(state) == {"eggs": 3, "honey": 2, "bread": 1}
    assert state[GOODS].pin == Card(id="honey", no=2, title="honey")
    assert named(put(remove(state, "honey"), "tea")) == {"tea": 4, "eggs": 3, "bread": 1}


def test_a_version_without_numbers_that_writes_the_bag_anew_takes_them_from_nobody() -> None:
    """It keeps what it does not know beside the view, and loses what it does not know inside a card."""
    state = remove(filled("bread", "honey", "eggs"), "bread")
    by_old = stored(state)
    by_old["view"]["bag"] = [{"id": name, "title": name} for name in ("tea", "eggs", "honey")]  # and put tea into it
    read = REGISTRY.read("demo", json.dumps(by_old)).state
    assert named(read) == {"tea": 4, "eggs": 3, "honey": 2}
    assert named(put(read, "bread"))["bread"] == 1


def test_a_message_of_a_version_without_numbers_makes_the_same_of_a_room_in_every_process() -> None:
    state = filled("bread", "honey")
    for data in (said.BagPut(card=Card(id="tea", title="Tea")), said.Pinned(card=Card(id="bread", title="Bread"))):
        state = REGISTRY.reduce(state, data, ts=NOW_MS)
    assert named(state) == {"tea": 3, "honey": 2, "bread": 1}
    assert state[GOODS].pin == Card(id="bread", no=1, title="Bread")


def test_viewers_see_the_numbers_of_cards_and_not_the_list_of_all() -> None:
    view = json.loads(bytes(REGISTRY.view(filled("bread"))))
    assert view["bag"][0]["no"] == 1
    assert "numbers" not in view


def test_of_thousands_that_left_the_first_are_forgotten_and_no_number_comes_twice() -> None:
    state = filled("stays")
    for count in range(NUMBERS_OF_GONE_MAX + 2):
        state = remove(put(state, f"p{count}"), f"p{count}")
    assert len(state[GOODS].numbers) <= NUMBERS_OF_GONE_MAX + 2
    assert state[GOODS].numbers["stays"] == 1
    assert named(put(state, "p0"))["p0"] == NUMBERS_OF_GONE_MAX + 4
    assert named(put(state, f"p{NUMBERS_OF_GONE_MAX}"))[f"p{NUMBERS_OF_GONE_MAX}"] == NUMBERS_OF_GONE_MAX + 2


@given(st.lists(st.tuples(st.sampled_from(["put", "remove", "pin"]), st.sampled_from("abcdef")), max_size=30))
def test_no_number_is_ever_of_two_products_and_no_product_ever_has_two(steps: list[tuple[str, str]]) -> None:
    state, given_to = said.new_room(), dict[int, str]()
    for step, name in steps:
        if step == "remove":
            if name not in named(state):
                continue
            state = remove(state, name)
        else:
            way = bag_put if step == "put" else pinned
            data = way(state, Card(id=name, title=name), REGISTRY.bounds)
            state = REGISTRY.reduce(state, data, ts=NOW_MS)
        for id_, no in named(state).items():
            assert no is not None
            assert given_to.setdefault(no, id_) == id_
    assert len(set(given_to.values())) == len(given_to)


async def test_calls_answer_with_the_number_and_a_page_shows_it(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    bread = (await served.done("POST /api/rooms/farm/bag", {"title": "Bread"}))["card"]
    honey = (await served.done("POST /api/rooms/farm/pins", {"title": "Honey"}))["card"]
    assert (bread["no"], honey["no"]) == (1, 2)
    await served.done(f"DELETE /api/rooms/farm/bag/{bread['id']}")
    view = (await served.done("GET /api/rooms/farm", role=Role.VIEWER))["room"]["view"]
    assert [card["no"] for card in view["bag"]] == [2]
    assert view["pin"]["no"] == 2
    (room,) = (await served.done("GET /api/rooms"))["rooms"]
    assert room["pin"]["no"] == 2
