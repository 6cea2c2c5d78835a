"""The transparency log, for those who know it not: what they say there is in it for ever, and says nothing of people."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from livehub.base.db import Transaction


class PublicLog(Protocol):
    """Writes entries in the transaction of the fact. Ids of people and orders go in as commitments alone."""

    async def commit_to(self, tx: Transaction, about: Sequence[tuple[str, str]]) -> list[str]:
        """A commitment for each (person, value), in their order; its salt is kept until the person is erased."""

    async def say(self, tx: Transaction, kind: str, at_ms: int, said: Sequence[Mapping[str, Any]]) -> list[int]:
        """An entry of the type `kind` for each, true since `at_ms` (Unix ms): their ids, in their order."""
