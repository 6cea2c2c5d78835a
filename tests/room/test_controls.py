"""Whatever a newer version says or stores in a room passes through unharmed, and nothing that is stored locks a room up."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw, Struct, structs

from livehub.base.control import Audience, Bound, Bounds, ControlMessage, RoomPart
from livehub.hub.chat.room_messages import SLOW_MODE, SlowModeSet
from livehub.room.controls import Registry
from livehub.room.errors import RoomUnreadable
from livehub.room.models import Card, Host
from livehub.room.room_messages import DETAILS
from livehub.room.wire import Control
from tests.room.said import GOODS, REGISTRY, RESTRICTIONS, Pinned, new_room, registry_of, seen, written

NOW_MS = 1_800_000_000_000
HONEY = Card(id="honey", no=1, title="Honey")


class Balloons(Struct, frozen=True, kw_only=True):
    """A part that only newer versions know."""

    balloons: int = 0
    colours: tuple[str, ...] = ()


class BalloonsLet(Struct, frozen=True, kw_only=True, tag_field="type", tag="balloons"):
    """So many balloons rise."""

    number: int
    secret: str = ""


class LikesHidden(Struct, frozen=True, kw_only=True, tag_field="type", tag="likes_hidden"):
    """Something that servers alone know."""

    by: str


class Hidden(Struct, frozen=True, kw_only=True):
    hidden_by: str = ""


def _let(part: Balloons, data: BalloonsLet, _ts: int, bounds: Bounds) -> Balloons:
    return structs.replace(part, balloons=min(part.balloons + data.number, bounds["balloons_max"]))


def _hidden(_part: Hidden, data: LikesHidden, _ts: int, _bounds: Bounds) -> Hidden:
    return Hidden(hidden_by=data.by)


def _public(data: BalloonsLet, _audience: Audience) -> BalloonsLet:
    return structs.replace(data, secret="")


BALLOONS = RoomPart(Balloons, bounds=(Bound(name="balloons_max", setting="balloons_max", default=9),))
HIDDEN = RoomPart(Hidden, is_public=False)
NEWER = registry_of(
    None,
    ControlMessage(BalloonsLet, BALLOONS, _let, project=_public),
    ControlMessage(LikesHidden, HIDDEN, _hidden),
)


def of(registry: Registry, data: Struct, offset: int = 1) -> Control:
    return registry.control("demo", "e", offset, NOW_MS, data)


def stored_by_newer() -> dict[str, Any]:
    """A room as a newer version stores it: unknown members in the view and beside it, and unknown fields inside known ones."""
    state = new_room(NEWER)
    for data in (BalloonsLet(number=3), LikesHidden(by="host"), Pinned(card=HONEY)):
        state = NEWER.reduce(state, data, ts=NOW_MS)
    stored: dict[str, Any] = json.loads(bytes(NEWER.stored(state)))
    stored["view"]["host"]["pronouns"] = "they"
    stored["view"]["pin"]["origin"] = "Field 7"
    stored["view"]["deep"] = {"a": [1, {"b": None}], "n": 1.50}
    return stored


# --- a newer version beside this one ---


def test_what_nobody_here_knows_is_written_back_as_it_was() -> None:
    before = stored_by_newer()
    read = REGISTRY.read("demo", json.dumps(before))
    state = REGISTRY.reduce(read.state, SlowModeSet(seconds=5), ts=NOW_MS)
    after = json.loads(bytes(REGISTRY.stored(state, read)))
    assert after == {**before, "view": {**before["view"], "slow_mode_s": 5}}
    assert NEWER.read("demo", json.dumps(after)).state[BALLOONS] == Balloons(balloons=3)
    assert NEWER.read("demo", json.dumps(after)).state[HIDDEN] == Hidden(hidden_by="host")


def test_it_survives_byte_for_byte() -> None:
    text = '{"view": {"title": "x", "balloons": {"n":  1.0e2, "s": "\\u00e9"}}, "later": [ 1,2 ]}'
    read = REGISTRY.read("demo", text)
    state = REGISTRY.reduce(read.state, Pinned(card=HONEY), ts=NOW_MS)
    assert b'"balloons":{"n":  1.0e2, "s": "\\u00e9"}' in bytes(REGISTRY.stored(state, read))
    assert b'"later":[ 1,2 ]' in bytes(REGISTRY.stored(state, read))


def test_a_part_that_a_message_changed_is_written_anew_and_the_others_are_not() -> None:
    read = REGISTRY.read("demo", json.dumps(stored_by_newer()))
    state = REGISTRY.reduce(read.state, Pinned(card=Card(id="jam", title="Jam")), ts=NOW_MS)
    view = json.loads(bytes(REGISTRY.stored(state, read)))["view"]
    assert view["pin"]["id"] == "jam"
    assert view["host"]["pronouns"] == "they"


def test_viewers_get_what_nobody_here_knows_and_not_what_servers_keep() -> None:
    read = REGISTRY.read("demo", json.dumps(stored_by_newer()))
    view = json.loads(bytes(REGISTRY.view(read.state)))
    assert (view["balloons"], view["deep"]) == (3, {"a": [1, {"b": None}], "n": 1.50})
    assert "hidden_by" not in json.dumps(view)
    assert "bans" not in view


def test_a_message_of_an_unknown_type_has_no_effect_that_could_be_known() -> None:
    control = of(NEWER, BalloonsLet(number=1))
    assert REGISTRY.decode(control) is None
    assert REGISTRY.apply(new_room(), control) is None
    assert NEWER.apply(new_room(NEWER), control) is not None


def test_so_has_one_of_a_known_type_whose_data_cannot_be_read() -> None:
    for data in (b'{"type":"pin"}', b'{"type":"pin","card":7}', b'{"type":"bag_put","card":{}}', b"7", b"\xff", b"["):
        control = Control(room="demo", epoch="e", offset=1, type="pin", ts=NOW_MS, data=Raw(data))
        assert REGISTRY.decode(control) is None


def test_fields_of_a_newer_version_in_a_known_message_pass_on() -> None:
    data = json.dumps({"type": "slow_mode", "seconds": 3, "why": "noise"}).encode()
    control = Control(room="demo", epoch="e", offset=1, type="slow_mode", ts=NOW_MS, data=Raw(data))
    state = REGISTRY.apply(new_room(), control)
    assert state is not None
    assert state[SLOW_MODE].slow_mode_s == 3
    assert json.loads(msgspec.json.encode(control))["data"]["why"] == "noise"


def test_a_room_of_the_version_before_is_read_and_what_it_did_not_have_is_filled_in() -> None:
    read = NEWER.read("demo", bytes(REGISTRY.stored(new_room())))
    assert read.faults == ()
    assert read.state[BALLOONS] == Balloons()
    assert json.loads(bytes(NEWER.view(read.state)))["colours"] == []


# --- what was written past the edge ---


def test_what_is_out_of_the_bounds_of_the_edge_is_read() -> None:
    stored = {"view": {"title": "t" * 5_000, "pin": {"id": "", "title": "n" * 121, "image": "http://x/y.png"}}}
    read = REGISTRY.read("demo", json.dumps(stored))
    assert read.faults == ()
    pin = read.state[GOODS].pin
    assert pin is not None
    assert (len(pin.title), pin.image) == (121, "http://x/y.png")


@pytest.mark.parametrize(
    ("member", "value"),
    [("pin", 7), ("bag", [{"id": "x"}]), ("slow_mode_s", "much"), ("show", {"status": "on fire"}), ("title", None)],
)
def test_a_member_that_cannot_be_read_counts_as_its_default_and_the_rest_is_there(member: str, value: object) -> None:
    state = REGISTRY.reduce(new_room(), Pinned(card=HONEY), ts=NOW_MS)
    stored = json.loads(bytes(REGISTRY.stored(state)))
    stored["view"][member] = value
    read = REGISTRY.read("demo", json.dumps(stored))
    assert [fault.member for fault in read.faults] == [member]
    expected = structs.replace(seen(state), **{member: getattr(seen(REGISTRY.initial("demo", {})), member)})
    assert seen(read.state) == expected


def test_it_is_kept_as_it_is_until_a_message_changes_that_part() -> None:
    stored = {"view": {"pin": 7}, "mutes": [], "bans": {"ann": NOW_MS + 9}}
    read = REGISTRY.read("demo", json.dumps(stored))
    assert [fault.member for fault in read.faults] == ["pin", "mutes"]
    assert read.state[RESTRICTIONS].bans == {"ann": NOW_MS + 9}
    slower = REGISTRY.reduce(read.state, SlowModeSet(seconds=5), ts=NOW_MS)
    assert json.loads(bytes(REGISTRY.stored(slower, read)))["view"]["pin"] == 7
    pinned = REGISTRY.reduce(slower, Pinned(card=HONEY), ts=NOW_MS)
    repaired = REGISTRY.read("demo", bytes(REGISTRY.stored(pinned, read)))
    assert [fault.member for fault in repaired.faults] == ["mutes"]
    assert repaired.state[GOODS].pin == HONEY


@pytest.mark.parametrize("text", ["7", "null", "[]", '{"view": 7}', '{"view": null}', "", "{", '{"view": {"x": 1}'])
def test_what_is_no_room_at_all_is_refused_by_number(text: str) -> None:
    with pytest.raises(RoomUnreadable) as refusal:
        REGISTRY.read("demo", text)
    assert refusal.value.code == 2005


def test_deep_nesting_ends_nothing() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(RoomUnreadable):
        REGISTRY.read("demo", '{"view": {"pin": ' + deep + "}}")


# --- what is declared ---


def test_bounds_come_from_the_settings_and_only_those_of_the_view_are_shown() -> None:
    registry = registry_of({"coupons_shown_max": 3})
    assert registry.bounds["coupons_max"] == 3
    assert registry.shown_bounds == {
        "bag_max": 100,
        "chat_chars_max": 200,
        "coupons_max": 3,
        "question_chars_max": 300,
        "questions_max": 50,
        "sales_max": 20,
    }
    assert registry.bounds["restrictions_max"] == 2_000


def test_a_message_is_projected_for_an_audience_and_one_that_is_unknown_goes_as_it_came() -> None:
    control = of(NEWER, BalloonsLet(number=1, secret="x"))
    everybody = Audience()
    assert json.loads(bytes(NEWER.project(control, everybody).data)) == {"type": "balloons", "number": 1, "secret": ""}
    assert REGISTRY.project(control, everybody) is control
    unchanged = of(REGISTRY, Pinned(card=HONEY))
    assert REGISTRY.project(unchanged, everybody) is unchanged


def test_no_type_and_no_member_has_two_owners() -> None:
    class Again(Struct, frozen=True, kw_only=True, tag_field="type", tag="pin"):
        pass

    class Thief(Struct, frozen=True, kw_only=True):
        bag: int = 0

    class Robbed(Struct, frozen=True, kw_only=True, tag_field="type", tag="robbed"):
        pass

    with pytest.raises(ValueError, match="two control messages of type 'pin'"):
        registry_of(None, ControlMessage(Again))
    with pytest.raises(ValueError, match="'bag' in RoomPart"):
        registry_of(None, ControlMessage(Robbed, RoomPart(Thief), lambda part, _data, _ts, _bounds: part))


def test_what_is_no_control_message_is_not_declared_as_one() -> None:
    class Loose(Struct, tag_field="type", tag="loose"):
        pass

    for struct in (Loose, Balloons):
        with pytest.raises(TypeError, match="is no control message"):
            ControlMessage(struct)
    with pytest.raises(TypeError, match="come together"):
        ControlMessage(BalloonsLet, BALLOONS)


def test_the_envelope_and_the_data_say_the_same_type() -> None:
    control = of(REGISTRY, Pinned(card=HONEY))
    assert json.loads(msgspec.json.encode(control)) == {
        "room": "demo", "epoch": "e", "offset": 1, "type": "pin", "ts": NOW_MS,
        "data": {"type": "pin", "card": msgspec.to_builtins(HONEY)},
    }  # fmt: skip
    assert written(Pinned(card=HONEY)) == bytes(control.data)


def test_the_published_view_has_a_field_for_each_member() -> None:
    assert set(REGISTRY.view_type().__struct_fields__) == {
        "id", "title", "host", "poster", "show", "pin", "bag", "coupons", "quiz", "questions", "slow_mode_s", "notice",
        "program", "sales", "titles", "notices",
    }  # fmt: skip  # names on the wire: they stay
    assert new_room()[DETAILS].host == Host(name="Farm")
