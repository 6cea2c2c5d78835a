"""A message of MQTT has the signature of exactly the body that the device made."""

import json

import pytest

from trace.coldchain.signed import split

BODY = {"seq": 7, "readings": [{"at": 1, "celsius": 4.0}]}
SIGNATURE = "0123456789abcdef" * 4


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("is_first", [False, True])
def test_the_body_is_what_it_was_before_the_signature_was_put_in(separators: tuple[str, str], is_first: bool):
    signature = {"signature": SIGNATURE}
    message = {**signature, **BODY} if is_first else {**BODY, **signature}
    payload = json.dumps(message, separators=separators).encode()
    assert split(payload) == (json.dumps(BODY, separators=separators).encode(), SIGNATURE)


def test_a_property_of_the_message_may_have_it():
    assert split(b"{}", [("other", "x"), ("signature", SIGNATURE)]) == (b"{}", SIGNATURE)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff" * 300, b'{"signature": "short"}', b'{"a": {"signature": ""}}'])
def test_a_message_without_one_is_what_it_is(payload: bytes):
    assert split(payload) == (payload, "")
