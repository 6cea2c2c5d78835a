"""A refused body says which field is wrong, apart from its message, so that a form can point at it."""

import msgspec
import pytest

from livehub.base.decoding import BodyDecoder
from livehub.base.errors import BadRequest
from livehub.base.http import decode_body


class Prize(msgspec.Struct):
    amount_minor: int


class Quiz(msgspec.Struct):
    question: str
    options: list[str] = []
    prize: Prize | None = None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"question": 3}', "question"),
        (b'{"question": "?", "prize": {"amount_minor": "x"}}', "prize.amount_minor"),
        (b'{"question": "?", "prize": {}}', "prize.amount_minor"),
        (b'{"question": "?", "options": ["a", 2]}', "options[1]"),
        (b"{}", "question"),
        (b"[]", None),
        (b"{", None),
    ],
)
def test_the_field_that_is_not_in_the_expected_form_is_told(body: bytes, field: str | None):
    with pytest.raises(BadRequest) as refused:
        decode_body(body, BodyDecoder(Quiz))
    assert refused.value.as_wire().get("field") == field


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("prize.amount_minor: it must be above 0.", "prize.amount_minor"),
        ("min_value: it must be below max_value.", "min_value"),
        ("Give exactly one of `product`, `card` and `title`.", None),
        ("Idempotency-Key: 8 to 128 visible ASCII characters are needed.", None),
        (None, None),
    ],
)
def test_the_field_of_a_refusal_in_words_is_told(message: str | None, field: str | None):
    assert BadRequest(message).as_wire().get("field") == field
