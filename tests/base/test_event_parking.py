"""An event to which the reaction fails is found, parked and tried again, and holds up nothing but its own key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.event_cursor import Cursor
from livehub.base.events import Event, Q, emit
from tests.base.eventing import Happened, Reacting, drain, effects_of, happen, make_due, opened, parked, sequence

DAY_MS = 86_400_000


@pytest.fixture
def config(database_url: str) -> Config:
    return Config(database_url=database_url, event_batch_max=64)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    async with opened(config) as database:
        yield database


@pytest.fixture
def reacting() -> Reacting:
    return Reacting()


@pytest.fixture
async def cursor(config: Config, database: Database, reacting: Reacting) -> Cursor:
    cursor = Cursor(config, database, reacting.subscription)
    await cursor.register()
    return cursor


# --- halves ---


async def test_of_a_batch_only_the_event_that_fails_is_parked_and_it_is_found_in_halves(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda what: what == "40"
    await happen(database, *(str(n) for n in range(64)))
    await drain(database, cursor)
    assert await effects_of(database) == [str(n) for n in range(64) if n != 40]
    assert await parked(database) == [("40", 1, False)]
    assert [len(batch) for batch in reacting.batches[:2]] == [64, 32]
    assert len(reacting.batches) <= 24


async def test_a_reaction_that_fails_for_all_costs_about_one_try_for_each(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda _what: True
    await happen(database, *(str(n) for n in range(64)))
    await drain(database, cursor)
    assert await effects_of(database) == []
    assert await parked(database) == [(str(n), 1, False) for n in range(64)]
    assert len(reacting.batches) == 64 + 6


async def test_a_violation_that_shows_at_the_commit_is_the_events_fault_too(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE effects ADD UNIQUE (what) DEFERRABLE INITIALLY DEFERRED")
    await happen(database, "a", "twice", "twice", "b")
    await drain(database, cursor)
    assert await effects_of(database) == ["a", "twice", "b"]
    assert await parked(database) == [("twice", 1, False)]


# --- keys ---


async def test_later_events_of_its_key_wait_behind_it_and_no_others(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda what: what == "a1"
    for what in ("a1", "b1", "a2", "b2"):
        await happen(database, what, key=what[0])
    await happen(database, "none")
    await drain(database, cursor)
    await happen(database, "a3", key="a")
    await happen(database, "b3", key="b")
    await drain(database, cursor)
    assert await effects_of(database) == ["b1", "b2", "none", "b3"]
    assert await parked(database) == [("a1", 1, False), ("a2", 0, True), ("a3", 0, True)]


async def test_a_retry_that_succeeds_releases_them_in_order(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda what: what == "a0"
    await happen(database, *(f"a{n}" for n in range(20)), key="a")
    await drain(database, cursor)
    reacting.fails = lambda _what: False
    reacting.batches.clear()
    await make_due(database)
    await drain(database, cursor)
    assert await effects_of(database) == [f"a{n}" for n in range(20)]
    assert await parked(database) == []
    assert [len(batch) for batch in reacting.batches] == [1, 2, 4, 8, 5]
    await happen(database, "a20", key="a")
    await drain(database, cursor)
    assert (await effects_of(database))[-1] == "a20"


async def test_one_that_fails_behind_another_is_tried_alone_and_holds_up_the_rest(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda what: what in ("a0", "a3")
    await happen(database, *(f"a{n}" for n in range(6)), key="a")
    await drain(database, cursor)
    reacting.fails = lambda what: what == "a3"
    await make_due(database)
    await drain(database, cursor)
    assert await effects_of(database) == ["a0", "a1", "a2"]
    assert await parked(database) == [("a3", 1, False), ("a4", 0, True), ("a5", 0, True)]


async def test_another_subscription_is_not_held_up(config: Config, database: Database, reacting: Reacting) -> None:
    other = Reacting("other")
    cursors = [Cursor(config, database, each.subscription) for each in (reacting, other)]
    reacting.fails = lambda _what: True
    await happen(database, "a1", "a2", key="a")
    for cursor in cursors:
        await cursor.register()
        await drain(database, cursor)
    assert await effects_of(database) == []
    assert await effects_of(database, "other") == ["a1", "a2"]


async def test_in_two_processes_what_waits_stays_behind(config: Config, database: Database, cursor: Cursor) -> None:
    other = Reacting()
    elsewhere = Cursor(config, database, other.subscription)
    other.fails = lambda _what: True
    await happen(database, "a1", key="a")
    await drain(database, elsewhere)
    await happen(database, "a2", key="a")
    await drain(database, cursor)
    assert await effects_of(database) == []
    await make_due(database)
    await drain(database, cursor)
    assert await effects_of(database) == ["a1", "a2"]


# --- trying again ---


async def test_pauses_between_tries_double_up_to_their_bound_and_never_end(
    config: Config, database: Database, reacting: Reacting
) -> None:
    reacting.fails = lambda _what: True
    bounded = msgspec.structs.replace(config, event_retry_s_max=10.0)
    cursor = Cursor(bounded, database, reacting.subscription)
    await cursor.register()
    await happen(database, "a")
    pauses = []
    for tries in range(1, 8):
        await drain(database, cursor)
        async with database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT tries, error, extract(epoch FROM next_try_at - now())::float8 AS pause_s FROM parked_events"
            )
        assert row is not None
        assert (row["tries"], row["error"]) == (tries, "ZeroDivisionError: a")
        pauses.append(row["pause_s"])
        await make_due(database)
    assert pauses == [pytest.approx(pause, abs=1.0) for pause in (2, 4, 8, 10, 10, 10, 10)]


async def test_nothing_is_tried_before_its_time(database: Database, cursor: Cursor, reacting: Reacting) -> None:
    reacting.fails = lambda _what: True
    await happen(database, "a")
    await drain(database, cursor)
    reacting.fails = lambda _what: False
    await drain(database, cursor)
    assert await parked(database) == [("a", 1, False)]


# --- what is no event ---


async def test_a_payload_that_cannot_be_decoded_is_parked_alone_without_halving(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO domain_events (type, key, payload) VALUES ('thing.happened', 'a', '{\"event\": \"thing.happened\"}')"
        )
    await happen(database, "a2", key="a")
    await happen(database, "b1", key="b")
    await drain(database, cursor)
    assert reacting.batches == [["b1"]]
    assert await parked(database) == [(None, 1, False), ("a2", 0, True)]
    await make_due(database)
    await drain(database, cursor)
    assert await parked(database) == [(None, 2, False), ("a2", 0, True)]
    async with database.connection() as connection:  # the next version can read it
        await connection.execute(
            "UPDATE domain_events SET payload = $1 WHERE id = 1", '{"event": "thing.happened", "what": "a1"}'
        )
    await make_due(database)
    await drain(database, cursor)
    assert await effects_of(database) == ["b1", "a1", "a2"]


# --- bounds ---


async def test_a_reaction_that_does_not_end_is_given_up(config: Config, database: Database) -> None:
    class Hanging(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            if any(event.data.what == "hang" for event in batch):
                await asyncio.Event().wait()

    hanging = Hanging()
    cursor = Cursor(msgspec.structs.replace(config, event_reaction_s_max=0.2), database, hanging.subscription)
    await cursor.register()
    await happen(database, "a", "hang", "b")
    await drain(database, cursor)
    assert await effects_of(database) == ["a", "b"]
    assert await parked(database) == [("hang", 1, False)]


async def test_a_batch_that_hangs_gets_half_the_time_at_each_halving(config: Config, database: Database) -> None:
    class Hanging(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            if any(event.data.what == "0" for event in batch):
                allowed_s.append(cursor._allowed_s)
                await asyncio.Event().wait()

    allowed_s: list[float] = []
    cursor = Cursor(msgspec.structs.replace(config, event_reaction_s_max=0.8), database, Hanging().subscription)
    await cursor.register()
    await happen(database, *(str(n) for n in range(64)))
    await drain(database, cursor)
    assert await effects_of(database) == [str(n) for n in range(1, 64)]
    assert await parked(database) == [("0", 1, False)]
    assert allowed_s == pytest.approx([0.8, 0.4, 0.2, 0.1, 0.08, 0.08, 0.08, 0.8])  # alone, it has all of it
    assert cursor._allowed_s == 0.8


@pytest.mark.parametrize("at", [0, 31, 62, 63])
async def test_the_event_at_fault_is_found_in_a_few_tries_wherever_it_is(
    database: Database, cursor: Cursor, reacting: Reacting, at: int
) -> None:
    reacting.fails = lambda what: what == str(at)
    await happen(database, *(str(n) for n in range(64)))
    await drain(database, cursor)
    assert await parked(database) == [(str(at), 1, False)]
    assert len([batch for batch in reacting.batches if str(at) in batch]) <= 7
    assert len(reacting.batches) <= 7 + 6 + 6  # those with it, those before it in each half, and those after it


async def test_a_slow_reaction_is_not_at_fault_because_its_batch_was_too_much(
    config: Config, database: Database
) -> None:
    class Slow(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            await asyncio.sleep(0.15 * len(batch))

    cursor = Cursor(msgspec.structs.replace(config, event_reaction_s_max=1.0), database, Slow().subscription)
    await cursor.register()
    await happen(database, *"abcdefgh")
    await drain(database, cursor)
    assert await effects_of(database) == list("abcdefgh")
    assert await parked(database) == []


async def test_of_a_key_that_is_given_up_none_is_left_behind_for_ever(database: Database, cursor: Cursor) -> None:
    """Whoever runs the subscription again after long finds all that is kept of a key still in order, and due."""
    reacting = Reacting()
    reacting.fails = lambda what: what.startswith("a")
    first = Cursor(cursor._config, database, reacting.subscription)
    await happen(database, "a1", "a2", "a3", "b1", key="k")
    await drain(database, first)
    assert len(await parked(database)) == 4

    async def forget(most: int) -> int:
        async with database.connection() as connection:
            now_ms = await connection.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
            count: int = await connection.fetchval(Q["forget_parked"], now_ms - DAY_MS, now_ms + DAY_MS, most)
            return count

    async with database.connection() as connection:
        await connection.execute(
            "UPDATE parked_events SET parked_at = parked_at - interval '2 days' WHERE position < 4"
        )
    assert await forget(10) == 0  # b1 came lately, and waits behind them
    async with database.connection() as connection:
        await connection.execute("UPDATE parked_events SET parked_at = parked_at - interval '2 days'")
    assert await forget(2) == 2
    assert [what for what, _, _ in await parked(database)] == ["a1", "a2"]
    reacting.fails = lambda _what: False
    await make_due(database)
    await drain(database, first)
    assert await effects_of(database) == ["a1", "a2"]


async def test_when_too_many_are_parked_the_subscription_stops_instead(
    config: Config, database: Database, reacting: Reacting
) -> None:
    reacting.fails = lambda _what: True
    cursor = Cursor(msgspec.structs.replace(config, event_parked_max=3), database, reacting.subscription)
    await cursor.register()
    await happen(database, *"abcdef")
    await drain(database, cursor)
    assert [what for what, _, _ in await parked(database)] == ["a", "b", "c"]
    reacting.fails = lambda _what: False
    await make_due(database)
    await drain(database, cursor)
    assert sorted(await effects_of(database)) == list("abcdef")


async def test_after_an_error_the_transaction_of_the_reaction_left_nothing(
    database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda _what: True
    async with database.transaction() as tx:
        await emit(tx, Happened(what="a"))
    await sequence(database)
    await cursor.turn()
    assert await effects_of(database) == []


async def test_a_try_that_a_clock_which_was_set_back_has_put_off_is_made(
    config: Config, database: Database, cursor: Cursor, reacting: Reacting
) -> None:
    reacting.fails = lambda _what: True
    await happen(database, "a")
    await drain(database, cursor)
    reacting.fails = lambda _what: False
    longest_s = config.event_retry_s_max
    set_ = "UPDATE parked_events SET next_try_at = now() + $1::float8 * interval '1 second'"
    for ahead_s, effects in ((longest_s - 5, []), (longest_s + 3_600, ["a"])):
        async with database.connection() as connection:
            await connection.execute(set_, ahead_s)
            types = [cursor.types[0]]
            rows = await connection.fetch(Q["with_work"], [cursor.name], types, longest_s)
            assert [row["is_due"] for row in rows] == [True] * len(effects)
        cursor.is_due = True
        await drain(database, cursor)
        assert await effects_of(database) == effects
