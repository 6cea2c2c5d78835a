"""Every committed event is reacted to by every subscription of its type, once, in the order of commits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.errors import Unavailable
from livehub.base.event_cursor import Cursor
from livehub.base.events import Event, Subscription, emit, emit_all, type_of
from tests.base.eventing import Happened, Other, Reacting, drain, effects_of, happen, opened, parked, sequence


@pytest.fixture
def config(database_url: str) -> Config:
    return Config(database_url=database_url, event_batch_max=100)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    async with opened(config) as database:
        yield database


async def registered(config: Config, database: Database, reacting: Reacting) -> Cursor:
    cursor = Cursor(config, database, reacting.subscription)
    await cursor.register()
    return cursor


# --- writing ---


async def test_an_event_of_a_transaction_that_was_rolled_back_never_was(config: Config, database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await emit(tx, Happened(what="nothing"))
            await emit_all(tx, [(Happened(what="nothing either"), None)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    cursor = await registered(config, database, Reacting())
    await happen(database, "something")
    await drain(database, cursor)
    assert await effects_of(database) == ["something"]


async def test_many_are_written_at_once_in_their_order(config: Config, database: Database) -> None:
    whats = [f"no. {n}" for n in range(250)]
    async with database.transaction() as tx:
        await emit_all(tx, [(Happened(what=what), None) for what in whats])
        await emit_all(tx, [])
    reacting = Reacting()
    await drain(database, await registered(config, database, reacting))
    assert [len(batch) for batch in reacting.batches] == [100, 100, 50]
    assert await effects_of(database) == whats


async def test_a_reaction_is_told_what_happened_and_when(config: Config, database: Database) -> None:
    seen: list[Event[Any]] = []

    async def react(_tx: Transaction, batch: list[Event[Any]]) -> None:
        seen.extend(batch)

    cursor = Cursor(config, database, Subscription(name="s", types=(Happened,), react=react, begins="start"))
    await cursor.register()
    await happen(database, "蓝莓\x00", key="room")
    await drain(database, cursor)
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT id, created_at FROM domain_events")
    assert row is not None
    assert seen == [Event(id=row["id"], key="room", data=Happened(what="蓝莓\x00"), created_at=row["created_at"])]


def test_what_has_no_type_is_no_event() -> None:
    class Untagged(Struct):
        pass

    with pytest.raises(TypeError, match="has no tag"):
        type_of(Untagged)
    assert type_of(Happened(what="x")) == type_of(Happened) == "thing.happened"


# --- order ---


async def test_an_event_committed_late_is_read_after_those_before_it_which_do_not_wait_for_it(
    config: Config, database: Database
) -> None:
    cursor = await registered(config, database, Reacting())
    async with database.transaction() as late:
        await emit(late, Happened(what="written first"))
        await happen(database, "a", "b")
        await drain(database, cursor)
        assert await effects_of(database) == ["a", "b"]
        await happen(database, "c")
        await drain(database, cursor)
    await happen(database, "d")
    await drain(database, cursor)
    assert await effects_of(database) == ["a", "b", "c", "written first", "d"]


async def test_events_of_one_lock_are_read_in_the_order_of_the_lock_whoever_wrote_first_in_the_database(
    config: Config, database: Database
) -> None:
    """As a POST does: it stores its Idempotency-Key, which gives it its transaction id, and waits for the room."""
    cursor = await registered(config, database, Reacting())
    async with database.transaction() as waits:
        first_id = await waits.connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
        async with database.transaction() as has_the_lock:
            assert await has_the_lock.connection.fetchval("SELECT pg_current_xact_id()::text::bigint") > first_id
            await emit(has_the_lock, Happened(what="opened"), key="room")
        await emit(waits, Happened(what="closed"), key="room")
    await drain(database, cursor)
    assert await effects_of(database) == ["opened", "closed"]


async def test_while_others_write_all_the_time_nothing_is_lost_or_read_twice(
    config: Config, database: Database
) -> None:
    cursor = await registered(config, database, Reacting())
    written = 0

    async def write(writer: int) -> None:
        nonlocal written
        for n in range(30):
            async with database.transaction() as tx:
                await emit(tx, Happened(what=f"{writer} {n}"), key=str(writer))
                await tx.connection.execute("SELECT pg_sleep($1)", (writer * 7 + n * 3) % 5 / 1_000)
            written += 1

    async def read() -> None:
        while written < 180:
            await sequence(database)
            await cursor.turn()
            await asyncio.sleep(0)

    await asyncio.gather(read(), *(write(writer) for writer in range(6)))
    await drain(database, cursor)
    effects = await effects_of(database)
    assert len(effects) == 180
    for writer in range(6):
        assert [what for what in effects if what.startswith(f"{writer} ")] == [f"{writer} {n}" for n in range(30)]


async def test_types_of_one_subscription_are_read_in_one_order(config: Config, database: Database) -> None:
    cursor = await registered(config, database, Reacting(types=(Happened, Other)))
    for n in range(4):
        async with database.transaction() as tx:
            await emit(tx, Happened(what=f"this {n}"))
            await emit(tx, Other(what=f"other {n}"))
    await drain(database, cursor)
    assert await effects_of(database) == [f"{which} {n}" for n in range(4) for which in ("this", "other")]


async def test_positions_are_given_without_gaps(config: Config, database: Database) -> None:
    for n in range(3):
        await happen(database, f"{n} a", f"{n} b")
        assert await sequence(database) == 2
    assert await sequence(database) == 0
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT position FROM domain_events ORDER BY id")
    assert [row["position"] for row in rows] == [1, 2, 3, 4, 5, 6]


async def test_only_one_process_at_a_time_gives_positions(database: Database) -> None:
    await happen(database, "a")
    async with database.transaction() as tx:
        await tx.connection.execute("SELECT FROM event_head FOR UPDATE")
        async with database.connection() as other:
            assert await other.fetchval("SELECT sequence_domain_events(10)") is None
    assert await sequence(database) == 1


# --- exactly once ---


async def test_a_crash_between_the_reaction_and_the_commit_leaves_no_effect_and_the_event_for_the_next(
    config: Config, database: Database
) -> None:
    crashes = ["once"]

    class Crashing(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            await super().react(tx, batch)
            if crashes:
                crashes.pop()
                pid = await tx.connection.fetchval("SELECT pg_backend_pid()")
                async with database.connection() as other:
                    await other.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)

    reacting = Crashing()
    cursor = await registered(config, database, reacting)
    await happen(database, "a")
    await sequence(database)
    assert await cursor.turn() is True
    assert await effects_of(database) == []
    await drain(database, cursor)
    assert await effects_of(database) == ["a"]
    assert reacting.batches == [["a"], ["a"]]
    assert await parked(database) == []  # nobody blamed the event


async def test_two_processes_with_one_subscription_do_everything_once(config: Config, database: Database) -> None:
    one, other = Reacting(), Reacting()
    cursors = [await registered(config, database, reacting) for reacting in (one, other)]
    await happen(database, *(str(n) for n in range(300)))
    await sequence(database)

    async def read(cursor: Cursor) -> None:
        for _ in range(50):
            await cursor.turn()

    await asyncio.gather(*(read(cursor) for cursor in cursors))
    assert await effects_of(database) == [str(n) for n in range(300)]
    assert sorted(map(len, one.batches + other.batches)) == [100, 100, 100]


async def test_while_one_process_reads_another_does_not_wait(config: Config, database: Database) -> None:
    holding, done = asyncio.Event(), asyncio.Event()

    class Holding(Reacting):
        async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
            holding.set()
            await done.wait()
            await super().react(tx, batch)

    first = await registered(config, database, Holding())
    second, elsewhere = Reacting(), Reacting("another subscription")
    cursors = [await registered(config, database, reacting) for reacting in (second, elsewhere)]
    await happen(database, "a")
    await sequence(database)
    turn = asyncio.create_task(first.turn())
    await holding.wait()
    assert [await cursor.turn() for cursor in cursors] == [False, False]
    assert await effects_of(database, "another subscription") == ["a"]
    done.set()
    await turn
    assert await cursors[0].turn() is False
    assert (await effects_of(database), second.batches) == (["a"], [])


async def test_while_postgresql_is_away_nothing_is_blamed(config: Config, database: Database) -> None:
    cursor = await registered(config, database, Reacting())
    await happen(database, "a")
    await sequence(database)
    await database.close()
    with pytest.raises(Unavailable):
        await cursor.turn()
    await database.open()
    await drain(database, cursor)
    assert (await effects_of(database), await parked(database)) == (["a"], [])


# --- where a subscription begins ---


async def test_a_subscription_begins_at_the_start_or_now(config: Config, database: Database) -> None:
    await happen(database, "before")
    await sequence(database)
    start, now = [
        await registered(config, database, each) for each in (Reacting("start"), Reacting("now", begins="now"))
    ]
    await happen(database, "after")
    for cursor in (start, now):
        await drain(database, cursor)
    assert await effects_of(database, "start") == ["before", "after"]
    assert await effects_of(database, "now") == ["after"]


async def test_at_the_next_start_it_goes_on_where_it_was(config: Config, database: Database) -> None:
    await drain(database, await registered(config, database, Reacting(begins="now")))
    await happen(database, "while nobody ran it")
    await drain(database, await registered(config, database, Reacting(begins="now")))
    assert await effects_of(database) == ["while nobody ran it"]


async def test_a_type_added_later_begins_by_itself_and_the_version_before_does_not_pass_its_events(
    config: Config, database: Database
) -> None:
    old = await registered(config, database, Reacting())
    new_reacting = Reacting(types=(Happened, Other))
    new = await registered(config, database, new_reacting)
    async with database.transaction() as tx:
        await emit(tx, Other(what="of the new type"))
        await emit(tx, Happened(what="of the old type"))
    await drain(database, old)
    assert await effects_of(database) == ["of the old type"]
    await drain(database, new)
    assert await effects_of(database) == ["of the old type", "of the new type"]
    assert new_reacting.batches == [["of the new type"]]


# --- versions ---


async def test_fields_that_a_process_does_not_know_are_ignored(config: Config, database: Database) -> None:
    class Newer(Struct, frozen=True, tag="thing.happened", tag_field="event"):
        what: str
        why: str

    async with database.transaction() as tx:
        await emit(tx, Newer("told", "because"))
    await drain(database, await registered(config, database, Reacting()))
    assert await effects_of(database) == ["told"]


async def test_events_of_types_that_nobody_knows_hold_nobody_up_and_are_kept(
    config: Config, database: Database
) -> None:
    cursor = await registered(config, database, Reacting())
    async with database.transaction() as tx:
        await emit_all(tx, [(Other(what=str(n)), None) for n in range(500)])
        await emit(tx, Happened(what="known"))
    await drain(database, cursor)
    assert await effects_of(database) == ["known"]
    later = await registered(config, database, Reacting("later", (Other,)))
    await drain(database, later)
    assert await effects_of(database, "later") == [str(n) for n in range(500)]


async def test_after_a_restore_into_another_cluster_everything_is_read(config: Config, database: Database) -> None:
    """There, transaction ids begin anew: rows and marks are of a future that this cluster has not seen."""
    cursor = await registered(config, database, Reacting())
    await happen(database, "read before")
    await drain(database, cursor)
    await happen(database, "not sequenced yet")
    async with database.connection() as connection:
        await connection.execute("UPDATE event_head SET settled = '9000000000'")
        await connection.execute("UPDATE domain_events SET xid = '9000000001'")
        await connection.execute("UPDATE event_head SET settled = '0'")  # what a process does at its start
    await happen(database, "after the restore")
    await drain(database, cursor)
    assert await effects_of(database) == ["read before", "not sequenced yet", "after the restore"]


async def test_events_survive_as_json_text(database: Database) -> None:
    await happen(database, "x")
    async with database.connection() as connection:
        payload = await connection.fetchval("SELECT payload FROM domain_events")
    assert msgspec.json.decode(payload) == {"event": "thing.happened", "what": "x"}
