"""A message is understood once and counted at everybody it came to, however it was wrapped."""

import msgspec
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage
from wsproto.extensions import PerMessageDeflate

from livehub.room import wire
from loadtest.dialects import Livehub, Raw
from loadtest.hearing import MESSAGES_MAX, Figures, Hearing, added


def chat(ts: float, number: int = 0) -> bytes:
    return msgspec.json.encode({"kind": "chat", "ts": ts, "n": number})


def framed(text: bytes, *extensions: PerMessageDeflate) -> bytes:
    return Connection(ConnectionType.SERVER, list(extensions)).send(TextMessage(data=text.decode()))


def independent() -> PerMessageDeflate:
    extension = PerMessageDeflate(server_no_context_takeover=True)
    extension.finalize("server_no_context_takeover")
    return extension


def test_each_arrival_is_a_delivery_with_its_own_latency():
    hearing = Hearing(Raw())
    message = hearing.whole(framed(chat(1_000)))
    assert message is not None
    message.arrivals.update({1_010: 3, 1_200: 1})
    figures = hearing.settle()
    assert (figures.frames, figures.lines, figures.events) == (4, 4, 4)
    assert figures.chat.total == 4
    assert 9.8 < figures.chat.percentile(50) < 10.3
    assert figures.chat.greatest_ms == 200
    assert hearing.settle() == Figures()


def test_the_same_bytes_are_known_and_expected_again():
    hearing = Hearing(Raw())
    frame = framed(chat(1_000))
    assert hearing.known(frame) is None
    message = hearing.whole(frame)
    assert hearing.known(frame) is message
    assert (hearing.last_frame, hearing.last) == (frame, message)


def test_compressed_and_plain_are_one_message():
    hearing = Hearing(Raw())
    assert hearing.whole(framed(chat(1_000))) is hearing.whole(framed(chat(1_000), independent()))


def test_what_concerns_one_viewer_alone_is_not_kept():
    hearing = Hearing(Livehub())
    frame = framed(b'430[{"ok":true,"epoch":"e","offset":1}]')
    assert hearing.whole(frame) is not None
    assert hearing.known(frame) is None


def test_what_makes_no_sense_is_a_fault():
    hearing = Hearing(Livehub())
    hearing.whole(framed(b'42["tick",{"room":"r"}]'))
    assert hearing.settle().faults == {"unreadable": 1}


def test_forgetting_loses_no_count():
    hearing = Hearing(Raw())
    for number in range(MESSAGES_MAX * 3):
        message = hearing.whole(framed(chat(1_000, number)))
        assert message is not None
        message.arrivals[1_000] = 2
    assert hearing.settle().lines == MESSAGES_MAX * 3 * 2


def test_pings_are_no_frames_of_the_room_and_the_unknown_is_told():
    hearing = Hearing(Livehub())
    notice = b"42" + msgspec.json.encode(["notice", wire.Notice(type="degraded", ts=1)])
    for text in (b"2", notice):
        message = hearing.whole(framed(text))
        assert message is not None
        message.arrivals[1] = 5
    figures = hearing.settle()
    assert figures.frames == 5
    assert hearing.settle().notices == {} != figures.notices == {"notice": 5}


def test_processes_add_up_and_a_fault_taken_back_is_none():
    one, other = Figures(present=2, lines=3, faults={"missing": 1}), Figures(present=5, lines=4, faults={"missing": -1})
    one.merge(other)
    assert (one.present, one.lines, one.faults) == (7, 7, {})
    assert added({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
