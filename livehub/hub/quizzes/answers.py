"""Quiz answers: stored by group commit, acknowledged when durable. One per person: the first one counts, and repeating the
same answer (after a lost acknowledgement) is answered the same again.
"""

from msgspec import Struct

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.sql import queries
from livehub.hub.quizzes.errors import AlreadyAnswered, QuizClosed
from livehub.hub.quizzes.settings import QuizzesConfig
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


class QuizAnswers:
    def __init__(self, config: QuizzesConfig, database: Database) -> None:
        self._database = database
        self.commits: GroupCommit[AnswerRow, Done] = GroupCommit(
            "answers", self._write, batch_max=config.answers_batch_max, pending_max=config.answers_pending_max
        )

    async def _write(self, rows: list[AnswerRow]) -> list[Done | LivehubError]:
        async with self._database.batch.transaction() as tx:
            quizzes = sorted({row.quiz for row in rows})
            closes = {row["id"]: row["closes_ts"] for row in await tx.connection.fetch(Q["open_quizzes"], quizzes)}
            taken = [row for row in rows if row.ts <= closes.get(row.quiz, 0)]
            inserted = await tx.connection.execute(Q["insert_answers"], taken)
            if inserted == f"INSERT 0 {len(rows)}":
                return [Done()] * len(rows)  # all of them in time, and nobody had answered before
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
