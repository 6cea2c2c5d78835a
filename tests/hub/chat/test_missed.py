"""Whoever comes back is told no text of a line that is gone by now; all else is told as it was."""

import msgspec
import pytest
from msgspec import Raw, Struct

from livehub.hub.chat.room_messages import Banned, LineDeleted, LineRestored, SlowModeSet, without_gone_texts
from livehub.room.models import ChatLine
from livehub.room.wire import Control
from tests.room.said import REGISTRY

LINE = ChatLine(id="line-1", user="mei", name="Mei", role="viewer", text="call 12345", ts=1)
BLANK = {"type": "chat_restore", "line": {**msgspec.to_builtins(LINE), "name": "", "text": ""}}


def log(*messages: Struct) -> list[Control]:
    return [REGISTRY.control("farm", "e", offset, 1_000, data) for offset, data in enumerate(messages, 1)]


@pytest.mark.parametrize("later", [LineDeleted(line="line-1"), Banned(user="mei", until_ts=1)])
def test_a_restored_line_that_is_gone_again_is_told_without_its_text(later: Struct) -> None:
    missed = log(LineDeleted(line="line-1"), LineRestored(line=LINE), SlowModeSet(seconds=5), later)
    told = without_gone_texts(missed)
    assert msgspec.json.decode(told[1].data) == BLANK
    assert [told[0], *told[2:]] == [missed[0], *missed[2:]]
    assert [control.offset for control in told] == [1, 2, 3, 4]
    assert b"12345" not in msgspec.json.encode(told)


@pytest.mark.parametrize(
    "later", [LineDeleted(line="line-2"), Banned(user="bo", until_ts=1), Banned(user="mei", until_ts=0)]
)
def test_a_restored_line_that_is_shown_is_told_as_it_was(later: Struct) -> None:
    missed = log(LineDeleted(line="line-1"), LineRestored(line=LINE), later)
    assert without_gone_texts(missed) == missed


def test_a_line_that_was_restored_twice_is_told_whole_or_not_at_all() -> None:
    gone, back = LineDeleted(line="line-1"), LineRestored(line=LINE)
    told = without_gone_texts(log(gone, back, gone, back))
    assert [msgspec.json.decode(told[at].data)["line"]["text"] for at in (1, 3)] == ["", "call 12345"]


def test_a_message_that_cannot_be_read_is_passed_on_as_it_is() -> None:
    odd = [
        Control(room="farm", epoch="e", offset=at, type=type_, ts=1, data=Raw(b'{"type":"balloons"}'))
        for at, type_ in enumerate(("chat_restore", "chat_delete", "ban", "balloons"), 1)
    ]
    assert without_gone_texts(odd) == odd
