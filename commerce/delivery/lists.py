"""Areas, points and patterns as lists: what of them is looked for, a page of it, and the rows of their files. Pure: no I/O."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from commerce.delivery import schemas
from commerce.list_cells import amount
from livehub.base.csv import Cell

T = TypeVar("T", schemas.DeliveryArea, schemas.PickupPoint, schemas.DeliveryPattern)

AREA_COLUMNS = (
    "id", "name", "position", "is_on", "regions", "shape", "currency", "delivery_fee", "free_from", "minimum",
)  # fmt: skip
POINT_COLUMNS = (
    "id", "name", "line", "lat", "lon", "opens", "closes", "closed_days", "is_on", "currency", "delivery_fee", "free_from",
    "minimum",
)  # fmt: skip
PATTERN_COLUMNS = (
    "id", "name", "method", "days", "from", "until", "cut_off_minutes", "capacity", "begins_on", "ends_on", "is_on",
)  # fmt: skip


def found(items: Sequence[T], asked: schemas.DeliveryQuery, texts: Callable[[T], Sequence[str]]) -> list[T]:
    """Those after `after` with the words that are looked for in one of their `texts`."""
    words = asked.q.casefold().split()
    places = [each.id for each in items]
    rest = items[places.index(asked.after) + 1 :] if asked.after in places else items
    return [each for each in rest if all(word in " ".join(texts(each)).casefold() for word in words)]


def page(items: Sequence[T], asked: schemas.DeliveryQuery) -> tuple[list[T], str | None]:
    """As many as are asked for, all if nobody says how many; and the `next`."""
    most = len(items) if asked.limit is None else asked.limit
    return list(items[:most]), items[most - 1].id if len(items) > most else None


async def one_page(rows: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    """For a file of what is at hand."""
    yield rows


def texts_of_area(area: schemas.DeliveryArea) -> list[str]:
    return [area.name, *_words(area.names), *area.regions]


def texts_of_point(point: schemas.PickupPoint) -> list[str]:
    return [point.name, *_words(point.names), point.line, *_words(point.lines)]


def area_cells(area: schemas.DeliveryArea) -> list[Cell]:
    shape = None if area.shape is None else type(area.shape).__name__.lower()
    return [area.id, area.name, area.position, area.is_on, " ".join(area.regions), shape, *_costs(area)]


def point_cells(point: schemas.PickupPoint) -> list[Cell]:
    hours = clock(point.opens), clock(point.closes)
    days = " ".join(map(str, point.closed_days))
    return [point.id, point.name, point.line, point.lat, point.lon, *hours, days, point.is_on, *_costs(point)]


def pattern_cells(pattern: schemas.DeliveryPattern, name: str) -> list[Cell]:
    """`name`: of its area or point."""
    return [
        pattern.id, name, "door" if pattern.point is None else "pickup", " ".join(map(str, pattern.days)),
        clock(pattern.from_minute), clock(pattern.until_minute), pattern.cut_off_minutes, pattern.capacity,
        pattern.begins_on, pattern.ends_on, pattern.is_on,
    ]  # fmt: skip


def clock(minute: int) -> str:
    """A minute of a day as 08:30; its end is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _costs(of: Any) -> list[Cell]:
    return [
        of.currency,
        *(amount(minor, of.currency) for minor in (of.fee_minor, of.free_from_minor, of.minimum_minor)),
    ]


def _words(words: Mapping[Any, str] | None) -> list[str]:
    return list((words or {}).values())
