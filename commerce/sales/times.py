"""When a sale opens and closes. Pure: no I/O, no clock."""

from datetime import tzinfo

from livehub.base.errors import BadRequest
from livehub.base.moments import to_ms

Window = tuple[int | None, int | None]


def window(opens_at: str | int | None, closes_at: str | int | None, zone: tzinfo, *, now_ms: int) -> Window:
    """When a sale opens and closes, Unix ms; None: by hand. One that should have opened by now opens now. Raises BadRequest."""
    opens_ms = None if opens_at is None else max(now_ms, to_ms(opens_at, zone, "opens_at"))
    return opens_ms, end_of(opens_ms, closes_at, zone, now_ms=now_ms)


def end_of(opens_ms: int | None, closes_at: str | int | None, zone: tzinfo, *, now_ms: int) -> int | None:
    """When a sale that opens then closes, Unix ms; None: by hand. Raises BadRequest."""
    closes_ms = None if closes_at is None else to_ms(closes_at, zone, "closes_at")
    if closes_ms is not None and closes_ms <= now_ms:
        raise BadRequest("closes_at: it is over already.")
    if closes_ms is not None and opens_ms is not None and closes_ms <= opens_ms:
        raise BadRequest("closes_at: it must be after opens_at.")
    return closes_ms
