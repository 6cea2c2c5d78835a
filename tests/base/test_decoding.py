"""An integer is an integer however it is written; what is none is refused, and no number becomes another. A text is as long
as it is in composed form, and what is none is refused by its field."""

import json
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from livehub.base.decoding import BodyDecoder, has_nul, text_fault
from livehub.base.errors import BadRequest


class Body(Struct, frozen=True, kw_only=True):
    """What is decoded here."""

    n: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    value: float = 0.5
    text: Annotated[str, Meta(max_length=6)] = ""
    lines: list[str] = []


@pytest.mark.parametrize(
    ("literal", "n"),
    [
        ("5", 5), ("5.0", 5), ("5.000", 5), ("1e3", 1000), ("1E+3", 1000), ("1.5e1", 15), ("-0.0", 0), ("0e5", 0),
        ("9007199254740991.0", 2**53 - 1),
    ],
)  # fmt: skip
def test_a_whole_number_is_an_integer(literal: str, n: int) -> None:
    body = BodyDecoder[Body](Body).decode(f'{{"n":{literal},"value":2.0}}')
    assert (body.n, type(body.n), body.value, type(body.value)) == (n, int, 2.0, float)


@pytest.mark.parametrize(
    ("literal", "said"),
    [
        ("5.5", "Expected `int`, got `float` - at `$.n`"),
        ("1e-3", "Expected `int`, got `float` - at `$.n`"),
        ("5.00000000000000000001", "Expected `int`, got `float` - at `$.n`"),
        ("1e-999999999", "Expected `int`, got `float` - at `$.n`"),
        ("1e16", "Expected `int`, got `float` - at `$.n`"),
        ("1e308", "Expected `int`, got `float` - at `$.n`"),
        ("-5.0", "Expected `int` >= 0 - at `$.n`"),
        ('"5.0"', "Expected `int`, got `str` - at `$.n`"),
        ("true", "Expected `int`, got `bool` - at `$.n`"),
        ("1e400", "Number out of range - at `$.n`"),
        ("1e999999999", "Number out of range - at `$.n`"),
        ("0e99999999999999999999", "Expected `int`, got `float` - at `$.n`"),
        ("-0e-99999999999999999999", "Expected `int`, got `float` - at `$.n`"),
        ("1e-99999999999999999999", "Expected `int`, got `float` - at `$.n`"),
        ("9007199254740992.0", "Expected `int`, got `float` - at `$.n`"),
    ],
)
def test_what_is_no_integer_is_refused_by_its_field(literal: str, said: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        BodyDecoder[Body](Body).decode(f'{{"n":{literal}}}'.encode())
    assert str(refusal.value).endswith(said)


def test_another_fault_beside_a_whole_number_is_named() -> None:
    with pytest.raises(BadRequest, match=r"Expected `str`, got `int` - at `\$\.text`"):
        BodyDecoder[Body](Body).decode('{"n":5.0,"text":5}')


@pytest.mark.parametrize(
    ("raw", "has"),
    [
        (r'{"a":"\u0000"}', True),
        (r'{"a":"x\\\u0000"}', True),
        (r'{"a":"write \\u0000 in JSON"}', False),
        (r'{"a":"C:\\\\u0000x"}', False),
        (r'{"a":"u0000"}', False),
    ],
)
def test_an_escape_is_u0000_only_after_an_odd_number_of_backslashes(raw: str, has: bool) -> None:
    assert has_nul(raw) is has
    assert has_nul(raw.encode()) is has
    assert ("\0" in json.loads(raw)["a"]) is has


@pytest.mark.parametrize("literal", ["1e400", "-1e400", "1e99999999999999999999", "9" * 400 + ".0"])
@pytest.mark.parametrize("body", ['{"n":5.0,"value":%s}', '{"n":5,"value":%s}', '{"n":5.0,"unknown":[%s]}'])
def test_a_number_that_no_float_holds_is_refused_whatever_stands_beside_it(literal: str, body: str) -> None:
    with pytest.raises(BadRequest, match=r"^Number out of range"):
        BodyDecoder[Body](Body).decode(body % literal)


def test_exponents_of_any_size_are_read_where_a_float_is_wanted() -> None:
    body = BodyDecoder[Body](Body).decode('{"n":5.0,"value":1e-99999999999999999999}')
    assert (body.n, body.value) == (5, 0.0)


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("\u1112\u1161\u11ab\u1100\u1173\u11af\u110b\u1175", "\ud55c\uae00\uc774"),  # Hangul, of three syllables
        ("Ngu\u0302\u0303", "Ngu\u0302\u0303"),  # what fits passes as it is; who keeps it composes it (text.py)
        ("Nguye\u0302\u0303n", "Nguy\u1ec5n"),
        ("\u1100\u1161\u11a8" * 6, "\uac01" * 6),
    ],
)
def test_a_text_is_measured_in_composed_form(written: str, kept: str, escaped: bool) -> None:
    raw = json.dumps({"n": 5.0, "text": written}, ensure_ascii=escaped).encode()
    assert BodyDecoder[Body](Body).decode(raw) == Body(n=5, text=kept)


