"""The people whom a block meets, in the memory of each process, for tokens that stand by themselves.

A session ends with the block of its person. A token without one (of `python -m livehub token`, of whoever shares our secret,
of a guest) has nothing that could end, so it is looked up here: by whom the block names, whom they have become, and who has
become them. EndedSessions asks, twice a second.
"""

from collections.abc import Callable

from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "blocked.sql")

BLOCKS_MAX = 100_000


class StandingBlocks:
    def __init__(self, real_s: Callable[[], float]) -> None:
        self._real_s = real_s
        self._blocks: dict[str, tuple[int | None, list[str]]] = {}  # until when, Unix ms, and whom
        self._by_person: dict[str, set[str]] = {}

    def holds(self, person: str) -> bool:
        """Whether somebody is blocked just now."""
        blocks = self._by_person.get(person)
        return blocks is not None and any(self._stands(block) for block in blocks)

    async def ask(self, connection: Connection, since_ms: int) -> set[str]:
        """Learn what was blocked and lifted since; returns who is blocked that was not. Raises what the driver does."""
        rows = await connection.fetch(Q["blocks_since"], since_ms, BLOCKS_MAX)
        if not rows:
            return set()
        now_ms = int(self._real_s() * 1000)
        before = {person for person in self._by_person if self.holds(person)}
        for id_, until_ts, lifted_ts, people in reversed(rows):
            self._forget(id_)
            if lifted_ts is None and (until_ts is None or until_ts > now_ms):
                self._blocks[id_] = until_ts, people
                for person in people:
                    self._by_person.setdefault(person, set()).add(id_)
        over = [id_ for id_ in self._blocks if not self._stands(id_)]
        for id_ in [*over, *list(self._blocks)[: max(0, len(self._blocks) - BLOCKS_MAX)]]:
            self._forget(id_)
        return self._by_person.keys() - before

    def _stands(self, block: str) -> bool:
        until_ts, _ = self._blocks[block]
        return until_ts is None or until_ts > self._real_s() * 1000

    def _forget(self, block: str) -> None:
        _, people = self._blocks.pop(block, (None, []))
        for person in people:
            self._by_person[person].discard(block)
            if not self._by_person[person]:
                del self._by_person[person]
