"""One bad row fails alone, wherever it stands; when nothing can be written the rest is left for another time."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.errors import KeyReused, LivehubError, Unavailable
from livehub.base.halves import ROWS_REFUSED_MAX, write_in_halves


class Store:
    """Refuses batches with a bad row in them, and all while it is away."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.stored: list[int] = []
        self.writes = 0
        self.away_after: int | None = None

    async def write(self, rows: list[int]) -> list[int]:
        self.writes += 1
        if self.away_after is not None and self.writes > self.away_after:
            raise Unavailable(retry_after_ms=7)
        if self.bad & set(rows):
            raise ZeroDivisionError
        self.stored += rows
        return [row * 10 for row in rows]


@given(st.sets(st.integers(0, 99), max_size=20))
async def test_all_but_the_bad_rows_are_stored_once_and_in_order(bad: set[int]) -> None:
    store = Store(bad)
    results = await write_in_halves("test", list(range(100)), store.write)
    assert store.stored == [row for row in range(100) if row not in bad]
    for row, result in enumerate(results):
        assert isinstance(result, ZeroDivisionError) if row in bad else result == row * 10


@pytest.mark.parametrize("row", [0, 777, 1999])
async def test_one_bad_row_costs_few_writes(row: int) -> None:
    store = Store({row})
    await write_in_halves("test", list(range(2_000)), store.write)
    assert store.writes <= 2 * math.ceil(math.log2(2_000)) + 1


async def test_a_batch_without_a_bad_row_is_written_once() -> None:
    store = Store(set())
    assert await write_in_halves("test", [1, 2], store.write) == [10, 20]
    assert store.writes == 1


async def test_while_the_store_is_away_no_halves_are_tried() -> None:
    store = Store(set())
    store.away_after = 0
    results = await write_in_halves("test", [1, 2, 3], store.write)
    assert store.writes == 1
    assert {type(result) for result in results} == {Unavailable}


async def test_what_was_written_before_the_store_went_away_stays_written() -> None:
    store = Store({7})
    store.away_after = 2  # the whole, and its first half
    results = await write_in_halves("test", list(range(8)), store.write)
    assert results[:4] == [0, 10, 20, 30]
    assert {type(result) for result in results[4:]} == {Unavailable}


async def test_when_every_row_is_refused_it_is_not_for_the_rows_and_the_rest_may_come_again() -> None:
    store = Store(set(range(2_000)))
    results = await write_in_halves("test", list(range(2_000)), store.write)
    assert [type(result) for result in results[:ROWS_REFUSED_MAX]] == [ZeroDivisionError] * ROWS_REFUSED_MAX
    assert {type(result) for result in results[ROWS_REFUSED_MAX:]} == {Unavailable}
    assert store.writes < 2 * ROWS_REFUSED_MAX + 2 * math.ceil(math.log2(2_000))


async def test_a_refusal_for_good_of_a_batch_is_found_its_row_too() -> None:
    async def write(rows: list[int]) -> list[int | LivehubError]:
        if 3 in rows:
            raise KeyReused
        return list(rows)

    results = await write_in_halves("test", [1, 2, 3, 4], write)
    assert results[:2] + results[3:] == [1, 2, 4]
    assert isinstance(results[2], KeyReused)


async def test_a_writer_that_answers_for_fewer_rows_than_it_got_has_failed() -> None:
    async def write(rows: list[int]) -> list[int]:
        return rows[:1]

    assert [type(result) for result in await write_in_halves("test", [1, 2], write)] == [int, int]

    async def none(_rows: list[int]) -> list[int]:
        return []

    assert [type(result) for result in await write_in_halves("test", [1], none)] == [ValueError]