@pytest.mark.parametrize("written", ["\u1100\u1161\u11a8" * 7, "e\u0301" * 7, "x\u0301" * 4])
def test_a_text_that_is_too_long_in_composed_form_is_refused(written: str) -> None:
    with pytest.raises(BadRequest) as refused:
        BodyDecoder[Body](Body).decode(json.dumps({"n": 5, "text": written}))
    assert (refused.value.message, refused.value.details) == (
        "Expected `str` of length <= 6 - at `$.text`",
        {"field": "text"},
    )


@pytest.mark.parametrize("half", [r"\ud83d", r"\ud83dab", r"\ude00", r"\ud83d\ud83d", r"\ude00\ud83d"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"n": 1, "text": "%b"}', "text"),
        (rb'{"n": 1, "lines": ["a", "b%b"]}', "lines[1]"),
        (rb'{"n": 5.0, "text": "%b"}', "text"),
        (rb'{"n": 1, "unknown": {"a": {"b": "%b"}}}', "unknown.a.b"),
        (rb'{"n": 1, "unknown": {"a b": "%b"}}', "unknown[...]"),
        (rb'{"n": 1, "unknown": {"%b": 1}}', "unknown"),
        (rb'{"n": 1, "%b": 1}', None),
    ],
)
def test_half_an_emoji_is_refused_by_its_field(half: str, body: bytes, field: str | None) -> None:
    with pytest.raises(BadRequest) as refused:
        BodyDecoder[Body](Body).decode(body % half.encode())
    said = "Half of a surrogate pair, as of an emoji that was cut in two, is no character - at `"
    assert refused.value.message == f"{said}${'.' + field if field else ''}`"
    assert refused.value.details == ({"field": field} if field else {})


def test_whole_pairs_are_characters() -> None:
    assert BodyDecoder[Body](Body).decode(r'{"n":1,"text":"\ud83d\ude00"}').text == "\U0001f600"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"n":1,"unknown":' + b"[" * 100_000, "The body is nested too deeply."),
        (b'{"n":1,"text":"\xff"}', "The body is not UTF-8."),
        (rb'{"n":1,"text":"\ud83d', "Input data was truncated"),
    ],
)
def test_what_is_no_json_is_called_so(raw: bytes, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        BodyDecoder[Body](Body).decode(raw)
    assert (refused.value.message, refused.value.details) == (said, {})


def test_the_first_text_that_cannot_be_taken_is_named() -> None:
    assert (
        text_fault(r'{"a": [1, {"b": "\u0000"}], "c": "\ud83d"}') == "The character U+0000 is not taken - at `$.a[1].b`"
    )
    assert text_fault('{"a": "b"}') is None
