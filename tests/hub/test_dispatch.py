"""The text of an event is taken apart exactly, or refused; no text makes anything but BadRequest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.errors import BadRequest
from livehub.hub.dispatch import split


@pytest.mark.parametrize(
    ("text", "ack_id", "array"),
    [
        ('["like",{"n":1}]', "", '["like",{"n":1}]'),
        ('0["like"]', "0", '["like"]'),
        ('123456789012345["like"]', "123456789012345", '["like"]'),
        ('7["a[b"]', "7", '["a[b"]'),
    ],
)
def test_an_event_is_its_number_and_its_array(text: str, ack_id: str, array: str) -> None:
    assert split(text) == (ack_id, array)


@pytest.mark.parametrize(
    "text", ["", "17", '/admin,["x"]', '-1["x"]', '1234567890123456["x"]', '٣["x"]', ' 1["x"]', '1 ["x"]']
)
def test_what_is_no_event_of_our_namespace_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        split(text)


@given(st.text(max_size=60))
def test_any_text_is_split_without_loss_or_refused(text: str) -> None:
    try:
        ack_id, array = split(text)
    except BadRequest:
        return
    assert ack_id + array == text
    assert array.startswith("[")
    assert ack_id == "" or (ack_id.isascii() and ack_id.isdigit())
