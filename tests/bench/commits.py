"""Quiz answers: what each costs in processor time, through group commit, in PostgreSQL.

    python -m tests.bench.commits [--rows N] [--rounds N]
    python -m tests.bench.commits --beside CHECKOUT        # another version, which has this file too, in pairs that take turns

PostgreSQL is the embedded one as `demo` runs it; the time of its own processes, in hundredths of a second, is told beside that
of the server's process. Rows come in waves: all of a wave are there before its commit begins, so batches are as large in one
version as in the other, however fast the disk is. What sockets cost is left out; who answers is new each time.
"""

import argparse
import asyncio
import gc
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvloop

from livehub.app import MIGRATIONS
from livehub.base.db import Database
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from livehub.hub.quizzes.answers import AnswerRow, QuizAnswers
from livehub.hub.quizzes.settings import QuizzesConfig
from loadtest.pairs import is_swapped, paired_ratio

CHECKOUT = Path(__file__).parent.parent.parent
WAVES = (10, 100, 1_000)  # rows in a commit
KINDS = ("answers",)  # of versions before also "claims" of coupons, which are the stock engine's now
PAIRS = 21
OPENS_MS = 1_795_348_645_126

Round = tuple[str, int, int]  # kind, rows in a wave, waves


class Bench:
    """Writes answers to a database of its own."""

    def __init__(self, database: Database, answers: QuizAnswers) -> None:
        self._database = database
        self._commits = answers.commits
        self._numbers = itertools.count()

    async def cpu_us(self, wave: int, waves: int) -> tuple[float, float]:
        """For each row, of a round on a quiz of its own: this process's, PostgreSQL's."""
        make = await self._quiz()
        rows = [[make(f"person-{n}-{k:06d}") for k in range(wave)] for n in range(waves)]
        answers: list[asyncio.Future[Any]] = []
        gc.collect()
        began_s, began_there_s = time.process_time(), _children_s()
        for part in rows:
            given = [self._commits.add(row) for row in part]
            await given[-1]  # they are answered in order
            answers += given
        used_s, used_there_s = time.process_time() - began_s, _children_s() - began_there_s
        assert all(answer.result() is not None for answer in answers)
        return used_s * 1e6 / (wave * waves), used_there_s * 1e6 / (wave * waves)

    async def _quiz(self) -> Callable[[str], AnswerRow]:
        quiz = f"quiz-{next(self._numbers)}"
        await self._execute(
            "INSERT INTO rooms (id, epoch, state, created_by) VALUES ($1, 'e', '{}', 'bench')", f"room-{quiz}"
        )
        await self._execute(
            "INSERT INTO quizzes (id, room, card, winners_max, closes_ts) VALUES ($1, $2, '{}', 10, $3)",
            quiz, f"room-{quiz}", OPENS_MS + 1,
        )  # fmt: skip
        return lambda user: AnswerRow(quiz=quiz, user=user, name="小满", choice=None, value=12.5, ts=OPENS_MS)

    async def _execute(self, query: str, *values: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(query, *values)


def _children_s() -> float:
    used = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(times.user + times.system for times in used)


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    """On a server of its own."""
    server = await asyncio.to_thread(start_postgres, folder)
    try:
        await asyncio.to_thread(migrate, server.url(), MIGRATIONS)
        config = QuizzesConfig(database_url=server.url())
        database = Database(config)
        await database.open()
        answers = QuizAnswers(config, database)
        answers.commits.start()
        yield Bench(database, answers)
        await answers.commits.stop()
        await database.close()
    finally:
        await asyncio.to_thread(server.close)


async def _obey() -> None:
    """Measure the rounds that standard input names, one a line, until it ends."""
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        async with bench(Path(folder)) as on:
            while line := await asyncio.to_thread(sys.stdin.readline):
                _, wave, waves = json.loads(line)
                sys.stdout.write(json.dumps(await on.cpu_us(wave, waves)) + "\n")
                sys.stdout.flush()


@contextmanager
def _version(checkout: Path) -> Any:
    """Measures rounds of a checkout, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.commits", "--obey"]
    with subprocess.Popen(command, cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def measured(wanted: Round) -> tuple[float, float]:
            asked.write(json.dumps(wanted) + "\n")
            asked.flush()
            ours_us, postgres_us = json.loads(told.readline())
            return ours_us, postgres_us

        yield measured


def measure(checkouts: Sequence[Path], rows: int, rounds: int) -> dict[tuple[str, int], list[list[Any]]]:
    """By kind and size of a wave: µs of each round (ours, PostgreSQL's), a list for each version."""
    found: dict[tuple[str, int], list[list[Any]]] = {}
    with ExitStack() as stack:
        versions = [stack.enter_context(_version(checkout)) for checkout in checkouts]
        for number in range(-1, rounds):  # the first one warms up
            for kind, wave in itertools.product(KINDS, WAVES):
                wanted = (kind, wave, max(1, rows * wave // (wave + 100) // wave))
                times = found.setdefault((kind, wave), [[] for _ in versions])
                turns = list(enumerate(versions))
                for at, version in reversed(turns) if is_swapped(number) else turns:
                    value = version(wanted)
                    if number >= 0:
                        times[at].append(value)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.commits")
    parser.add_argument("--rows", type=int, default=20_000, help="in a round of large waves; fewer in small ones")
    parser.add_argument("--rounds", type=int, default=PAIRS)
    parser.add_argument("--beside", type=Path, help="a checkout of another version")
    parser.add_argument("--obey", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.obey:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_obey())
        return
    checkouts = [CHECKOUT] if options.beside is None else [CHECKOUT, options.beside]
    for (kind, wave), rounds in measure(checkouts, options.rows, options.rounds).items():
        for at, whose in enumerate(("server", "PostgreSQL")):
            times = [[pair[at] for pair in of] for of in rounds]
            medians = ", ".join(f"{statistics.median(of):6.2f} us" for of in times)
            ratio = f"; ratio {paired_ratio(*times)}" if len(times) == 2 else ""
            sys.stdout.write(f"{kind + ',':<8} {wave:>5,} to a commit, {whose:<10} {medians}{ratio}\n")


if __name__ == "__main__":
    main()
