"""The result of a quiz by SQL: what livehub/room/quiz.py decides of answers in memory, of stored ones.

Tens of thousands of answers are counted and ranked by PostgreSQL; here come only the winners and the counts. Otherwise the
event loop, and with it every viewer of this process, would stand still for as long as they take to be read and sorted.
"""

from typing import Any

from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.room.models import QuizCard
from livehub.room.quiz import Given, Key, Outcome, Tally, bucket_counts, edges_between, outcome

Q = queries(__file__, "decision.sql")


async def decide_stored(connection: Connection, quiz: str, card: QuizCard, key: Key, winners_max: int) -> Outcome:
    """As `quiz.decide` of all answers that are stored; none may come meanwhile (quiz_for_update)."""
    if card.kind == "choice":
        ranked = await connection.fetch(Q["ranked_choices"], quiz, key.choice, winners_max)
        tally = await _tally_of_choices(connection, quiz, len(card.options or ()))
    else:
        target = key.value if key.value is not None else 0.0
        ranked = await connection.fetch(Q["ranked_values"], quiz, target, winners_max)
        tally = await _tally_of_values(connection, quiz)
    return outcome(key, tally, [_given(row) for row in ranked])


async def _tally_of_choices(connection: Connection, quiz: str, options: int) -> Tally:
    counts = [0] * options
    for row in await connection.fetch(Q["choice_counts"], quiz):
        counts[row["choice"]] = row["count"]
    return Tally(answers=sum(counts), counts=counts, edges=None)


async def _tally_of_values(connection: Connection, quiz: str) -> Tally:
    row = await connection.fetchrow(Q["value_range"], quiz)
    assert row is not None
    answers, low, high = row["answers"], row["low"], row["high"]
    if not answers:
        return Tally(answers=0, counts=[0], edges=[0.0, 1.0])
    if high <= low:
        return Tally(answers=answers, counts=[answers], edges=[low, low])
    edges = edges_between(low, high)
    rows = await connection.fetch(Q["bucket_counts"], quiz, edges)
    return Tally(answers=answers, counts=bucket_counts((row["edges"], row["count"]) for row in rows), edges=edges)


def _given(row: Any) -> Given:
    return Given(user=row["user_id"], name=row["name"], choice=row["choice"], value=row["value"], ts=row["ts"])
