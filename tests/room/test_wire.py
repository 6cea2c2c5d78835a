"""Every message survives both of its encodings, ignores what it does not know, and refuses what is of the wrong type."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, inspect

from commerce.coupons.socket_events import Claim
from commerce.sales.socket_events import Reserve, Wait
from livehub.app import MODULES
from livehub.room import models, wire
from tests.room import said
from tests.room.strategies import of_type


def structs_of(module: object) -> list[type[Struct]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Struct)]
    return [struct for struct in found if struct is not Struct]


SAID = [message.struct for message in said.CONTROL_MESSAGES]
# Those that carry what they do not know, as bytes, are told of in test_controls.py.
CARRIERS = {wire.Control, wire.Joined, models.Snapshot}
STRUCTS = [s for s in dict.fromkeys([*structs_of(wire), *structs_of(models), *SAID]) if s not in CARRIERS]
FROM_CLIENTS = [event.body for module in MODULES for event in module.socket_events]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
@given(st.data())
@settings(max_examples=15)
def test_every_struct_survives_json_and_msgpack(struct: type[Struct], data: st.DataObject) -> None:
    value = data.draw(of_type(struct))
    assert msgspec.json.decode(msgspec.json.encode(value), type=struct) == value
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=struct) == value
    assert wire.encode_json(value) == msgspec.json.encode(value)
    json.loads(msgspec.json.encode(value))  # and anybody's JSON reader takes it


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
@given(st.data())
@settings(max_examples=5)
def test_a_field_that_is_not_known_yet_is_ignored(struct: type[Struct], data: st.DataObject) -> None:
    value = data.draw(of_type(struct))
    newer = {**json.loads(msgspec.json.encode(value)), "field_of_version_2": {"a": [1, None]}}
    assert msgspec.json.decode(json.dumps(newer), type=struct) == value


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_what_is_no_object_is_refused(struct: type[Struct]) -> None:
    for text in ("null", "[]", '"text"', "7", "tru", "{", ""):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(text, type=struct)


def fields_of(struct: type[Struct]) -> list[tuple[type[Struct], inspect.Field]]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return [(struct, field) for field in info.fields]


def value_of_another_type(kind: inspect.Type) -> Any:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    options = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return 7 if all(isinstance(option, inspect.StrType | inspect.NoneType) for option in options) else "seven"


@pytest.mark.parametrize(
    ("struct", "field"),
    [pair for struct in FROM_CLIENTS for pair in fields_of(struct)],
    ids=lambda part: getattr(part, "__name__", getattr(part, "name", "")),
)
def test_no_field_of_a_client_takes_another_type_and_none_that_is_needed_may_be_missing(
    struct: type[Struct], field: inspect.Field
) -> None:
    good = {
        "room": "demo", "since": None, "text": "hi", "n": 1, "quiz": "q", "choice": 0, "value": 1.5, "sale": "s",
        "qty": 1, "key": "12345678", "coupon": "c", "ids": ["d"], "line": "l",
        "lines": [{"sale": "s", "qty": 1}], "hold": "h", "ticket": "t", "proof": "1", "token": "t",
    }  # fmt: skip
    body = {name: good[name] for name in struct.__struct_fields__}
    msgspec.convert(body, struct)
    with pytest.raises(msgspec.ValidationError, match=rf"at `\$\.{field.name}"):
        msgspec.json.decode(json.dumps({**body, field.name: value_of_another_type(field.type)}), type=struct)
    del body[field.name]
    if field.required:
        with pytest.raises(msgspec.ValidationError, match=f"missing required field `{field.name}`"):
            msgspec.convert(body, struct)
    else:
        msgspec.convert(body, struct)


@pytest.mark.parametrize(
    ("struct", "body"),
    [
        (wire.Join, {"room": "Demo"}),
        (wire.Join, {"room": "demo", "since": {"epoch": "e", "offset": -1}}),
        (wire.Join, {"room": "demo", "since": {"epoch": "e" * 33, "offset": 1}}),
        (wire.Join, {"room": "demo", "since": {"epoch": "e"}}),
        (wire.Like, {"room": "demo", "n": 0}),
        (wire.Like, {"room": "demo", "n": 101}),
        (wire.Like, {"room": "demo", "n": 1.5}),
        (wire.Answer, {"room": "demo", "quiz": "q", "choice": -1}),
        (wire.Answer, {"room": "demo", "quiz": "q", "choice": 21}),
        (wire.Answer, {"room": "demo", "quiz": "q", "value": 1.1e9}),
        (Reserve, {"sale": "s", "qty": 0, "key": "12345678"}),
        (Reserve, {"lines": [], "key": "12345678"}),
        (Reserve, {"lines": [{"sale": "s", "qty": 1}] * 9, "key": "12345678"}),
        (Wait, {"sale": "s", "qty": 1_000_001, "key": "12345678"}),
        (Claim, {"coupon": "c", "key": "1234567"}),
        (Claim, {"coupon": "", "key": "12345678"}),
        (wire.Read, {"ids": ["d"] * 101}),
    ],
)
def test_what_a_client_sends_is_refused_outside_its_bounds(struct: type[Struct], body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(body), type=struct)


def test_a_number_that_json_does_not_have_is_refused() -> None:
    for text in ("NaN", "Infinity", "-Infinity", "1e999"):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(f'{{"room": "demo", "quiz": "q", "value": {text}}}', type=wire.Answer)


def test_each_control_message_is_told_by_its_own_type() -> None:
    assert {message.type for message in said.CONTROL_MESSAGES} == {
        "show", "room", "pin", "unpin", "bag_put", "bag_remove", "coupon", "coupon_end", "quiz_open", "quiz_close",
        "quiz_result", "question", "slow_mode", "chat_delete", "chat_restore", "mute", "ban", "camera",
        "sale_scheduled", "sale_open", "sale_change", "sale_close", "sale_remove", "host",
    }  # fmt: skip  # names on the wire: they stay


def test_only_what_is_left_out_on_purpose_is_missing_from_what_the_server_sends() -> None:
    tick = wire.Tick(room="demo", chats=[], likes=3, viewers=2)
    assert json.loads(wire.encode_json(tick)) == {"room": "demo", "chats": [], "likes": 3, "viewers": 2}
    with_stock = wire.Tick(room="demo", chats=[], likes=3, viewers=2, stock={"eggs": 5})
    assert json.loads(wire.encode_json(with_stock))["stock"] == {"eggs": 5}
    error = wire.ErrorBody(code=1003, name="too_fast", message="Too fast.")
    assert json.loads(wire.encode_json(wire.Refused(error=error))) == {
        "ok": False,
        "error": {"code": 1003, "name": "too_fast", "message": "Too fast."},
    }
    assert wire.encode_json(wire.Done()) == b'{"ok":true}'
    unpinned = said.REGISTRY.control("demo", "e", 1, 5, said.Unpinned())
    assert json.loads(wire.encode_json(unpinned)) == {
        "room": "demo", "epoch": "e", "offset": 1, "type": "unpin", "ts": 5, "data": {"type": "unpin"},
    }  # fmt: skip
