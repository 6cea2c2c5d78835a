"""Each dialect says what its server wants to hear, and makes of what it hears what it means."""

import msgspec
import pytest

from livehub.room import wire
from livehub.room.models import ChatLine
from loadtest.dialects import CHAT_MARK, Entrance, Heard, Livehub, Raw, SocketIO, Step, dialect


def event(name: str, body: object) -> bytes:
    return b"42" + msgspec.json.encode([name, body])


def line(text: str) -> ChatLine:
    return ChatLine(id="1", user="u", name="U", role="viewer", text=text, ts=1)


def test_a_tick_is_lines_and_a_total():
    tick = wire.Tick(room="r", chats=[line(f"{CHAT_MARK}1000.5"), line("hello")], likes=77, viewers=3)
    assert Livehub().understand(event("tick", tick)) == Heard(
        kind="tick", lines=2, likes_total=77, sent_ms=(1000.5,), steps=()
    )


def test_a_control_message_is_a_step():
    control = wire.Control(room="r", epoch="e", offset=4, type="unpin", ts=12, data=msgspec.Raw(b'{"type":"unpin"}'))
    assert Livehub().understand(event("control", control)) == Heard(kind="control", steps=(Step("e", 4, 12),))


def test_what_livehub_says_besides_is_told_by_name():
    notice = wire.Notice(type="degraded", ts=1)
    assert Livehub().understand(event("notice", notice)) == Heard(kind="notice")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'0{"sid":"x","pingInterval":25000}', "open"),
        (b'40{"sid":"y"}', "connected"),
        (b"2", "ping"),
        (b"41", "closed"),
        (b"1", "closed"),
        (b"6", "unknown"),
    ],
)
@pytest.mark.parametrize("name", ["livehub", "socketio"])
def test_packets_of_the_protocol_are_known(name, text, kind):
    assert dialect(name).understand(text).kind == kind


def test_an_answer_to_the_join_is_read():
    snapshot = {"view": {}, "likes": 9, "viewers": 1, "chats": [], "ts": 1}
    missed = [{"room": "r", "epoch": "e", "offset": 5, "type": "unpin", "ts": 1, "data": {"type": "unpin"}}]
    body = {"ok": True, "room": snapshot, "epoch": "e", "offset": 5, "recovered": True, "missed": missed}
    heard = Livehub().understand(b"430" + msgspec.json.encode([body]))
    assert heard.kind == "joined"
    assert heard.body is not None
    assert (heard.body.ok, heard.body.epoch, heard.body.offset, heard.body.recovered) == (True, "e", 5, True)
    assert [(one.epoch, one.offset) for one in heard.body.missed] == [("e", 5)]
    assert heard.body.room.likes == 9


@pytest.mark.parametrize("beginning", [b"430", b"44"])
def test_a_refusal_keeps_its_number_and_its_pause(beginning):
    error = {"code": 1201, "name": "overloaded", "message": "Later.", "retry_after_ms": 1500}
    whole = [{"ok": False, "error": error}] if beginning == b"430" else {"message": "Later.", "data": error}
    heard = Livehub().understand(beginning + msgspec.json.encode(whole))
    assert heard.body is not None
    assert not heard.body.ok
    assert heard.body.error == error


def test_other_acknowledgements_are_not_taken_for_the_join():
    heard = Livehub().understand(b'431[{"ok":false,"error":{"code":1003}}]')
    assert (heard.kind, heard.body is not None and heard.body.error["code"]) == ("ack", 1003)


@pytest.mark.parametrize("speak", [SocketIO(), Raw()])
def test_single_events_are_a_line_likes_or_a_step(speak):
    def told(name: str, body: dict[str, object]) -> bytes:
        return event(name, body) if speak.name == "socketio" else msgspec.json.encode({"kind": name, **body})

    assert speak.understand(told("chat", {"ts": 5.5, "text": "hi"})) == Heard(kind="chat", lines=1, sent_ms=(5.5,))
    assert speak.understand(told("like", {"n": 3, "ts": 1})) == Heard(kind="like", likes=3)
    assert speak.understand(told("like", {})) == Heard(kind="like", likes=1)
    assert speak.understand(told("control", {"ts": 2, "epoch": "e", "offset": 6})).steps == (Step("e", 6, 2),)
    assert speak.understand(told("weather", {})) == Heard(kind="weather")


def test_what_we_say_comes_back_as_what_it_is():
    for speak in (SocketIO(), Raw()):
        assert speak.understand(speak.chat("r", 1234.5)).sent_ms == (1234.5,)
        assert speak.understand(speak.like("r", 7)).likes == 7


def test_a_viewer_connects_joins_and_answers_pings():
    guest, known = Entrance(room="r"), Entrance(room="r", token="t", since=("e", 3))
    assert Livehub().reply("open", guest) == b"40{}"
    assert Livehub().reply("open", known) == b'40{"token":"t"}'
    assert Livehub().reply("connected", known) == b'420["join",{"room":"r","since":{"epoch":"e","offset":3}}]'
    assert SocketIO().reply("connected", known) == b'420["join",{"room":"r"}]'
    assert SocketIO().reply("ping", guest) == b"3"
    assert [Raw().reply(kind, guest) for kind in ("upgraded", "ping", "open")] == [None, None, None]


def test_each_is_in_the_room_at_its_own_moment():
    assert [Livehub().entered(kind) for kind in ("upgraded", "connected", "joined")] == [False, False, True]
    assert [Raw().entered(kind) for kind in ("upgraded", "connected", "joined")] == [True, False, False]
    assert dialect("raw", "/sub/{room}").target("farm") == "/sub/farm"
