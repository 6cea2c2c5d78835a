"""Anchorings in PostgreSQL. Whoever leads writes over the connection that holds the lock: who has lost it can write nothing."""

from collections.abc import Sequence
from typing import Any

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.anchor.protocol import Anchor
from trace.anchor.states import Anchoring, Attempt, Inclusion, Newest

Q = queries(__file__, "anchors.sql")

OPEN_MAX = 64  # under way at one anchor: one, and what one reorganisation took back
WATCHED_MAX = 64  # confirmed ones that are looked at together, the newest first


async def newest(connection: Connection) -> Newest | None:
    """What the log published last."""
    row = await connection.fetchrow(Q["newest"])
    return None if row is None else Newest(**dict(row))


async def last(connection: Connection, anchor: str) -> tuple[int, int]:
    """Size, and when it was begun (Unix ms), of the checkpoint that was anchored last; 0 and 0 if none was."""
    row = await connection.fetchrow(Q["last"], anchor)
    return (0, 0) if row is None else (row["size"], row["begun_ms"])


async def current(connection: Connection, anchor: str) -> tuple[list[Anchoring], list[Anchoring]]:
    """Those under way, and the newest confirmed ones."""
    under_way = await connection.fetch(Q["open"], anchor, OPEN_MAX)
    confirmed = await connection.fetch(Q["newest_confirmed"], anchor, WATCHED_MAX)
    attempts: dict[int, list[Attempt]] = {}
    for row in await connection.fetch(Q["attempts"], [row["id"] for row in (*under_way, *confirmed)]):
        attempts.setdefault(row["anchoring"], []).append(_attempt(row))
    return [_anchoring(row, attempts) for row in under_way], [_anchoring(row, attempts) for row in confirmed]


async def begin(connection: Connection, anchor: Anchor, newest: Newest, now_ms: int) -> Anchoring:
    """Raises asyncpg.UniqueViolationError when one is under way already."""
    id_: int = await connection.fetchval(
        Q["begin"], anchor.name, anchor.kind, anchor.chain, anchor.is_development, newest.origin, newest.size,
        newest.root, newest.note, newest.at_ms, now_ms,
    )  # fmt: skip
    return Anchoring(id=id_, size=newest.size, root=newest.root, note=newest.note, begun_ms=now_ms)


async def renew(connection: Connection, anchoring: Anchoring, newest: Newest) -> None:
    """Anchor a newer checkpoint in its place, if nothing was sent yet."""
    await connection.execute(Q["renew"], anchoring.id, newest.size, newest.root, newest.note, newest.at_ms)


async def change(connection: Connection, anchoring: Anchoring, now_ms: int) -> None:
    """Write down what has become of it, with the newest attempt if it is new."""
    included = anchoring.included
    live = anchoring.live
    tx = included.ref if included is not None else live[-1].ref if live else None
    async with connection.transaction():
        for each in anchoring.attempts[-1:]:
            await connection.execute(
                Q["put_attempt"], anchoring.id, each.ref, each.raw, each.nonce, each.fee_wei, each.tip_wei, each.at_ms
            )
        await connection.execute(
            Q["change"], anchoring.id, anchoring.state, anchoring.nonce, tx,
            None if included is None else included.block, "" if included is None else included.block_hash,
            None if included is None else included.at_ms, anchoring.depth, anchoring.proof, anchoring.fallbacks, now_ms,
        )  # fmt: skip


async def put_health(connection: Connection, anchor: Anchor, now_ms: int, reason: str) -> None:
    """`reason`: why it fails; empty while it answers."""
    await connection.execute(
        Q["put_health"], anchor.name, anchor.kind, anchor.chain, anchor.is_development, now_ms, reason
    )


def _attempt(row: Any) -> Attempt:
    return Attempt(**{name: row[name] for name in Attempt.__struct_fields__})


def _anchoring(row: Any, attempts: dict[int, list[Attempt]]) -> Anchoring:
    tried: Sequence[Attempt] = attempts.get(row["id"], [])
    is_included = row["state"] == "confirmed" or row["block"] is not None
    included = Inclusion(
        ref=row["tx"], at_ms=row["block_ms"], block=row["block"], block_hash=row["block_hash"]
    ) if is_included else None  # fmt: skip
    return Anchoring(
        id=row["id"], size=row["size"], root=row["root"], note=row["note"], begun_ms=row["begun_ms"], state=row["state"],
        attempts=tuple(tried), nonce=row["nonce"], included=included, depth=row["depth"], fallbacks=row["fallbacks"],
        proof=row["proof"],
    )  # fmt: skip
