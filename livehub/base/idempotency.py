"""Idempotency-Key: the same key and body get the same answer, whatever was lost on the way.

The key, the effect and the answer are one transaction: after a crash there are all three or none. A second request that
comes while the first runs waits for it on the key's unique index. Only successes are kept; after a refusal nothing had
changed, so a retry is a first try. Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
import re

from livehub.base.db import Transaction
from livehub.base.errors import BadRequest, KeyReused
from livehub.base.sql import queries

Q = queries(__file__, "idempotency.sql")

_KEY = re.compile(r"^[\x21-\x7e]{8,128}$")


class Remembered:
    """An answer given before."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


def checked_key(header: str) -> str:
    """The key, or BadRequest: 8-128 visible ASCII characters, in quotes or not."""
    key = header.strip().strip('"')
    if not _KEY.match(key):
        raise BadRequest("Idempotency-Key: 8 to 128 visible ASCII characters are needed.")
    return key


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


async def recall(tx: Transaction, scope: str, key: str, print_: bytes) -> Remembered | None:
    """The answer given before under this key, or None when this request is the first. Raises KeyReused."""
    if await tx.connection.fetchval(Q["claim_key"], scope, key, print_):
        return None
    row = await tx.connection.fetchrow(Q["remembered"], scope, key)
    if row is None or row["fingerprint"] != print_:
        raise KeyReused
    return Remembered(row["status"], row["body"].encode())


async def remember(tx: Transaction, scope: str, key: str, answer: Remembered) -> None:
    """Keep the answer, in the transaction of its effect."""
    await tx.connection.execute(Q["remember"], scope, key, answer.status, answer.body.decode())
