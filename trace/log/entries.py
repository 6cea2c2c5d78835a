"""Entries of the log: canonical JSON, written in the transaction of the fact that they tell.

    {"at": "2026-11-28T06:10:00.000Z", "type": "batch", ...}      RFC 8785, at most 65,535 bytes

What has committed gets a leaf of the tree, and is acknowledged when a published checkpoint has it. Nothing personal ever
enters: what is about a person goes in as a commitment (commitments.py), and what is larger than an entry by its hash.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import rfc8785

from livehub.base.db import Transaction
from livehub.base.sql import queries
from trace.log.errors import EntryTooLarge, EntryUnreadable
from trace.log.tiles import ENTRY_BYTES_MAX

Q = queries(__file__, "entries.sql")

CHANNEL = "log_entries"


def encoded(kind: str, at_ms: int, said: Mapping[str, Any]) -> bytes:
    """An entry of the type `kind`, true since `at_ms` (Unix ms). Numbers that are no integers are to be given as strings:
    RFC 8785 writes them as IEEE doubles.

    Raises EntryTooLarge; EntryUnreadable for what no JSON can say (NaN, integers of more than 53 bits, a lone surrogate).
    """
    at = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        entry = rfc8785.dumps({**said, "type": kind, "at": at})
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise EntryUnreadable(details={"reason": str(error)}) from error
    check_length(entry)
    return entry


def check_length(entry: bytes) -> None:
    """Raises EntryTooLarge."""
    if len(entry) > ENTRY_BYTES_MAX:
        raise EntryTooLarge(details={"bytes": len(entry), "bytes_max": ENTRY_BYTES_MAX})


async def append(tx: Transaction, entries: Sequence[bytes]) -> list[int]:
    """Put entries into the log with the transaction `tx`: their ids, in their order. Their leaves are known later (leaves.py).

    Raises EntryTooLarge, and nothing is written.
    """
    for entry in entries:
        check_length(entry)
    ids = [row["id"] for row in await tx.connection.fetch(Q["append"], list(entries))]
    tx.after_commit(partial(tx.notifier.notify, CHANNEL))
    return ids
