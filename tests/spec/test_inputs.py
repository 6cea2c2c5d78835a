"""What clients send, of the whole kind: every integer of every body, query and socket event is an integer and has bounds,
and every currency is one in use.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from livehub.app import MODULES
from livehub.base.decoding import BodyDecoder
from livehub.base.errors import BadRequest
from livehub.base.money import EXPONENTS
from tests.base.test_auth import endpoints

Field = tuple[str, Any, str, Any]
"""Of which call or event, its type, the path of the field with `[]` for lists, and the field's own type."""


def fields(
    of: str, root: Any, type_: inspect.Type, path: str = "", inside: frozenset[Any] = frozenset()
) -> Iterator[Field]:
    """The fields that hold one value."""
    match type_:
        case inspect.Metadata(type=inner):
            yield from fields(of, root, inner, path, inside)
        case inspect.UnionType(types=types):
            for each in types:
                yield from fields(of, root, each, path, inside)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            yield from fields(of, root, item, path + "[]", inside)
        case inspect.StructType(cls=cls, fields=names):
            for name in names if cls not in inside else ():
                yield from fields(of, root, name.type, f"{path}.{name.encode_name}", inside | {cls})
        case _:
            yield of, root, path, type_


def bodies() -> Iterator[tuple[str, Any]]:
    for endpoint in endpoints():
        if isinstance(endpoint.body, type):
            yield f"{endpoint.method} {endpoint.path}", endpoint.body
    for module in MODULES:
        for event in module.socket_events:
            yield event.name, event.body


def queries() -> Iterator[tuple[str, Any]]:
    for endpoint in endpoints():
        if isinstance(endpoint.query, type):
            yield f"{endpoint.method} {endpoint.path}", endpoint.query


SENT: list[Field] = [each for of, body in bodies() for each in fields(of, body, inspect.type_info(body))]
ASKED: list[Field] = [each for of, query in queries() for each in fields(of, query, inspect.type_info(query))]
ANY_SIZE = {("join", ".since.offset")}  # a position that is compared, and never stored
INTEGERS = [each for each in SENT if isinstance(each[3], inspect.IntType)]
CURRENCIES = [each for each in SENT if each[2].endswith(".currency")]


def fault(field: Field, literal: str) -> str:
    """What is said of a body with this in the field and nothing beside it."""
    _, root, path, _ = field
    raw = literal
    for step in reversed(path.replace("[]", ".[]").strip(".").split(".")):
        raw = f"[{raw}]" if step == "[]" else f'{{"{step}":{raw}}}'
    try:
        BodyDecoder[Any](root).decode(raw)
    except BadRequest as refused:
        return refused.message
    return ""


def named(field: Field) -> str:
    return f"`${field[2].replace('[]', '[0]')}`"


def test_there_are_such_fields() -> None:
    calls = {of for of, *_ in INTEGERS}
    assert {"reserve", "wait", "POST /api/orders", "POST /api/products", "POST /api/rooms/{room}/coupons"} <= calls
    assert {of for of, *_ in CURRENCIES} > {
        "POST /api/products",
        "POST /api/delivery/areas",
        "POST /api/delivery/points",
    }


@pytest.mark.parametrize("literal", ['"1"', '"1.0"', "true", "1.5", "1e-1", "{}"])
def test_what_is_no_integer_is_refused_by_its_field_wherever_one_is_asked_for(literal: str) -> None:
    several = {(of, path) for of, _, path, type_ in SENT if not isinstance(type_, inspect.IntType)}
    taken = [
        (field[0], field[2], said)
        for field in INTEGERS
        if (field[0], field[2]) not in several  # which may be something else as well
        and not ((said := fault(field, literal)).startswith("Expected `") and named(field) in said)
    ]
    assert taken == []


@pytest.mark.parametrize("literal", ["1.0", "1e0", "1"])
def test_an_integer_may_be_written_with_a_fraction_of_zero_or_an_exponent(literal: str) -> None:
    """As in JSON Schema, in which our documents are: docs/wire.md promises it."""
    assert [
        (of, path) for of, root, path, type_ in INTEGERS if "got `" in fault((of, root, path, type_), literal)
    ] == []


def test_every_integer_has_bounds_that_the_database_can_hold() -> None:
    loose = []
    for of, _, path, type_ in [each for each in (*SENT, *ASKED) if isinstance(each[3], inspect.IntType)]:
        low = type_.ge if type_.ge is not None else type_.gt
        high = type_.le if type_.le is not None else type_.lt
        if (of, path) not in ANY_SIZE and (low is None or high is None or low < -(2**53) or high > 2**53):
            loose.append((of, path, low, high))
    assert loose == []


@pytest.mark.parametrize("currency", ["XYZ", "DEM", "XAU", "cny", "CN", "CNY\\n", ""])
def test_a_currency_that_is_not_in_use_is_refused_by_its_field(currency: str) -> None:
    taken = [
        (of, path)
        for of, root, path, type_ in CURRENCIES
        if named((of, root, path, type_)) not in fault((of, root, path, type_), f'"{currency}"')
    ]
    assert taken == []


def test_every_currency_in_use_is_taken_and_the_refusal_of_another_is_short() -> None:
    (field,) = [each for each in CURRENCIES if each[0] == "POST /api/delivery/areas"]
    for currency in EXPONENTS:
        assert named(field) not in fault(field, f'"{currency}"')
    assert fault(field, '"XYZ"') == "Expected `str` that is one of the documented ones, such as AED - at `$.currency`"
