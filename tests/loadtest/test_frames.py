"""However the stream is cut, the same frames come out; what was deflated comes out as it went in."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

from loadtest import frames

payloads = st.one_of(
    st.binary(max_size=200), st.sampled_from([125, 126, 127, 65_535, 65_536]).map(lambda size: b"x" * size)
)


def served(payload: bytes) -> bytes:
    """A server's text frame, by another implementation."""
    return Connection(ConnectionType.SERVER).send(BytesMessage(data=payload))


@given(st.lists(payloads, max_size=6), st.data())
def test_the_stream_may_be_cut_anywhere(sent, data):
    stream = b"".join(served(payload) for payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    came, rest = [], b""
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found, rest = frames.split(rest + stream[begin:end])
        came += found
    assert [frames.apart(frame).payload for frame in came] == sent
    assert rest == b""


@given(payloads)
def test_a_server_understands_our_frames(payload):
    server = Connection(ConnectionType.SERVER)
    server.receive_data(frames.masked(frames.BINARY, payload))
    assert b"".join(event.data for event in server.events() if isinstance(event, BytesMessage)) == payload


def test_a_frame_tells_what_it_is():
    ping = frames.apart(Connection(ConnectionType.SERVER).send(Ping(payload=b"hi")))
    part = frames.apart(Connection(ConnectionType.SERVER).send(TextMessage(data="a", message_finished=False)))
    assert ping == frames.Frame(final=True, deflated=False, opcode=frames.PING, payload=b"hi")
    assert part == frames.Frame(final=False, deflated=False, opcode=frames.TEXT, payload=b"a")


def deflated(texts: list[bytes], *, takeover: bool) -> list[bytes]:
    """Payloads as a server with permessage-deflate sends them."""
    extension = PerMessageDeflate(server_no_context_takeover=not takeover)
    extension.finalize("" if takeover else "server_no_context_takeover")
    server = Connection(ConnectionType.SERVER, [extension])
    return [frames.apart(server.send(TextMessage(data=text.decode()))).payload for text in texts]


TEXTS = [b"the same long words again and again " * 4, b"the same long words again and again, but new"]


def test_messages_compressed_each_on_its_own_need_no_history():
    assert [frames.inflated(payload) for payload in deflated(TEXTS, takeover=False)] == TEXTS


def test_messages_that_refer_back_need_their_history():
    first, second = deflated(TEXTS, takeover=True)
    window = frames.Window()
    window.took(frames.inflated(first))
    with pytest.raises(zlib.error):
        frames.inflated(second)
    assert frames.inflated(second, window.history) == TEXTS[1]


def test_a_window_forgets_what_can_no_longer_be_referred_to():
    window = frames.Window()
    for number in range(100):
        window.took(bytes([number]) * 1_000)
    assert 32_768 <= len(window.history) < 34_768
    assert window.history.endswith(b"c" * 1_000)
