"""What a query asks for, and the values of its parameters. Pure: no I/O."""

from math import isfinite
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from trace.epcis.errors import QueryInvalid
from trace.epcis.times import parsed_us

PER_PAGE = 30  # the standard's
COUNT_MAX = 2**31 - 1
COUNT_DIGITS_MAX = len(str(COUNT_MAX))


class Things(Struct, frozen=True):
    """To be linked, in one of these roles, to one of these things, or to one that begins so."""

    roles: list[int]
    things: list[str]
    prefixes: list[str]


class Vals(Struct, omit_defaults=True, kw_only=True):
    """To have a value of one of these names, as is said."""

    names: list[str]
    texts: list[str] | UnsetType = UNSET
    nums: list[float] | UnsetType = UNSET
    over: float | UnsetType = UNSET
    least: float | UnsetType = UNSET
    below: float | UnsetType = UNSET
    most: float | UnsetType = UNSET
    after_us: int | UnsetType = UNSET
    from_us: int | UnsetType = UNSET
    before_us: int | UnsetType = UNSET
    until_us: int | UnsetType = UNSET


class Query(Struct, kw_only=True):
    """None: not asked for. `digest`: of all that decides what is found, and in which order."""

    types: list[str] | None = None
    from_us: int | None = None
    before_us: int | None = None
    recorded_from_us: int | None = None
    recorded_before_us: int | None = None
    actions: list[str] | None = None
    steps: list[str] | None = None
    dispositions: list[str] | None = None
    read_points: list[str] | None = None
    read_points_below: list[str] | None = None
    locations: list[str] | None = None
    locations_below: list[str] | None = None
    ids: list[str] | None = None
    things: list[Things] = field(default_factory=list)
    vals: list[Vals] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    order_by: str = "recordTime"
    is_descending: bool = False
    per_page: int = PER_PAGE
    limit: int | None = None
    most: int | None = None
    token: str | None = None
    digest: bytes = b""


def refused(name: str, what: str) -> QueryInvalid:
    return QueryInvalid(f"{name[:120]}: {what}", details={"parameter": name[:120]})


def single(name: str, values: list[str]) -> str:
    if len(values) != 1:
        raise refused(name, "has one value")
    return values[0]


def moment_us(name: str, values: list[str]) -> int:
    try:
        return parsed_us(single(name, values))
    except ValueError as error:
        raise refused(name, str(error)) from error


def number_of(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise refused(name, f"{text[:40]!r} is no number") from error
    if not isfinite(number):
        raise refused(name, f"{text[:40]!r} is no number")
    return number


def count(name: str, values: list[str]) -> int:
    text = single(name, values)
    if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX and 0 < int(text) <= COUNT_MAX):
        raise refused(name, f"is a whole number from 1 to {COUNT_MAX:,}")
    return int(text)


def compared(name: str, comparison: str, values: list[str]) -> dict[str, Any]:
    """Of numbers."""
    if comparison == "EQ":
        return {"nums": [number_of(name, each) for each in values]}
    return {_OF_NUMBERS[comparison]: number_of(name, single(name, values))}


_OF_NUMBERS = {"GT": "over", "GE": "least", "LT": "below", "LE": "most"}
_OF_TIMES = {"GT": "after_us", "GE": "from_us", "LT": "before_us", "LE": "until_us"}


def timed(name: str, comparison: str, values: list[str]) -> dict[str, Any]:
    """Of times."""
    return {_OF_TIMES[comparison]: moment_us(name, values)}
