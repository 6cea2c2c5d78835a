"""Begins an epoch of the stock engine, and reads the stock as PostgreSQL has it. Who leads: livehub/base/leading.py."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from typing import Any

from commerce.flashsale.book import Book
from commerce.flashsale.journal import Q, group_of, wait_of
from commerce.flashsale.requests import Resource
from commerce.flashsale.rows import ResourceRow
from commerce.flashsale.settings import StockConfig
from commerce.flashsale.steady_clock import SteadyClock, real_at_takeover_s
from commerce.flashsale.stock import Stock
from livehub.base.db import Connection

LOCK = 0x73746F636B  # "stock": any number, as long as nothing else here takes the same one
HOLDS_AT_ONCE = 50_000  # that are read by one query


async def begin_epoch(
    connection: Connection, clock: SteadyClock, *, wall_s: Callable[[], float], address: str
) -> tuple[int, int]:
    """End the epoch before, and begin ours: ours, and the one before, 0 for none. A commit that is under way there is waited
    for.
    """
    async with connection.transaction():
        await connection.execute(Q["end_epochs"])
        database_s: float = await connection.fetchval(Q["database_time"])
        last = await connection.fetchrow(Q["last_epoch"])
        last_s, since_s, not_before_ms = (
            (last["real_ms"] / 1000, last["since_s"], last["now_ms"]) if last is not None else (0.0, 0.0, 0)
        )
        clock.begin(real_at_takeover_s(wall_s(), database_s, last_s, since_s), not_before_ms=not_before_ms)
        now_ms = clock.now_ms()
        epoch: int = await connection.fetchval(Q["begin_epoch"], now_ms, int(clock.real_s * 1000), address)
    return epoch, last["epoch"] if last is not None else 0


async def restored(connection: Connection, config: StockConfig, book: Book) -> Stock:
    """The stock as PostgreSQL has it. Raises ValueError when its rows disagree.

    A hold may be of a sale that is retired and of one that goes on, for which it counts; and whoever retires a sale may die
    before its holds are marked as forgotten. So what is retired and still named is put in with the holds, and retired again.
    """
    resources = await connection.fetch(Q["resources"])
    _put(book, resources)
    ended, retired = await _restore_holds(connection, config, book)
    # All may have been read, but who can tell when there are just as many.
    book.has_all_keys = ended < config.stock_ended_max
    aliases = [(row["person"], row["whom"]) for row in await connection.fetch(Q["aliases"])]
    book.restore(aliases, [_resource_row(row) for row in (*resources, *retired)])
    for row in retired:
        if not book.retire(row["id"], row["closes_ms"]):
            raise ValueError(f"{row['id']} is retired, and some of it is held")
    stock = Stock(book, waits_max=config.stock_waits_max)
    stock.restore_waits(wait_of(row) for row in await connection.fetch(Q["waits"]))
    return stock


def _put(book: Book, rows: Sequence[Any]) -> None:
    for row in rows:
        limits = (row["limits"][0], row["limits"][1], row["limits"][2])
        book.put(
            Resource(
                id=row["id"], units=row["units"], limits=limits, opens_ms=row["opens_ms"], closes_ms=row["closes_ms"]
            )
        )


def _resource_row(row: Any) -> ResourceRow:
    return ResourceRow(row["id"], row["units"], row["held"], row["sold"])


async def _restore_holds(connection: Connection, config: StockConfig, book: Book) -> tuple[int, list[Any]]:
    """Read all holds that the book must know, and put them into it; how many of them had ended, and the rows of retired
    resources that some of them name, which are in the book by then.

    In a thread, since it takes a second or two for a million, and others in this process go on meanwhile; PostgreSQL puts the
    next ones together at the same time.
    """
    within_s, last, retired = config.stock_restore_s_max, "", list[Any]()
    rows = await connection.fetch(Q["ended_holds"], config.stock_ended_max, timeout=within_s)
    ended = sum(len(row["ids"]) for row in rows)
    is_collecting = gc.isenabled()
    gc.disable()  # a million new objects, all of them to stay, would be looked at again and again
    try:
        while rows or not last:
            named = {resource for row in rows for resource in row["resources"]}
            if unknown := [resource for resource in named if book.units(resource) is None]:
                again = await connection.fetch(Q["retired_resources"], unknown, timeout=within_s)
                _put(book, again)
                retired += again
            restoring = asyncio.create_task(asyncio.to_thread(book.restore_holds, [group_of(row) for row in rows]))
            try:
                rows = await connection.fetch(Q["live_holds"], last, HOLDS_AT_ONCE, timeout=within_s)
            finally:
                await restoring
            last = max((max(row["ids"]) for row in rows), default="~")
    finally:
        if is_collecting:
            gc.enable()
    return ended, retired
