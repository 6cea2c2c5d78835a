"""Bodies of the calls of `demo`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

YEAR_MS = 366 * 86_400_000


class ClockAdvance(Struct, frozen=True, kw_only=True):
    """How far business time is to be moved."""

    advance_ms: Annotated[int, Meta(ge=1, le=YEAR_MS)]


class ClockState(Struct, frozen=True, kw_only=True):
    """Business time, UTC, and how many times as fast as real time it runs."""

    now: datetime
    rate: float


class DevCodesQuery(Struct, frozen=True, kw_only=True):
    """Of one phone (E.164), or of all."""

    phone: Annotated[str, Meta(max_length=40)] | None = None


class DevCode(Struct, frozen=True, kw_only=True):
    """A code that a shop would have sent. `created_ts`: Unix ms."""

    challenge: str
    phone: str
    code: str
    created_ts: int


class DevCodes(Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: list[DevCode]
