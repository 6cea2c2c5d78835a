"""A follower passes on what it does not know, and then takes the room over as whoever knew it has stored it."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from msgspec import Raw, Struct

from livehub.base.auth import Identity, Role
from livehub.base.control import ControlMessage
from livehub.hub.chat.effects import EFFECTS
from livehub.hub.chat.room_messages import SLOW_MODE, Banned, LineDeleted, LineRestored, SlowModeSet
from livehub.hub.rooms.bulk_writer import one_by_one
from livehub.hub.rooms.log import StoredRoom
from livehub.hub.rooms.room import Effect, Room, RoomServices
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection
from livehub.room.controls import Registry
from livehub.room.history import Arrival
from livehub.room.models import ChatLine
from livehub.room.pace import TickRateController
from livehub.room.presence import Likes
from livehub.room.state import RoomState
from livehub.room.wire import Control, Position
from tests.hub.conftest import waiting
from tests.room.said import REGISTRY, new_room, registry_of

EPOCH = "e"


def replica(
    registry: Registry | None = None,
    effects: Mapping[str, Effect] = EFFECTS,
    here: Sequence[Connection] = (),
    **settings: Any,
) -> Room:
    config = HubConfig(**settings)
    services = RoomServices(
        config=config,
        registry=registry or registry_of({"coupons_shown_max": 3}),
        effects=effects,
        pace=TickRateController(min_s=0.1, max_s=1.0, share_max=0.5),
        send=one_by_one,
        publish=lambda _channel, _payload: None,
        devices_of=lambda user: [one for one in here if one.identity is not None and one.identity.id == user],
        wall_s=lambda: 1.0,
    )
    stored = StoredRoom(position=Position(epoch=EPOCH, offset=0), state=new_room())
    return Room(services, stored, Likes("worker", {}))


def known(offset: int, data: Struct) -> Control:
    return REGISTRY.control("demo", EPOCH, offset, 1_000, data)


def unknown(offset: int) -> Control:
    data = Raw(b'{"type":"balloons","number":1}')
    return Control(room="demo", epoch=EPOCH, offset=offset, type="balloons", ts=1_000, data=data)


def stored(offset: int, **view: Any) -> StoredRoom:
    text = json.dumps({"view": {"title": "Farm day", "host": {"name": "Farm"}, **view}})
    return StoredRoom(position=Position(epoch=EPOCH, offset=offset), state=REGISTRY.read("demo", text).state)


def shown(live: Room) -> Any:
    return json.loads(bytes(live.snapshot().view))


def test_an_unknown_message_moves_the_position_and_can_be_recovered() -> None:
    live = replica()
    assert live.follow(unknown(1)) is Arrival.NEXT
    assert live.position == Position(epoch=EPOCH, offset=1)
    assert live.is_behind
    assert live.ring.after(0) == (unknown(1),)


async def test_it_reaches_viewers_as_it_came(connect: Callable[..., Connection]) -> None:
    live, viewer = replica(), connect()
    live.enter(viewer)
    live.follow(unknown(1))
    live.fanout.start("demo")
    heard: list[str] = []
    async with asyncio.timeout(5.0):
        while not heard:
            await asyncio.sleep(0)
            heard = waiting(viewer)
    live.fanout.stop()
    assert json.loads(heard[0].removeprefix("42"))[1]["data"] == {"type": "balloons", "number": 1}


def test_what_was_stored_at_its_position_is_taken_over() -> None:
    live = replica()
    live.follow(unknown(1))
    assert live.adopt(stored(1, balloons=1))
    assert not live.is_behind
    assert shown(live)["balloons"] == 1


def test_what_followed_since_then_is_applied_to_it() -> None:
    live = replica()
    live.follow(unknown(1))
    live.follow(known(2, SlowModeSet(seconds=5)))
    assert live.adopt(stored(1, balloons=1))
    assert (shown(live)["balloons"], live.state[SLOW_MODE].slow_mode_s) == (1, 5)


def test_what_was_stored_before_it_is_not_taken() -> None:
    live = replica()
    live.follow(known(1, SlowModeSet(seconds=5)))
    live.follow(unknown(2))
    before = live.state
    assert not live.adopt(stored(1, balloons=7))
    assert live.is_behind
    assert live.state is before


def test_nor_is_what_lies_ahead_or_belongs_to_another_log() -> None:
    live = replica()
    live.follow(unknown(1))
    other = StoredRoom(position=Position(epoch="f", offset=1), state=RoomState(room="demo"))
    assert not live.adopt(stored(2, balloons=2))
    assert not live.adopt(other)
    assert live.is_behind


def test_where_the_ring_does_not_reach_back_it_is_read_again() -> None:
    live = replica(control_ring_max=10)
    live.follow(unknown(1))
    for offset in range(2, 14):
        live.follow(known(offset, SlowModeSet(seconds=offset)))
    assert not live.adopt(stored(1, balloons=1))
    assert live.adopt(stored(13, balloons=1, slow_mode_s=13))


def test_an_unknown_message_only_then_is_behind_until_it_is_read() -> None:
    live = replica()
    assert live.adopt(stored(0, balloons=9))
    assert "balloons" not in shown(live)  # nothing was missing


def test_a_new_log_is_never_behind() -> None:
    live = replica()
    live.follow(unknown(1))
    live.restart(Position(epoch="f", offset=0), new_room())
    assert not live.is_behind


def test_a_snapshot_says_the_bounds_of_this_installation() -> None:
    assert replica().snapshot().bounds == {
        "bag_max": 100,
        "coupons_max": 3,
        "questions_max": 50,
        "sales_max": 20,
        "chat_chars_max": 200,
        "question_chars_max": 300,
    }


# --- what messages do beside changing the room ---


def line(number: int, user: str) -> ChatLine:
    return ChatLine(id=f"l{number}", user=user, name=user, role="viewer", text="hi", ts=number)


def test_deleted_lines_and_those_of_the_banned_are_forgotten() -> None:
    live = replica()
    for number, user in enumerate(("ann", "bob", "ann", "cho")):
        live.say(line(number, user))
    live.follow(known(1, LineDeleted(line="l3")))
    live.follow(known(2, Banned(user="ann", until_ts=2_000)))
    assert [one.id for one in live.chat.recent] == ["l1"]
    delta = live._delta()
    assert delta is not None
    assert [one.id for one in delta.chats] == ["l1"]


def test_a_restored_line_is_remembered_where_it_was_said_and_once() -> None:
    live = replica(chat_history_max=3)
    for number in range(4):
        live.say(line(number, "ann"))
    live.follow(known(1, LineDeleted(line="l2")))
    again, forgotten = line(2, "ann"), line(0, "ann")
    for offset, restored in enumerate((again, again), 2):
        live.follow(known(offset, LineRestored(line=restored)))
    assert [one.id for one in live.chat.recent] == ["l1", "l2", "l3"]
    live.follow(known(4, LineRestored(line=forgotten)))
    assert [one.id for one in live.chat.recent] == ["l1", "l2", "l3"]
    live.follow(known(5, LineDeleted(line="l3")))
    live.follow(known(6, LineRestored(line=line(3, "ann"))))
    assert [one.id for one in live.chat.recent] == ["l1", "l2", "l3"]


async def test_a_banned_person_hears_of_it_and_is_out(connect: Callable[..., Connection]) -> None:
    viewer, other = connect(), connect()
    live = replica(here=[viewer, other])
    for connection, name in ((viewer, "ann"), (other, "bob")):
        connection.identity = Identity(id=name, name=name, role=Role.VIEWER)
        connection.enter_room("demo")
        live.enter(connection)
    live.follow(known(1, Banned(user="ann", until_ts=2_000)))
    assert [json.loads(text.removeprefix("42"))[1]["type"] for text in waiting(viewer)] == ["ban"]
    assert list(live.fanout.members) == [other]
    live.follow(known(2, Banned(user="bob", until_ts=0)))
    assert list(live.fanout.members) == [other]


class Broken(Struct, frozen=True, kw_only=True, tag_field="type", tag="broken"):
    """Something whose module has a defect."""


def test_a_module_that_fails_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("a defect")

    registry = registry_of(None, ControlMessage(Broken, SLOW_MODE, fail))
    live = replica(registry, effects={"broken": fail})
    live.follow(registry.control("demo", EPOCH, 1, 5, Broken()))
    assert (live.position.offset, live.is_behind) == (1, True)
    assert [record.message for record in caplog.records] == ["rooms.reducer_failed", "rooms.effect_failed"]
    assert live.adopt(stored(1, slow_mode_s=3))
    live.follow(known(2, SlowModeSet(seconds=5)))
    assert live.state[SLOW_MODE].slow_mode_s == 5
