"""What SQL decides of stored answers is what livehub/room/quiz.py decides of the same answers in memory."""

import random

import asyncpg
import pytest

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.hub.quizzes.decision import decide_stored
from livehub.room.models import QuizCard
from livehub.room.quiz import Given, Key, decide

CHOICE = QuizCard(id="quiz", kind="choice", question="?", options=["a", "b", "c"], opens_ts=0, closes_ts=1)
NUMBER = QuizCard(id="quiz", kind="number", question="?", opens_ts=0, closes_ts=1)
ROOM = "INSERT INTO rooms (id, epoch, state, created_by) VALUES ('farm', 'e', '{}', 'ann')"
QUIZ = "INSERT INTO quizzes (id, room, card, winners_max, closes_ts) VALUES ('quiz', 'farm', '{}', 1, 1)"
ANSWER = "INSERT INTO quiz_answers (quiz, user_id, name, choice, value, ts) VALUES ('quiz', $1, $2, $3, $4, $5)"
ALPHABET = "aZ-\u00e9\u5b57\ufffd\U0001f600"  # C order and UTF-16 order differ here


def answers(rng: random.Random, card: QuizCard, count: int) -> list[Given]:
    """With ties of value and of moment."""
    users = {"".join(rng.choices(ALPHABET, k=5)) for _ in range(count)}
    spread = rng.choice([1.0, 10.0, 1e6])
    return [
        Given(
            user=user,
            name=user.upper(),
            choice=rng.randrange(3) if card is CHOICE else None,
            value=None if card is CHOICE else rng.choice([0.0, 13.5, round(rng.gauss(13.5, spread), 1)]),
            ts=rng.randrange(5),
        )
        for user in sorted(users)
    ]


@pytest.mark.parametrize("card", [CHOICE, NUMBER], ids=["choice", "number"])
async def test_stored_answers_are_decided_as_those_in_memory(database_url: str, card: QuizCard) -> None:
    rng = random.Random(7)
    database = Database(Config(database_url=database_url))
    await database.open()
    direct = await asyncpg.connect(database_url)
    await direct.execute(ROOM)
    await direct.execute(QUIZ)
    for count in (0, 1, 2, 3, 10, 99, 100, 101, 250, 1_000):
        given = answers(rng, card, count)
        await direct.execute("DELETE FROM quiz_answers")
        rows = [(g.user, g.name, g.choice, g.value, g.ts) for g in given]
        await direct.executemany(ANSWER, rows)
        keys = (Key(choice=1), Key(choice=0)) if card is CHOICE else (Key(value=13.5), Key(value=13.3), Key(value=-2.0))
        for key in keys:
            for winners_max in (1, 5, 1_000):
                async with database.connection() as connection:
                    stored = await decide_stored(connection, "quiz", card, key, winners_max)
                assert stored == decide(card, key, given, winners_max), (count, key, winners_max)
    await direct.close()
    await database.close()


async def test_two_who_are_as_far_off_in_decimals_are_tied(database_url: str) -> None:
    database = Database(Config(database_url=database_url))
    await database.open()
    async with database.connection() as connection:
        await connection.execute(ROOM)
        await connection.execute(QUIZ)
        await connection.execute(ANSWER, "ann", "ann", None, 12.2, 1)
        await connection.execute(ANSWER, "bob", "bob", None, 12.4, 2)
        outcome = await decide_stored(connection, "quiz", NUMBER, Key(value=12.3), 1)
        assert [winner.user for winner in outcome.winners] == ["ann"]
        await connection.execute("UPDATE quiz_answers SET ts = 3 WHERE user_id = 'ann'")
        outcome = await decide_stored(connection, "quiz", NUMBER, Key(value=12.3), 1)
        assert [winner.user for winner in outcome.winners] == ["bob"]
    await database.close()


async def test_when_all_gave_the_same_value_there_is_one_bucket(database_url: str) -> None:
    database = Database(Config(database_url=database_url))
    await database.open()
    async with database.connection() as connection:
        await connection.execute(ROOM)
        await connection.execute(QUIZ)
        for user in ("ann", "bob"):
            await connection.execute(ANSWER, user, user, None, 7.0, 1)
        result = (await decide_stored(connection, "quiz", NUMBER, Key(value=7.0), 5)).result
    assert (result.edges, result.counts, result.answers, result.winners_total) == ([7.0, 7.0], [2], 2, 2)
    await database.close()
