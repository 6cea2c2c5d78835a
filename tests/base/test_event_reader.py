"""A process reads its subscriptions as soon as something is committed, whatever one of them or PostgreSQL does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livehub.app import MIGRATIONS
from livehub.base import event_reader, metrics
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.event_reader import EventReader
from livehub.base.events import Event, emit
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres
from tests.base.eventing import (
    WITHIN_S,
    Announced,
    Happened,
    Other,
    Reacting,
    effects_of,
    eventually,
    happen,
    opened,
    parked,
)

NEVER_S = 60.0


@pytest.fixture
def config(database_url: str) -> Config:
    return Config(database_url=database_url, event_poll_s=NEVER_S)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    async with opened(config) as database:
        yield database


@asynccontextmanager
async def reading(
    config: Config, database: Database, *all_reacting: Reacting, declared: Sequence[str] = ()
) -> AsyncIterator[EventReader]:
    reader = EventReader(config, database, [reacting.subscription for reacting in all_reacting], declared=declared)
    reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def listening(database: Database, number: int = 1) -> list[int]:
    """The backends that listen, once there are so many."""
    pids: list[int] = []

    async def listen() -> bool:
        async with database.connection() as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            pids[:] = [row["pid"] for row in await connection.fetch(query)]
        return len(pids) == number

    await eventually(listen)
    return pids


async def test_what_is_committed_is_read_without_waiting_for_the_poll(config: Config, database: Database) -> None:
    reacting = Reacting()
    async with reading(config, database, reacting):
        await listening(database)
        for n in range(5):
            await happen(database, str(n))
            await reacting.until(database, [str(m) for m in range(n + 1)])


async def test_what_no_notification_told_of_is_found_by_the_poll(config: Config, database: Database) -> None:
    reacting = Reacting()
    polling = msgspec.structs.replace(config, event_poll_s=0.05)
    async with reading(polling, database, reacting):
        await listening(database)
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO domain_events (type, payload) "
                'VALUES (\'thing.happened\', \'{"event": "thing.happened", "what": "unheard of"}\')'
            )
        await reacting.until(database, ["unheard of"])


async def test_events_that_another_process_is_just_giving_positions_are_looked_for_again(
    config: Config, database: Database
) -> None:
    reacting = Reacting()
    async with reading(config, database, reacting):
        await listening(database)
        async with database.transaction() as other:
            await other.connection.execute("SELECT FROM event_head FOR UPDATE")
            async with database.dedicated_connection() as connection:
                heard = asyncio.Event()
                await connection.add_listener("livehub_events", lambda *_: heard.set())
                await happen(database, "a")
                await heard.wait()
            assert await effects_of(database) == []
        await reacting.until(database, ["a"])


async def test_a_connection_that_listens_is_made_again_when_it_is_lost(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_reader, "AWAY_PAUSE_S", 0.01)
    reacting = Reacting()
    async with reading(config, database, reacting):
        (pid,) = await listening(database)
        async with database.connection() as connection:
            await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        await happen(database, "meanwhile")
        await reacting.until(database, ["meanwhile"])
        await listening(database)
        await happen(database, "afterwards")
        await reacting.until(database, ["meanwhile", "afterwards"])


async def test_two_processes_share_the_work_and_do_it_once(config: Config, database: Database) -> None:
    one, other = Reacting(), Reacting()
    async with opened(config) as elsewhere, reading(config, database, one), reading(config, elsewhere, other):
        await listening(database, 2)
        for n in range(20):
            await happen(database, str(n))

        async def all_are_done() -> bool:
            return len(await effects_of(database)) == 20

        await eventually(all_are_done)
    assert await effects_of(database) == [str(n) for n in range(20)]


async def test_a_reaction_that_hangs_or_fails_holds_up_no_other_subscription(
    config: Config, database: Database
) -> None:
    class Hanging(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            await asyncio.Event().wait()

    failing, fine = Reacting("failing"), Reacting("fine")
    failing.fails = lambda _what: True
    async with reading(config, database, Hanging("hanging"), failing, fine):
        await happen(database, "a")
        await fine.until(database, ["a"])
        await happen(database, "b")
        await fine.until(database, ["a", "b"])
    assert await effects_of(database, "hanging") == []


async def test_a_parked_event_is_tried_again_when_its_time_has_come(config: Config, database: Database) -> None:
    tries: list[str] = []
    reacting = Reacting()

    def first_time(what: str) -> bool:
        tries.append(what)
        return len(tries) == 1

    reacting.fails = first_time
    async with reading(msgspec.structs.replace(config, event_poll_s=0.05), database, reacting):
        await happen(database, "a")

        async def is_parked() -> bool:
            return await parked(database) == [("a", 1, False)]

        await eventually(is_parked)
        async with database.connection() as connection:
            await connection.execute("UPDATE parked_events SET next_try_at = now()")
        await reacting.until(database, ["a"])
    assert await parked(database) == []


async def test_what_was_under_way_at_the_stop_is_read_by_the_next(config: Config, database: Database) -> None:
    begun = asyncio.Event()

    class Stopped(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            begun.set()
            await asyncio.Event().wait()

    async with reading(config, database, Stopped()):
        await happen(database, "a")
        await begun.wait()
    assert await effects_of(database) == []
    reacting = Reacting()
    async with reading(config, database, reacting):
        await reacting.until(database, ["a"])


@pytest.fixture
def own_postgres(folder: Path) -> Iterator[Postgres]:
    """A server that this test may kill."""
    server = Postgres(folder)
    migrate(server.url(), MIGRATIONS)
    yield server
    server.close()


async def test_readers_outlive_an_absence_of_postgresql(own_postgres: Postgres) -> None:
    config = Config(database_url=own_postgres.url(), event_poll_s=0.1)
    reacting = Reacting()
    async with opened(config) as database, reading(config, database, reacting):
        await happen(database, "before")
        await reacting.until(database, ["before"])
        await asyncio.to_thread(own_postgres.kill)
        await asyncio.to_thread(own_postgres.start)
        await happen(database, "after")
        await reacting.until(database, ["before", "after"])
        assert await parked(database) == []


async def test_lag_and_parked_events_are_told(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(event_reader, "MEASURE_S", 0.02)
    monkeypatch.setattr(event_reader, "SEEN_S", 0.0)
    reacting = Reacting()
    reacting.fails = lambda _what: True
    async with database.transaction() as tx:
        await emit(tx, Other(what="of a type that nobody reads"))
        await emit(tx, Announced(what="of a type that nobody reads yet"))
    with caplog.at_level(logging.WARNING, "livehub.events"):
        async with reading(config, database, reacting, declared=["announced.happened"]) as reader:
            await happen(database, "a1", "a2", key="a")

            async def one_waits() -> bool:
                return list(reader.figures("behind")) == [(("mine",), 1.0)]

            await eventually(one_waits)
            assert list(reader.figures("parked")) == [(("mine",), 1.0)]
            assert list(reader.figures("lag")) == [(("mine",), 0.0)]
            assert 'livehub_event_parked{subscription="mine"} 1.0' in metrics.exposition().decode()

            async def the_other_type_is_told() -> bool:
                return "events.unknown_type" in [record.message for record in caplog.records]

            await eventually(the_other_type_is_told)
    told = [record for record in caplog.records if record.message == "events.unknown_type"]
    assert [(vars(record)["type"], vars(record)["events"]) for record in told] == [("other.happened", 1)]


def test_two_subscriptions_of_one_name_are_a_mistake(config: Config) -> None:
    with pytest.raises(ValueError, match="one name"):
        EventReader(config, Database(config), [Reacting().subscription, Reacting().subscription])


async def test_only_a_commit_notifies_and_a_transaction_of_many_events_once(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await emit(tx, Happened(what="nothing"))
            raise ZeroDivisionError

    async with database.dedicated_connection() as connection:
        heard: asyncio.Queue[str] = asyncio.Queue()
        await connection.add_listener("livehub_events", lambda *told: heard.put_nowait(str(told[2])))
        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.transaction() as tx:
            for n in range(100):
                await emit(tx, Happened(what=str(n)))
        async with asyncio.timeout(WITHIN_S):
            assert await heard.get() == "livehub_events"
        await connection.fetchval("SELECT 1")
        assert heard.empty()
