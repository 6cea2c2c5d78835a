"""What buyers hear, and are offered by ops' policy, when the cold chain broke around what they bought: once for each line and
shipment.

none                   they are told, and no more
coupon                 one of so much for each buyer, good for so many days: with the first of their orders that gets one, and
                       of the others they are told as with none
replacement, refund    a case for that is opened for them, of exactly the units concerned, and no picture is asked for

All orders are flagged, and up to TOLD_AT_ONCE_MAX of their buyers told, in the transaction in which the breach is heard of.
What they are offered follows in jobs (breach_offers.py), since it takes a while and each case may fail by itself.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from commerce.cases.affected import BoughtLine, affected, units_left
from commerce.cases.notices import WARM_GOODS, WarmGoods
from commerce.list_cells import amount
from commerce.orders import store as orders
from commerce.orders.notices import spaced
from commerce.refunds.store import Gone
from livehub.base.db import Connection, Transaction
from livehub.base.job_queue import defer
from livehub.base.notice_templates import Moment
from livehub.base.sql import queries
from livehub.notify.notify import Notify
from livehub.notify.planning import Notice
from livehub.people.food_batches import FoodBatches, Reach
from livehub.people.public_log import PublicLog

Q = queries(__file__, "breaches.sql")

OFFER_TASK = "cases.breach_offers"
TOLD_AT_ONCE_MAX = 2_000  # with their notices and entries some seconds; a reaction has 30
CASES = ("replacement", "refund")

Offer = Literal["none", "coupon", "replacement", "refund"]


class Breach(Struct, frozen=True, kw_only=True):
    """A breach, and the policy for it. `since_ms`, `at_ms`: Unix ms, the latter of the reading that showed it, of `celsius`;
    `amount_minor`, `currency`, `days`: of a coupon.
    """

    id: str
    shipment: str
    batches: Sequence[str]
    since_ms: int
    at_ms: int
    celsius: float | None
    offer: Offer
    amount_minor: int | None
    currency: str | None
    days: int


class Touched(Struct, frozen=True, kw_only=True):
    """Orders with goods of the batches of a breach, or of what those were made of."""

    breach: Breach
    reach: Sequence[str]
    orders: Sequence[str]


class Breaches:
    """`food`, `public_log`: asked for when they are needed; where nobody keeps track of batches, orders are known by the batch
    of their sale alone.
    """

    def __init__(
        self, notify: Notify, food: Callable[[], FoodBatches | None], public_log: Callable[[], PublicLog | None]
    ) -> None:
        self._notify = notify
        self._food = food
        self._public_log = public_log

    async def heard(self, tx: Transaction, breach: Breach, *, now_ms: int) -> None:
        """Flag the orders that have something of the batches, were paid and not delivered before, and tell their buyers."""
        db, food = tx.connection, self._food()
        await db.execute(Q["lock"])
        reach = Reach(batches=breach.batches, boxes={})
        if food is not None:
            reach = await food.reach(db, breach.batches, breach.since_ms)
        await db.execute(
            Q["insert"], breach.id, breach.shipment, list(breach.batches), list(reach.batches), breach.since_ms,
            breach.at_ms, breach.celsius, breach.offer, breach.amount_minor, breach.currency, breach.days, now_ms,
        )  # fmt: skip
        await self._flag(tx, breach, reach, None, now_ms=now_ms)

    async def touched(self, tx: Transaction, paid: Sequence[str]) -> list[Touched]:
        """Breaches that orders which were just paid may be about; none that turned out to be none. Whoever hears of a new
        breach waits for this transaction, and the other way round, so that no order is overlooked by both.
        """
        await tx.connection.execute(Q["lock_shared"])
        rows = await tx.connection.fetch(Q["touched"], list(paid))
        return [Touched(breach=breach_of(row), reach=row["reach"], orders=row["orders"]) for row in rows]

    async def paid(self, tx: Transaction, touched: Touched, *, now_ms: int) -> None:
        """The same for orders that were paid after the breach: nothing of them is packed."""
        await self._flag(tx, touched.breach, Reach(batches=touched.reach, boxes={}), touched.orders, now_ms=now_ms)

    async def corrected(self, tx: Transaction, breach: str, *, now_ms: int) -> None:
        """It turned out to be none: whoever pays from now on hears nothing of it. Nothing is taken back."""
        await tx.connection.execute(Q["correct"], breach, now_ms)

    async def reinstated(self, tx: Transaction, breach: str, *, now_ms: int) -> None:
        """It is one after all: whoever bought meanwhile is told now, too, and all others were told before."""
        db, food = tx.connection, self._food()
        await db.execute(Q["lock"])
        await db.execute(Q["reinstate"], breach)
        found = await stored(db, breach)
        if found is None:
            return
        reach = Reach(batches=found.batches, boxes={})
        if food is not None:
            reach = await food.reach(db, found.batches, found.since_ms)
        await self._flag(tx, found, reach, None, now_ms=now_ms)

    async def _flag(
        self, tx: Transaction, breach: Breach, reach: Reach, only: Sequence[str] | None, *, now_ms: int
    ) -> None:
        """`only`: among these orders; None: among all."""
        db, food = tx.connection, self._food()
        await db.execute(Q["lock_told"])
        rows = await db.fetch(
            Q["candidates"],
            list(reach.batches),
            list(reach.boxes),
            breach.since_ms,
            None if only is None else list(only),
        )
        lines = [BoughtLine(**dict(row)) for row in rows]
        packed = {} if food is None or not lines else await food.boxes_of(db, [line.id for line in lines])
        units = affected(lines, packed=packed, inside=reach.boxes)
        if not units:
            return
        await db.execute(Q["flag"], breach.id, breach.shipment, breach.offer, list(units), list(units.values()))
        await self.tell(tx, breach, TOLD_AT_ONCE_MAX, now_ms=now_ms)
        if await db.fetchval(Q["is_owed"], breach.id):
            await defer(db, OFFER_TASK, {"breach": breach.id})

    async def tell(self, tx: Transaction, breach: Breach, most: int, *, now_ms: int) -> int:
        """Tell up to `most` buyers who were not told yet, and say in the log that their orders are flagged; how many."""
        db = tx.connection
        await db.execute(Q["lock_told"])
        rows = await db.fetch(Q["to_tell"], breach.id, most)
        if not rows:
            return 0
        theirs = await units_of(db, breach.id, [row["id"] for row in rows])
        due: dict[str, Offer] = {row["id"]: _offered(breach, theirs.get(row["id"], {})) for row in rows}
        people = sorted({row["person"] for row in rows if due[row["id"]] == "coupon"})
        have = {row["person"] for row in await db.fetch(Q["with_coupon"], breach.id, people)} if people else set()
        offers = _one_coupon_each(rows, due, have)
        made, entries = await self._say_flagged(tx, breach, rows, offers, theirs, now_ms=now_ms)
        await db.execute(
            Q["told"],
            breach.id,
            [row["id"] for row in rows],
            [offers[row["id"]] for row in rows],
            made,
            entries,
            now_ms,
        )
        await self._notify.notify(tx, [_notice(breach, row, offers[row["id"]]) for row in rows], now_ms=now_ms)
        return len(rows)

    async def _say_flagged(
        self,
        tx: Transaction,
        breach: Breach,
        rows: Sequence[Record],
        offers: Mapping[str, Offer],
        theirs: Mapping[str, Mapping[str, "OwnUnits"]],
        *,
        now_ms: int,
    ) -> tuple[Sequence[str | None], Sequence[int | None]]:
        """Commitments to the orders, and the entries that have them."""
        public_log = self._public_log()
        if public_log is None:
            return [None] * len(rows), [None] * len(rows)
        made = await public_log.commit_to(tx, [(row["person"], row["id"]) for row in rows])
        said = [
            {
                "breach": breach.id,
                "shipment": breach.shipment,
                "order_commitment": commitment,
                "units": sum(each.affected for each in theirs.get(row["id"], {}).values()),
                "offer": offers[row["id"]],
            }
            for row, commitment in zip(rows, made, strict=True)
        ]
        return made, await public_log.say(tx, "cold_chain_flag", now_ms, said)


class OwnUnits(Struct, frozen=True, kw_only=True):
    """Units of a line that a breach is about. `affected`: how many; `kept`: so many at most of those that are neither paid back
    nor sent again; `free`: the same of those that are in no open case, either.
    """

    affected: int
    kept: tuple[int, ...]
    free: tuple[int, ...]


async def units_of(connection: Connection, breach: str, ids: Sequence[str]) -> dict[str, dict[str, OwnUnits]]:
    """Units that a breach is about, by order and line."""
    rows = await connection.fetch(Q["lines"], breach, list(ids))
    lines = [row["id"] for row in rows]
    gone = await Gone().refunded_units(connection, ids)
    again = await orders.replaced_units(connection, ids)
    open_ = {row["line"]: row["units"] for row in await connection.fetch(Q["in_open_cases"], lines)}
    found: dict[str, dict[str, OwnUnits]] = {}
    for row in rows:
        line, qty, units = row["id"], row["qty"], row["units"]
        settled = _all(line, gone, again)
        found.setdefault(row["order_id"], {})[line] = OwnUnits(
            affected=units,
            kept=units_left(qty, units, settled),
            free=units_left(qty, units, settled | _all(line, open_)),
        )
    return found


def _all(line: str, *taken: Mapping[str, Sequence[int]]) -> frozenset[int]:
    return frozenset[int]().union(*(each.get(line, ()) for each in taken))


def _offered(breach: Breach, units: Mapping[str, OwnUnits]) -> Offer:
    """What a buyer is told to get: nothing for what was made good already, and no second case about what is in one."""
    if breach.offer in CASES:
        return breach.offer if any(each.free for each in units.values()) else "none"
    if breach.offer == "coupon" and (breach.amount_minor is None or breach.currency is None):
        return "none"
    return breach.offer if any(each.kept for each in units.values()) else "none"


def _one_coupon_each(rows: Sequence[Record], due: Mapping[str, Offer], have: Set[str]) -> dict[str, Offer]:
    """What is due by order, but one coupon for a buyer at most. `have`: people with one of this breach already."""
    offers: dict[str, Offer] = {}
    promised = set(have)
    for row in rows:
        offer = due[row["id"]]
        if offer == "coupon":
            offer = "none" if row["person"] in promised else offer
            promised.add(row["person"])
        offers[row["id"]] = offer
    return offers


async def stored(connection: Connection, breach: str) -> Breach | None:
    """None: nobody has heard of it."""
    row = await connection.fetchrow(Q["breach"], breach)
    return None if row is None else breach_of(row)


def breach_of(row: Record) -> Breach:
    """Of its row."""
    return Breach(**{name: row[name] for name in Breach.__struct_fields__})


def _notice(breach: Breach, row: Record, offer: Offer) -> Notice[WarmGoods]:
    worth = amount(breach.amount_minor or 0, breach.currency or row["currency"])
    assert worth is not None, "both are given"
    fields = WarmGoods(
        order=row["id"],
        number=spaced(row["number"]),
        at=Moment(breach.at_ms),
        celsius="–" if breach.celsius is None else f"{breach.celsius:g}",
        amount=worth,
    )
    key = f"cold-chain:{breach.id}:{row['id']}"
    return Notice(person=row["person"], template=WARM_GOODS[offer], fields=fields, key=key)
