"""`events`: how far subscriptions have read, which events are parked, and what operators do about them."""

import argparse
from datetime import UTC, datetime
from typing import Any

from livehub.base.config import ConfigError
from livehub.base.db import Database
from livehub.base.events import Q
from livehub.commands.database import asked
from livehub.commands.terminal import Environ, say, table

COUNTED_MAX = 100_000
LISTED_MAX = 200
ERROR_CHARS = 160
SUBSCRIPTION_COLUMNS = ("SUBSCRIPTION", "CURSOR", "LAG", "LAG S", "PARKED", "BEHIND", "RUN")
PARKED_COLUMNS = ("ID", "SUBSCRIPTION", "EVENT", "TYPE", "KEY", "TRIES", "NEXT TRY", "ERROR")


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Show, or do what was asked to one parked event."""
    if options.action is None:
        return asked(options, environ, _show)
    if options.id is None:
        raise ConfigError(f"events {options.action}: which one? Give the id of a parked event")
    action = {"retry": _retry, "skip": _skip}[options.action]
    return asked(options, environ, lambda database: action(database, options.id))


async def _show(database: Database) -> int:
    async with database.connection() as connection:
        head = await connection.fetchrow(Q["head"])
        subscriptions = await connection.fetch(Q["status"], COUNTED_MAX, None)
        parked = await connection.fetch(Q["parked"], LISTED_MAX)
        unknown = await connection.fetch(Q["unknown_types"], COUNTED_MAX)
    now = datetime.now(UTC)
    assert head is not None
    say(f"{head['position']} events so far; {head['unsequenced']} just committed\n")
    say(table(SUBSCRIPTION_COLUMNS, [_subscription(row, now) for row in subscriptions]))
    if parked:
        say("\nParked:\n" + table(PARKED_COLUMNS, [_parked(row, now) for row in parked]))
    if unknown:
        rows = [(row["type"], str(row["number"]), row["oldest"].isoformat(timespec="seconds")) for row in unknown]
        say("\nRead by no subscription:\n" + table(("TYPE", "EVENTS", "OLDEST"), rows))
    return 0


def _subscription(row: Any, now: datetime) -> tuple[str, ...]:
    lag = f"{row['lag']}+" if row["lag"] >= COUNTED_MAX else str(row["lag"])
    seen = f"{(now - row['seen_at']).total_seconds():.0f} s ago"
    figures = (lag, f"{row['lag_s']:.1f}", str(row["parked"]), str(row["behind"]))
    return row["subscription"], str(row["position"]), *figures, seen


def _parked(row: Any, now: datetime) -> tuple[str, ...]:
    due = row["next_try_at"]
    when = "behind another" if due is None else f"in {max(0.0, (due - now).total_seconds()):.0f} s"
    error = " ".join((row["error"] or "").split())[:ERROR_CHARS]
    what = (str(row["id"]), row["subscription"], str(row["event"]), row["type"], row["key"] or "-")
    return *what, str(row["tries"]), when, error


async def _retry(database: Database, parked: int) -> int:
    async with database.connection() as connection:
        is_due = await connection.fetchval(Q["retry_now"], parked) is not None
    if not is_due:
        raise ConfigError(f"{parked} is no parked event, or waits behind an earlier one of its key")
    say(f"{parked} is tried again by a process that runs its subscription, within seconds")
    return 0


async def _skip(database: Database, parked: int) -> int:
    """The subscription never reacts to it; the next of its key is due."""
    async with database.transaction() as tx:
        row = await tx.connection.fetchrow(Q["parked_event"], parked)
        if row is None:
            raise ConfigError(f"{parked} is no parked event")
        is_first = row["next_try_at"] is not None
        await tx.connection.execute(Q["release"], [parked], row["subscription"], row["key"] if is_first else None)
    say(f"{parked} is passed over: {row['subscription']} does not react to it")
    return 0
