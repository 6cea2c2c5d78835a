"""What orders ask the stock engine for. Every answer is durable, and every request can be made again."""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence

from asyncpg import Record
from msgspec import Struct

from commerce.delivery.choosing import SLOT, slot_refusal
from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import (
    Adjust,
    Answer,
    Close,
    Confirm,
    Done,
    Held,
    Refused,
    Release,
    ReleaseClosing,
    Reserve,
    Take,
    Units,
)
from commerce.orders.rows import OrderRow
from commerce.orders.store import Q
from commerce.sales.answers import STATES, expected, refusal
from commerce.sales.errors import HoldOver, SoldOut
from commerce.sales.lines import STOCK
from livehub.base.db import Connection, Database
from livehub.base.errors import LivehubError

KEY = "order:"  # begins the keys of holds that orders make beyond those of taps
LATE = "late:"  # begins the keys of what is taken for late money; the payment's id follows
RETRIES = 3
KEY_BYTES = 8


class Sold(Struct, frozen=True, kw_only=True):
    """What the engine has sold to an order. `is_all`: all of it; `confirmed`: which of its own holds, so that they can be put
    back if it does not become paid after all. What was taken beyond them says `OrderStock.taken`.
    """

    is_all: bool
    confirmed: tuple[str, ...]


NOTHING_SOLD = Sold(is_all=False, confirmed=())


