"""Who leads, as PostgreSQL knows: for whoever wants to speak to the stock engine."""

from msgspec import Struct

from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "journal.sql")


class Leader(Struct, frozen=True):
    """`address`: host:port."""

    epoch: int
    address: str


async def find_leader(connection: Connection) -> Leader | None:
    """The one whose epoch is not over; it may have died all the same."""
    row = await connection.fetchrow(Q["leader"])
    return None if row is None else Leader(row["epoch"], row["address"])
