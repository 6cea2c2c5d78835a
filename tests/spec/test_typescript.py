"""TypeScript says what the structs say, and a schema that the generator does not know stops it: nothing becomes `any`."""

import enum
from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.app import MODULES
from livehub.base.auth import Permission
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.room import wire
from livehub.spec import typescript
from tests.room.said import REGISTRY

EVENTS = [event for module in MODULES for event in module.socket_events]


class Basket(Struct):
    """What someone carries."""

    name: str
    weight_g: float | None
    items: list[int | str]
    notes: dict[str, bool]
    state: Literal["full", "empty"] = "empty"
    label: Annotated[str, Meta(max_length=3)] | UnsetType = UNSET


class BasketRequest(Struct):
    """A wish for one."""

    name: str
    state: Literal["full", "empty"] = "empty"


class BasketQuery(Struct, kw_only=True):
    """Which baskets."""

    full: bool
    after: str | None = None


class Nothing(Struct):
    """No words."""


async def handler(call: Call[Any]) -> Basket:
    """What it does.

    More about it.
    """
    raise NotImplementedError


class Pair(Struct):
    """Items of different types by place."""

    both: tuple[int, str]


class ByPlace(Struct, array_like=True):
    """An object sent as an array."""

    both: int


class Colour(enum.Enum):
    RED = "red"


class Painted(Struct):
    """Refers to an enumeration, which has no fields."""

    colour: Colour


def declaration(struct: type[Struct]) -> list[str]:
    """The lines between the head and the end of the last interface."""
    lines = typescript.body_declarations([struct], REGISTRY, EVENTS).splitlines()
    start = lines.index(f"export interface {struct.__name__} {{")
    return [line.strip() for line in lines[start + 1 : lines.index("}", start)]]


def test_each_kind_of_field_has_its_type() -> None:
    assert declaration(Basket) == [
        "name: string;",
        "weight_g: number | null;",
        "items: (number | string)[];",
        "notes: Record<string, boolean>;",
        'state: "empty" | "full";',
        "label?: string;",
    ]


def test_what_a_client_sends_may_leave_out_what_has_a_default() -> None:
    assert declaration(BasketRequest) == ["name: string;", 'state?: "empty" | "full";']


def test_a_body_that_no_reply_has_may_leave_out_what_has_a_default_whatever_its_name() -> None:
    def said(endpoint: Endpoint) -> str:
        return typescript.body_declarations([Basket], REGISTRY, EVENTS, [endpoint])

    carried = post("/api/baskets", handler, may=Permission.WATCH, body=Basket, reply=None)
    assert '  state?: "empty" | "full";' in said(carried).splitlines()
    given_back = post("/api/baskets", handler, may=Permission.WATCH, body=Basket, reply=Basket)
    assert '  state: "empty" | "full";' in said(given_back).splitlines()


def test_each_endpoint_has_its_path_query_body_and_reply() -> None:
    endpoints = [
        post("/api/shops/{shop}/baskets", handler, may=Permission.WATCH, body=BasketRequest, reply=Basket),
        get("/api/baskets", handler, reply=Basket, query=BasketQuery),
        delete("/api/shops/{shop}/baskets/{basket}", handler, may=Permission.WATCH, reply=None),
        post("/api/baskets/empty", handler, may=Permission.WATCH, body=Nothing, reply=None),
    ]
    text = typescript.endpoint_declarations(endpoints, REGISTRY, EVENTS)
    assert text.splitlines()[2:] == [
        'import type { Basket, BasketRequest } from "./api-types";',
        "",
        "export interface Endpoints {",
        "  /** What it does. */",
        '  "GET /api/baskets": {',
        "    path: null;",
        "    query: { full: boolean; after?: string | null };",
        "    body: null;",
        "    reply: Basket;",
        "  };",
        "  /** What it does. */",
        '  "POST /api/baskets/empty": {',
        "    path: null;",
        "    query: null;",
        "    body: null;",
        "    reply: undefined;",
        "  };",
        "  /** What it does. */",
        '  "POST /api/shops/{shop}/baskets": {',
        "    path: { shop: string };",
        "    query: null;",
        "    body: BasketRequest;",
        "    reply: Basket;",
        "  };",
        "  /** What it does. */",
        '  "DELETE /api/shops/{shop}/baskets/{basket}": {',
        "    path: { shop: string; basket: string };",
        "    query: null;",
        "    body: null;",
        "    reply: undefined;",
        "  };",
        "}",
    ]


@pytest.mark.parametrize("struct", [Pair, ByPlace, Painted])
def test_an_unknown_schema_stops_the_generator(struct: type[Struct]) -> None:
    with pytest.raises((KeyError, ValueError)):
        typescript.body_declarations([struct], REGISTRY, EVENTS)


def test_every_message_of_the_wire_is_declared() -> None:
    text = typescript.wire_declarations(REGISTRY, EVENTS)
    structs = [value for value in vars(wire).values() if isinstance(value, type) and issubclass(value, Struct)]
    missing = [s.__name__ for s in structs if s is not Struct and f"export interface {s.__name__} {{" not in text]
    assert missing == []
    for event, struct in {**{event.name: event.body for event in EVENTS}, **wire.SERVER_EVENTS}.items():
        assert f"\n  {event}: {struct.__name__};" in text


def test_nothing_is_any() -> None:
    assert ": any" not in typescript.wire_declarations(REGISTRY, EVENTS)
    assert "any[]" not in typescript.wire_declarations(REGISTRY, EVENTS)
