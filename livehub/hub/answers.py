"""Quiz answers: stored by group commit, acknowledged when durable. One per person: the first one counts, and repeating the
same answer (after a lost acknowledgement) is answered the same again.
"""

from msgspec import Struct

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import AlreadyAnswered, LivehubError, QuizClosed
from livehub.base.sql import queries
from livehub.hub.batching import GroupCommit
from livehub.room.wire import Done

Q = queries(__file__, "answers.sql")


class AnswerRow(Struct, frozen=True, kw_only=True):
    """An answer as it came in. `ts`: when, Unix ms."""

    quiz: str
    user: str
    name: str
    choice: int | None
    value: float | None
    ts: int


class Answers:
    """Takes answers and stores them."""

    def __init__(self, config: Config, database: Database) -> None:
        self._database = database
        self.commits: GroupCommit[AnswerRow, Done] = GroupCommit(
            "answers", self._write, batch_max=config.answers_batch_max, pending_max=config.answers_pending_max
        )

    async def _write(self, rows: list[AnswerRow]) -> list[Done | LivehubError]:
        async with self._database.transaction() as tx:
            quizzes = sorted({row.quiz for row in rows})
            closes = {row["id"]: row["closes_ts"] for row in await tx.connection.fetch(Q["open_quizzes"], quizzes)}
            taken = [row for row in rows if row.ts <= closes.get(row.quiz, 0)]
            await tx.connection.execute(
                Q["insert_answers"],
                [row.quiz for row in taken],
                [row.user for row in taken],
                [row.name for row in taken],
                [row.choice for row in taken],
                [row.value for row in taken],
                [row.ts for row in taken],
            )
            pairs = [row.quiz for row in taken], [row.user for row in taken]
            stored = {
                (row["quiz"], row["user_id"]): (row["choice"], row["value"])
                for row in await tx.connection.fetch(Q["answers_of"], *pairs)
            }
        return [self._outcome(row, stored) if row.ts <= closes.get(row.quiz, 0) else QuizClosed() for row in rows]

    @staticmethod
    def _outcome(row: AnswerRow, stored: dict[tuple[str, str], tuple[int | None, float | None]]) -> Done | LivehubError:
        same = stored.get((row.quiz, row.user)) == (row.choice, row.value)
        return Done() if same else AlreadyAnswered()
