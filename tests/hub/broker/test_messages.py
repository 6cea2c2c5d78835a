"""What is no message of ours is one error, whatever is wrong with it; what a newer version adds to a message is passed over."""

import msgspec
import pytest
from msgspec import Struct

from livehub.base.module import ModuleError
from livehub.hub.broker import messages
from livehub.hub.broker.dispatch import ForeignMessage, MessageDispatch
from livehub.hub.chat.words import WordsChanged
from livehub.hub.inbox.inbox import DirectPublished
from livehub.room.models import ChatLine
from tests.room import said

CONTROL = said.REGISTRY.control("demo", "e", 7, 5, said.Muted(user="ann", until_ts=9))
LINE = ChatLine(id="l", user="u", name="名", role="viewer", text="hi", ts=1)
GOOD = [
    messages.published(CONTROL),
    messages.RoomDelta(worker="w", chats=[LINE], likes=3),
    WordsChanged(),
]


def dispatch() -> MessageDispatch:
    made = MessageDispatch()
    for kind in (messages.RoomDelta, messages.ControlPublished, DirectPublished, WordsChanged):
        made.on(kind, lambda _channel, _message: None)
    return made


decode = dispatch().decode


@pytest.mark.parametrize("message", GOOD, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_bus(message: Struct) -> None:
    assert decode(messages.encode(message)) == message


def test_a_control_message_is_the_same_on_the_other_side() -> None:
    message = decode(messages.encode(messages.published(CONTROL)))
    assert isinstance(message, messages.ControlPublished)
    assert message.control == CONTROL


@pytest.mark.parametrize("message", GOOD, ids=lambda message: type(message).__name__)
def test_fields_of_a_newer_version_are_passed_over(message: Struct) -> None:
    newer = {**msgspec.msgpack.decode(messages.encode(message)), "audience": {"segment": "gold"}}
    assert decode(msgspec.msgpack.encode(newer)) == message


DEEP = b"\x81\xa4type" + b"\x91" * 100_000
BAD = {
    "nothing": b"",
    "cut off": messages.encode(GOOD[1])[:-3],
    "no map": msgspec.msgpack.encode([1, 2]),
    "invalid UTF-8 in a value": messages.encode(GOOD[1]).replace("名".encode(), b"\xff\xfe\xfd"),
    "invalid UTF-8 in the tag": b"\x81\xa4type\xa5wor\xffs",
    "a message of a newer version": msgspec.msgpack.encode({"type": "audience_changed", "room": "demo"}),
    "a message of an older version": msgspec.msgpack.encode({"type": "control", "control": {"room": "demo"}}),
    "no type": msgspec.msgpack.encode({"worker": "w"}),
    "another shape": msgspec.msgpack.encode({"type": "entry", "room": 7}),
    "deeper than anybody can read": DEEP,
    "deeper than anybody can read, where nobody looks": msgspec.msgpack.encode({"type": "words"})[:1].replace(
        b"\x81", b"\x82"
    )
    + b"\xa4type\xa5words\xa1x"
    + b"\x91" * 100_000,
    "not msgpack": b"\xc1\xc1\xc1",
}


@pytest.mark.parametrize("payload", BAD.values(), ids=BAD)
def test_anything_else_is_one_error(payload: bytes) -> None:
    with pytest.raises(ForeignMessage):
        decode(payload)


def test_a_line_of_somebody_whose_role_is_new_is_a_line_all_the_same() -> None:
    batch = msgspec.msgpack.decode(messages.encode(GOOD[1]))
    batch["chats"][0]["role"] = "picker"
    batch["staff"] = [{"room": "demo", "type": "parcels", "ts": 1, "data": {}}]
    received = decode(msgspec.msgpack.encode(batch))
    assert isinstance(received, messages.RoomDelta)
    assert (received.chats[0].role, received.staff[0].type) == ("picker", "parcels")


def test_a_tag_belongs_to_one_kind_and_whoever_has_it_keeps_it() -> None:
    class Copy(Struct, tag="words"):
        """Another module's."""

    made, heard = MessageDispatch(), list[str]()
    made.on(WordsChanged, lambda channel, _message: heard.append(channel))
    with pytest.raises(ModuleError):
        made.on(Copy, lambda _channel, _message: None)
    with pytest.raises(ModuleError):
        made.on(WordsChanged, lambda _channel, _message: None)
    made.received("words", messages.encode(WordsChanged()))
    assert heard == ["words"]


def test_a_kind_that_nobody_asked_for_is_foreign() -> None:
    made = MessageDispatch()
    for payload in (messages.encode(WordsChanged()), b""):
        with pytest.raises(ForeignMessage):
            made.decode(payload)
