"""Commitments: what an entry says about a person without saying it.

    commitment = base64(SHA-256(salt, 32 bytes; value))

Who has the salt and the value can show what was meant; without the salt nobody can tell, or find out by trying all values. The
salt is forgotten with the person: entry and proofs stand as before, and say nothing more.
"""

import secrets
from base64 import b64encode
from hashlib import sha256

from livehub.base.db import Transaction
from livehub.base.sql import queries

Q = queries(__file__, "commitments.sql")

SALT_BYTES = 32


def commitment(salt: bytes, value: str) -> str:
    """`salt`: 32 random bytes, for this value alone."""
    return b64encode(sha256(salt + value.encode()).digest()).decode()


async def commit_to(tx: Transaction, person: str, value: str) -> str:
    """A commitment to `value`, which is about `person`; its salt is kept until the person is erased."""
    salt = secrets.token_bytes(SALT_BYTES)
    made = commitment(salt, value)
    await tx.connection.execute(Q["keep"], made, salt, person)
    return made


async def salt_of(tx: Transaction, made: str) -> bytes | None:
    """The salt of a commitment; None when it was forgotten."""
    salt: bytes | None = await tx.connection.fetchval(Q["salt"], made)
    return salt
