"""What other packages say in the log. Fills livehub/people/public_log.py."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from livehub.base.db import Transaction
from trace.log.commitments import SALT_BYTES, Q, commitment
from trace.log.entries import append, encoded


class SaidByOthers:
    async def commit_to(self, tx: Transaction, about: Sequence[tuple[str, str]]) -> list[str]:
        """Each with a salt of its own."""
        salts = [secrets.token_bytes(SALT_BYTES) for _ in about]
        made = [commitment(salt, value) for salt, (_, value) in zip(salts, about, strict=True)]
        await tx.connection.execute(Q["keep_all"], made, salts, [person for person, _ in about])
        return made

    async def say(self, tx: Transaction, kind: str, at_ms: int, said: Sequence[Mapping[str, Any]]) -> list[int]:
        """Raises EntryTooLarge, EntryUnreadable."""
        return await append(tx, [encoded(kind, at_ms, each) for each in said])