class OrderStock:
    def __init__(self, client: StockClient, database: Database) -> None:
        self._client = client
        self._database = database

    # --- before it is paid ---

    async def hold(self, person: str, key: str, units: Sequence[Units], ttl_ms: int) -> Held:
        """Hold all of it. `key`: of the request, so that one that comes again holds the same; what an earlier try of it gave
        back is held anew. Raises SoldOut, SlotFull, SlotNotFound and others of sales, Unavailable.
        """
        key = KEY + key
        for _ in range(RETRIES):
            answer = await self._client.ask(Reserve(person, key, tuple(units), ttl_ms))
            if isinstance(answer, Refused):
                raise _refusal(answer)
            held = expected(answer, Held)
            if held.state == codes.HELD:
                return held
            key = f"{key}.{secrets.token_hex(KEY_BYTES)}"
        raise SoldOut

    async def keep(self, holds: Sequence[str], ttl_ms: int) -> None:
        """A payment is under way: they do not expire for so long. Raises HoldOver, with nothing to pay for."""
        for answer in await self._ask_all([Close(hold, ttl_ms) for hold in holds]):
            if isinstance(answer, Refused) and answer.code in (codes.OVER, codes.NO_HOLD):
                raise HoldOver(details={"state": STATES[codes.EXPIRED]})
            expected(answer, Done)

    async def free(self, holds: Sequence[str]) -> None:
        """Give them back, whichever state they are in; those that are over stay so."""
        answers = await self._ask_all([Release(hold) for hold in holds])
        closing = [
            hold for hold, answer in zip(holds, answers, strict=True) if isinstance(answer, Refused)
        ]  # or over for good
        for answer in await self._ask_all([ReleaseClosing(hold) for hold in closing]):
            if isinstance(answer, Refused) and answer.code not in (codes.OVER, codes.NO_HOLD):
                raise refusal(answer)

    # --- money has come in ---

    async def sell(self, order: OrderRow, payment: str, *, now_ms: int) -> Sold:
        """Confirm what the order holds; what it holds no more is taken once more, all of it or nothing: of a sale that is over,
        too, but not of a delivery window that takes no more orders. `payment`: for which; the order itself, when it costs
        nothing.
        """
        answers = await self._ask_all([Confirm(hold) for hold in order.holds])
        over = []
        for hold, answer in zip(order.holds, answers, strict=True):
            if isinstance(answer, Refused):
                if answer.code not in (codes.OVER, codes.NO_HOLD):
                    raise refusal(answer)
                over.append(hold)
        if not over:
            return Sold(is_all=True, confirmed=tuple(order.holds))
        found = await self._committed(order.holds)
        confirmed = tuple(hold for hold in order.holds if hold in found and found[hold][0] == codes.CONFIRMED)
        missing: dict[str, int] = {}
        for hold in order.holds:
            if hold not in confirmed:
                for line in found[hold][1] if hold in found else ():
                    missing[line.resource] = missing.get(line.resource, 0) + line.units
        if not missing:
            return Sold(is_all=len(confirmed) == len(order.holds), confirmed=confirmed)
        async with self._database.batch.connection() as connection:
            if missing in (await self.taken(connection, payment)).values():  # maybe under who they were then
                return Sold(is_all=True, confirmed=confirmed)
        lines = tuple(Units(resource, units) for resource, units in missing.items())
        is_in_time = not await self._has_closed_window(missing, now_ms)
        taken = await self._client.ask(Take(order.person, LATE + payment, lines, late=is_in_time))
        return Sold(is_all=isinstance(taken, Held) and taken.state == codes.CONFIRMED, confirmed=confirmed)

    async def confirmed_units(self, sold: Sold) -> dict[str, int]:
        """What is to be put back of its own holds when the order does not become paid."""
        found = await self._committed(sold.confirmed)
        return _summed(line for hold in sold.confirmed if hold in found for line in found[hold][1])

    @staticmethod
    async def taken(connection: Connection, payment: str) -> dict[str, dict[str, int]]:
        """What the engine has taken for late money, by whose it was then, whoever asked it to: another process, too, or one
        that died then.
        """
        return _by_person(await connection.fetch(Q["taken"], LATE + payment))

    @staticmethod
    async def taken_to_return(connection: Connection, payment: str) -> dict[str, dict[str, int]]:
        """The same, but for what goes back already."""
        return _by_person(await connection.fetch(Q["taken_to_return"], LATE + payment))

    async def put_back(self, key: str, units: Mapping[str, int]) -> None:
        """Add units to the stock again; once by the key. A resource that is known no more needs none. Raises Unavailable."""
        for resource, count in units.items():
            answer = await self._client.ask(Adjust(resource, count, f"{key}:{resource}"))
            if isinstance(answer, Refused) and answer.code != Refused.UNKNOWN_RESOURCE:
                raise refusal(answer)

    async def _committed(self, holds: Sequence[str]) -> dict[str, tuple[int, tuple[Units, ...]]]:
        """State and lines of holds as PostgreSQL has them: what a confirmed one has got, what another had asked for."""
        async with self._database.batch.connection() as connection:
            rows = await connection.fetch(Q["holds"], list(holds))
        found = {}
        for row in rows:
            units = row["has"] if row["state"] == codes.CONFIRMED else row["asked"]
            found[row["id"]] = row["state"], tuple(map(Units, row["resources"], units))
        return found

    async def _has_closed_window(self, resources: Collection[str], now_ms: int) -> bool:
        """Whether a delivery window among them takes no more orders. The engine then refuses it, but for who has it already."""
        windows = [resource for resource in resources if resource.startswith(SLOT)]
        if not windows:
            return False
        async with self._database.batch.connection() as connection:
            return bool(await connection.fetchval(Q["has_closed"], windows, now_ms))

    async def _ask_all(self, requests: Sequence[Confirm | Release | ReleaseClosing | Close]) -> list[Answer]:
        """Together: in one batch of the engine's, mostly."""
        if len(requests) == 1:
            return [await self._client.ask(requests[0])]
        return list(await asyncio.gather(*(self._client.ask(request) for request in requests)))


def _by_person(rows: Sequence[Record]) -> dict[str, dict[str, int]]:
    return {row["person"]: _summed(map(Units, row["resources"], row["has"])) for row in rows}


def _summed(lines: Iterable[Units]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        units[line.resource] = units.get(line.resource, 0) + line.units
    return units


def _refusal(refused: Refused) -> LivehubError:
    """Says of which product, or that it was the window."""
    if (of_slot := slot_refusal(refused)) is not None:
        return of_slot
    product = refused.resource.removeprefix(STOCK)
    if refused.code == Refused.UNKNOWN_RESOURCE:
        return SoldOut(details={"left": 0, "product": product})
    if refused.code == codes.SOLD_OUT:
        return SoldOut(details={"left": refused.left, "product": product})
    return refusal(refused)
