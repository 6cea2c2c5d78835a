"""Bodies of the calls that list the sheets and boxes of a batch. Times are ISO 8601, UTC. Pure: no I/O."""

from msgspec import Struct


class ListedSheet(Struct, frozen=True, kw_only=True):
    """Serials that were made together. `url`: where their labels are to be printed from."""

    id: str
    boxes: int
    made_at: str
    url: str


class ListedSheets(Struct, frozen=True, kw_only=True):
    """The latest first."""

    items: list[ListedSheet]
    next: str | None


class ListedBox(Struct, frozen=True, kw_only=True):
    """A box of a batch. `order_line`: which it was packed for; `leaf`: of the log, where that stands."""

    serial: str
    sheet: str
    code: str
    order_line: str | None
    packed_at: str | None
    leaf: int | None


class ListedBoxes(Struct, frozen=True, kw_only=True):
    """By serial."""

    items: list[ListedBox]
    next: str | None
