"""Signals and pins of rooms as PostgreSQL has them."""

from msgspec import json

from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.room.models import Card
from media.engagement.chapters import chapters_of
from media.engagement.highlights import Signals
from media.schemas import Chapter

Q = queries(__file__, "engagement.sql")
PINS_MAX = 500  # of one recording


async def store_signals(
    connection: Connection, room: str, from_ts: int, to_ts: int, *, likes: int, orders: int
) -> None:
    """One step, of which the likes were counted in memory, and orders by who keeps them."""
    await connection.execute(Q["insert_signal"], room, from_ts, to_ts, likes, orders)


async def signals_of(connection: Connection, room: str, from_ts: int, to_ts: int, most: int) -> list[Signals]:
    """How the room was moved between two moments."""
    return [Signals(**dict(row)) for row in await connection.fetch(Q["signals"], room, from_ts, to_ts, most)]


async def chapters_between(connection: Connection, room: str, from_ts: int, to_ts: int) -> list[Chapter]:
    """The chapters of a recording from `from_ts` to `to_ts`."""
    found = await connection.fetch(Q["pins"], room, from_ts, to_ts, PINS_MAX)
    pins = ((pin["ts"], json.decode(pin["card"] or "null", type=Card | None)) for pin in found)
    return chapters_of(pins, from_ts=from_ts)
