"""Group commit: who waits is answered for their own row once it is written; at the bound one is pushed back, none is lost."""

import asyncio

import pytest

from livehub.base.errors import LivehubError, Unavailable
from livehub.base.group_commit import GroupCommit
from livehub.base.metrics import BATCH_ROWS_REFUSED
from livehub.base.tasks import running
from livehub.hub.quizzes.errors import AlreadyAnswered

BAD = 666


class Ledger:
    """Writes batches when it is told to, and remembers them."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.writing = asyncio.Event()
        self.may_write = asyncio.Event()
        self.fault: Exception | None = None

    async def write(self, rows: list[int]) -> list[int | LivehubError]:
        self.batches.append(rows)
        self.writing.set()
        await self.may_write.wait()
        if self.fault is not None:
            raise self.fault
        if BAD in rows:
            raise ZeroDivisionError
        return [AlreadyAnswered() if row < 0 else row * 10 for row in rows]


@pytest.fixture
async def ledger() -> Ledger:
    return Ledger()


def _commits(ledger: Ledger, *, batch_max: int = 100, pending_max: int = 100) -> GroupCommit[int, int]:
    commits: GroupCommit[int, int] = GroupCommit("test", ledger.write, batch_max=batch_max, pending_max=pending_max)
    commits.start()
    return commits


async def test_rows_that_come_while_one_batch_is_written_go_together_in_the_next(ledger: Ledger) -> None:
    commits = _commits(ledger)
    first = commits.add(1)
    await ledger.writing.wait()
    rest = [commits.add(row) for row in (2, 3, 4)]
    ledger.may_write.set()
    assert await asyncio.gather(first, *rest) == [10, 20, 30, 40]
    assert ledger.batches == [[1], [2, 3, 4]]
    await commits.stop()


async def test_each_is_answered_for_their_own_row(ledger: Ledger) -> None:
    commits = _commits(ledger)
    ledger.may_write.set()
    good, bad = commits.add(5), commits.add(-1)
    assert await good == 50
    with pytest.raises(AlreadyAnswered):
        await bad
    await commits.stop()


async def test_a_batch_is_no_larger_than_its_bound(ledger: Ledger) -> None:
    commits = _commits(ledger, batch_max=2)
    ledger.may_write.set()
    assert await asyncio.gather(*(commits.add(row) for row in range(5))) == [0, 10, 20, 30, 40]
    assert max(len(batch) for batch in ledger.batches) == 2
    await commits.stop()


async def test_at_the_bound_one_is_told_to_come_again(ledger: Ledger) -> None:
    commits = _commits(ledger, pending_max=2)
    commits.add(1)
    commits.add(2)
    with pytest.raises(Unavailable):
        commits.add(3)
    await commits.stop()


async def test_a_refused_write_refuses_all_of_its_batch_and_the_next_is_written(ledger: Ledger) -> None:
    commits = _commits(ledger)
    ledger.may_write.set()
    ledger.fault = Unavailable(retry_after_ms=5)
    with pytest.raises(Unavailable):
        await commits.add(1)
    ledger.fault = None
    assert await commits.add(2) == 20
    await commits.stop()


async def test_a_bad_row_is_refused_alone_and_counted(ledger: Ledger) -> None:
    before = BATCH_ROWS_REFUSED.labels(batch="test")._value.get()
    commits = _commits(ledger)
    first = commits.add(1)
    await ledger.writing.wait()
    rest = [commits.add(row) for row in (2, BAD, 4)]
    ledger.may_write.set()
    outcomes = await asyncio.gather(first, *rest, return_exceptions=True)
    assert outcomes[:2] + outcomes[3:] == [10, 20, 40]
    assert isinstance(outcomes[2], LivehubError)
    assert BATCH_ROWS_REFUSED.labels(batch="test")._value.get() == before + 1
    await commits.stop()


async def test_an_exception_in_its_task_refuses_the_batch_under_way_and_the_next_is_written(ledger: Ledger) -> None:
    commits = _commits(ledger)
    answer = commits.add(1)
    await ledger.writing.wait()
    (task,) = [task for task in running() if task.name == "test"]
    task.fail(ZeroDivisionError())
    with pytest.raises(Unavailable):
        await answer
    ledger.may_write.set()
    assert await commits.add(2) == 20
    await commits.stop()


async def test_a_defect_is_not_told_in_detail(ledger: Ledger) -> None:
    commits = _commits(ledger)
    ledger.may_write.set()
    ledger.fault = ZeroDivisionError("secret detail")
    with pytest.raises(LivehubError, match="Something went wrong on our side"):
        await commits.add(1)
    await commits.stop()


async def test_who_still_waits_at_the_stop_is_told_to_come_again(ledger: Ledger) -> None:
    commits = _commits(ledger, batch_max=1)
    waiting = [commits.add(row) for row in (1, 2)]
    await ledger.writing.wait()
    await commits.stop()
    for answer in waiting:
        with pytest.raises(Unavailable):
            await answer
