"""Where entries of the log are on a chain: the first confirmed anchor whose tree has their leaf.

on_chain(connection, [41]) -> {41: OnChain(state="anchored", id="eip155:1/0x88df.../41", ...)}
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from livehub.base.db import Connection
from trace.anchor.payload import identity
from trace.anchor.store import Q


class OnChain(Struct, frozen=True, kw_only=True):
    """An entry on a chain. `id`: CAIP-2/transaction/leaf. `logged_ms`: when the log published the checkpoint that was anchored,
    at the latest of which it had the entry; `anchored_ms`: the time of the block. Times are Unix ms. `anchoring`: of
    `GET /api/log/anchors/{anchoring}`, which has the checkpoint's note. `is_development`: it proves nothing.
    """

    state: Literal["pending", "anchored"] = "pending"
    id: str | None = None
    chain: str | None = None
    tx: str | None = None
    size: int | None = None
    logged_ms: int | None = None
    anchored_ms: int | None = None
    anchoring: int | None = None
    is_development: bool = False


PENDING = OnChain()


async def on_chain(connection: Connection, leaves: Sequence[int]) -> dict[int, OnChain]:
    """For each leaf; PENDING while no anchor on a chain is confirmed that has it."""
    found = dict.fromkeys(leaves, PENDING)
    for row in await connection.fetch(Q["covering"], list(found)):
        found[row["leaf"]] = OnChain(
            state="anchored", id=identity(row["chain"], row["tx"], row["leaf"]), chain=row["chain"], tx=row["tx"],
            size=row["size"], logged_ms=row["published_ms"], anchored_ms=row["block_ms"], anchoring=row["anchoring"],
            is_development=row["is_development"],
        )  # fmt: skip
    return found
