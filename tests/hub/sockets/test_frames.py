"""Frames are what RFC 6455 says, at every length, as an independent WebSocket implementation reads them."""

import gc
import weakref

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, TextMessage
from wsproto.extensions import PerMessageDeflate

from livehub.hub.sockets import frames
from livehub.room import wire


def _read(data: bytes) -> list[object]:
    reader = Connection(ConnectionType.CLIENT)
    reader.receive_data(data)
    return list(reader.events())


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_of_any_length_is_read_whole(size: int) -> None:
    payload = b"x" * size
    events = _read(frames.websocket_frame(payload))
    text = "".join(event.data for event in events if isinstance(event, TextMessage))
    assert text == payload.decode()
    last = events[-1]
    assert isinstance(last, TextMessage)
    assert last.message_finished


@given(st.lists(st.text(max_size=300), min_size=1, max_size=8))
def test_frames_in_a_row_are_read_as_the_same_texts(texts: list[str]) -> None:
    stream = b"".join(frames.websocket_frame(text.encode()) for text in texts)
    events = _read(stream)
    assert [event.data for event in events if isinstance(event, TextMessage) and event.message_finished] == texts


def test_a_close_frame_carries_its_code() -> None:
    (event,) = _read(frames.close_frame(3002))
    assert isinstance(event, CloseConnection)
    assert event.code == 3002


def test_an_event_is_the_same_message_for_a_socket_and_for_a_poll() -> None:
    frame = frames.event("tick", wire.Tick(room="demo", chats=[], likes=3, viewers=2))
    (event,) = _read(frame.websocket)
    assert isinstance(event, TextMessage)
    assert event.data == '42["tick",{"room":"demo","chats":[],"likes":3,"viewers":2}]'
    assert [packet.encode() for packet in frame.packets] == [event.data]
    assert frame.packets is frame.packets  # made once


def test_an_acknowledgement_carries_the_number_it_answers() -> None:
    frame = frames.acknowledgement("17", wire.Done())
    (event,) = _read(frame.websocket)
    assert isinstance(event, TextMessage)
    assert event.data.startswith("4317[")
    assert msgspec.json.decode(event.data[4:]) == [{"ok": True}]


@given(st.lists(st.text(max_size=400).map("42".__add__), min_size=1, max_size=6))
def test_several_in_one_write_are_read_one_by_one_plain_and_compressed(texts: list[str]) -> None:
    first, *others = [frames.Frame(text.encode()) for text in texts]
    together = first.concat(*others)

    def read(data: bytes, *extensions: PerMessageDeflate) -> list[str]:
        reader = Connection(ConnectionType.CLIENT, list(extensions))
        reader.receive_data(data)
        whole: list[str] = [""]
        for event in reader.events():
            assert isinstance(event, TextMessage)
            whole[-1] += event.data
            if event.message_finished:
                whole.append("")
        return whole[:-1]

    agreed = PerMessageDeflate(server_no_context_takeover=True)
    agreed.finalize("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    assert read(together.websocket) == texts
    assert read(together.deflated, agreed) == texts
    assert [packet.data for packet in together.packets] == [text[1:] for text in texts]
    assert len(together.deflated) <= len(together.websocket)


def test_what_was_compressed_once_is_not_compressed_again_in_company() -> None:
    first, second = (frames.Frame(b"42" + letter * 1_000) for letter in (b"a", b"b"))
    alone = (first.deflated, second.deflated)
    for _ in range(2):
        assert first.concat(second).deflated == b"".join(alone)
    assert first.concat() is first
    assert first.deflated is alone[0]


def test_a_frame_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        frame = frames.Frame(b"42[]")
        together = weakref.ref(frame.concat(frame, frame))
        assert together() is None
    finally:
        gc.enable()
