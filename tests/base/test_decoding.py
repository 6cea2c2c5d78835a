"""An integer is an integer however it is written; what is none is refused, and no number becomes another."""

import json
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta, Struct

from livehub.base.decoding import BodyDecoder, has_nul


class Body(Struct, frozen=True, kw_only=True):
    """What is decoded here."""

    n: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    value: float = 0.5
    text: str = ""


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
    with pytest.raises(msgspec.DecodeError) as refusal:
        BodyDecoder[Body](Body).decode(f'{{"n":{literal}}}'.encode())
    assert str(refusal.value).endswith(said)


def test_another_fault_beside_a_whole_number_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Expected `str`, got `int` - at `\$\.text`"):
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
    with pytest.raises(msgspec.DecodeError, match=r"^Number out of range"):
        BodyDecoder[Body](Body).decode(body % literal)


def test_exponents_of_any_size_are_read_where_a_float_is_wanted() -> None:
    body = BodyDecoder[Body](Body).decode('{"n":5.0,"value":1e-99999999999999999999}')
    assert (body.n, body.value) == (5, 0.0)
