"""What the server sends, the load test's own types read, whole; they are made of the same declarations."""

import json
from typing import Any

import msgspec
import pytest

from livehub.room import wire
from livehub.room.models import ChatLine, Snapshot
from loadtest import wire as client
from tests.room import reductions, said

STORY = reductions.stories()[-1]
CONTROLS = [
    wire.Control(room="demo", epoch="e", offset=n, type=json.loads(bytes(data))["type"], ts=1, data=data)
    for n, data in enumerate(data for story in reductions.stories() for data in story.controls)
]


def same(sent: object, kind: type[msgspec.Struct]) -> None:
    """Nothing is lost or changed on the way; what was left out is None there."""
    text = msgspec.json.encode(sent)
    read = msgspec.json.encode(msgspec.json.decode(text, type=kind))
    assert _without_nulls(json.loads(read)) == _without_nulls(json.loads(text))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return value


def test_every_control_message_is_read() -> None:
    assert {control.type for control in CONTROLS} == set(said.REGISTRY.messages)
    for control in CONTROLS:
        same(control, client.Control)


def test_so_is_the_answer_to_a_join() -> None:
    line = ChatLine(id="l", user="u", name="n", role="viewer", text="hi", ts=1)
    room = Snapshot(view=STORY.then, likes=1, viewers=2, chats=(line,), ts=3, bounds=STORY.bounds)
    joined = wire.Joined(room=room, epoch="e", offset=9, recovered=True, missed=CONTROLS[:20])
    same(joined, client.Joined)


@pytest.mark.parametrize(
    "sent",
    [
        wire.Tick(room="demo", chats=[], likes=1, viewers=2),
        wire.Notice(type="moving", ts=1, after_ms=5),
        wire.Done(),
        wire.DoneWithId(id="x", held=True),
        wire.Direct(id="d", type="t", ts=1, data={"a": [1]}),
    ],
    ids=lambda sent: type(sent).__name__,
)
def test_and_so_is_everything_else(sent: msgspec.Struct) -> None:
    kind = getattr(client, type(sent).__name__)
    received = msgspec.json.decode(msgspec.json.encode(sent), type=kind)
    expected = json.loads(msgspec.json.encode(sent))
    assert {name: value for name, value in msgspec.to_builtins(received).items() if value is not None} == expected
