"""Posting transfers: many in one statement, each once."""

from collections.abc import Sequence

from commerce.ledger.transfers import Transfer
from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "ledger.sql")


class OtherTransfer(Exception):
    """A key was posted before with another amount, account, order or currency: a defect of whoever posts it."""


async def post(connection: Connection, transfers: Sequence[Transfer]) -> int:
    """Write them in the transaction that is open on `connection`; how many were new. One statement for hundreds.

    A key that was posted before is not posted again; raises OtherTransfer when it was for something else. The moment may
    differ, since whoever retries does so later. Raises asyncpg.CheckViolationError at the commit if one does not balance.
    """
    by_key = {transfer.key: transfer for transfer in transfers if transfer.entries}
    if any(not _is_same(by_key[transfer.key], transfer) for transfer in transfers if transfer.entries):
        raise OtherTransfer("two transfers have the same key")
    if not by_key:
        return 0
    wanted = list(by_key.values())
    entries = [
        (transfer.key, place, account, amount)
        for transfer in wanted
        for place, (account, amount) in enumerate(transfer.entries, 1)
    ]
    new: int = await connection.fetchval(
        Q["post"],
        list(by_key),
        [transfer.what for transfer in wanted],
        [transfer.order for transfer in wanted],
        [transfer.currency for transfer in wanted],
        [transfer.at_ms for transfer in wanted],
        [len(transfer.entries) for transfer in wanted],
        *(list(column) for column in zip(*entries, strict=True)),
    )
    if new < len(wanted):
        await _check_those_before(connection, by_key)
    return new


async def transfers_of(connection: Connection, keys: Sequence[str]) -> dict[str, Transfer]:
    """Those that were posted under these keys."""
    return {
        row["key"]: Transfer(
            key=row["key"],
            what=row["what"],
            order=row["order_id"],
            currency=row["currency"],
            at_ms=row["at_ms"],
            entries=tuple(zip(row["accounts"], row["amounts"], strict=True)),
        )
        for row in await connection.fetch(Q["transfers"], list(keys))
    }


async def income_of(connection: Connection, order: str) -> dict[str, int]:
    """What is on each account of income for an order, discounts included; they sum to 0 when no money of it is left."""
    return {row["account"]: row["amount_minor"] for row in await connection.fetch(Q["income_of"], order)}


async def _check_those_before(connection: Connection, by_key: dict[str, Transfer]) -> None:
    for key, posted in (await transfers_of(connection, list(by_key))).items():
        if not _is_same(posted, by_key[key]):
            raise OtherTransfer(f"{key} was posted as {posted.entries} in {posted.currency}")


def _is_same(one: Transfer, other: Transfer) -> bool:
    return (one.what, one.order, one.currency, one.entries) == (other.what, other.order, other.currency, other.entries)
