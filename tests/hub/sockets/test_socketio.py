"""What is taken for a CONNECT is one to python-socketio, too, and of the same namespace; everything else is told apart."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from socketio import packet

from livehub.hub.sockets.socketio import parse_connect

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("0", "/"),
        ("0{}", "/"),
        ('0{"token":"a,b"}', "/"),
        ("0/,{}", "/"),
        ("0/?a=1,{}", "/"),
        ("0/admin", "/admin"),
        ("0/admin,", "/admin"),
        ('0/admin,{"token":"x"}', "/admin"),
        ("0/admin?a=1,{}", "/admin"),
    ],
)
def test_a_connect_names_its_namespace(text: str, namespace: str) -> None:
    found = parse_connect(text)
    assert found is not None
    assert found[0] == namespace


@pytest.mark.parametrize(
    "text", ["", "1", "2[]", "{}", "0{", "0[1", "0\x00", "0,{}", "0/a,{", "0{}{}", "00{}", "0NaN", "0" + "[" * 5_000]
)
def test_what_is_no_connect_is_none(text: str) -> None:
    assert parse_connect(text) is None


@given(st.sampled_from(["", "/,", "/admin,"]), JSON.filter(lambda auth: not json.dumps(auth)[0].isdigit()))
def test_whatever_json_is_shown_it_is_a_connect(namespace: str, auth: object) -> None:
    assert parse_connect("0" + namespace + json.dumps(auth)) == (namespace.rstrip(",") or "/", auth)


@given(st.text(alphabet='0123/,?-[]{}":a\\ ', max_size=12).map("0".__add__))
@example("0/a,b,{}")
@example("00 ")
@example("0/a?b,c")
def test_what_we_take_python_socketio_takes_and_understands_alike(text: str) -> None:
    found = parse_connect(text)
    if found is not None:
        decoded = packet.Packet(encoded_packet=text)
        assert (decoded.packet_type, decoded.namespace or "/") == (packet.CONNECT, found[0])
