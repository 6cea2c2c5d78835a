"""What buyers were told to get after a breach of the cold chain, given in batches of OFFERS_BATCH, each a transaction.

A batch takes rows that are still open, and closes them with what it gives: a job whose worker died goes on where that was, and
each order gets its own once. An order that fails is tried again with the job, and holds up no other.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from asyncpg import Record

from commerce.cases.breaches import CASES, OFFER_TASK, Breach, Breaches, OwnUnits, Q, stored, units_of
from commerce.cases.cases import Cases, Wish
from commerce.coupons.coupons import Coupons
from commerce.refunds.deciding import LineUnits
from livehub.base.auth import Identity, Role
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.job_queue import defer
from livehub.people.public_log import PublicLog
from livehub.room.models import CouponCard

log = logging.getLogger("commerce.cases")

DAY_MS = 86_400_000
OFFERS_BATCH = 100
TELL_BATCH = 1_000
BATCHES_MAX = 1_000  # of one job; the next one goes on


class BreachOffers:
    def __init__(
        self,
        database: Database,
        breaches: Breaches,
        cases: Cases,
        coupons: Coupons,
        public_log: Callable[[], PublicLog | None],
        *,
        now_s: Callable[[], float],
    ) -> None:
        self._database = database
        self._breaches = breaches
        self._cases = cases
        self._coupons = coupons
        self._public_log = public_log
        self._now_s = now_s

    async def give_all(self, breach: str) -> None:
        """The job: tell who is not told yet, then give what is open. Raises the first thing that an order failed with."""
        async with self._database.batch.connection() as connection:
            found = await stored(connection, breach)
        if found is None:
            return
        for _ in range(BATCHES_MAX):
            if not await self._database.batch.run(partial(self._tell, found)):
                break
        after, failure = "", None
        for _ in range(BATCHES_MAX):
            async with self._database.batch.connection() as connection:
                rows = await connection.fetch(Q["open_after"], breach, after, OFFERS_BATCH)
            if not rows:
                break
            ids = [row["order_id"] for row in rows]
            after, failure = ids[-1], await self._give_each(found, ids) or failure
        else:
            async with self._database.batch.transaction() as tx:
                await defer(tx.connection, OFFER_TASK, {"breach": breach})
        if failure is not None:
            raise failure

    async def _tell(self, breach: Breach, tx: Transaction) -> int:
        return await self._breaches.tell(tx, breach, TELL_BATCH, now_ms=self._now_ms())

    async def _give_each(self, breach: Breach, ids: Sequence[str]) -> Exception | None:
        """Together; where that fails one by one, so that all get theirs but those that it is about."""
        try:
            await self._database.batch.run(partial(self._give, breach, ids))
        except Unavailable:
            raise
        except Exception as error:
            if len(ids) == 1:
                log.exception("cases.breach_offer_failed", extra={"breach": breach.id, "order": ids[0]})
                return error
            failures = [await self._give_each(breach, [id_]) for id_ in ids]
            return next((failure for failure in failures if failure is not None), None)
        return None

    async def _give(self, breach: Breach, ids: Sequence[str], tx: Transaction) -> None:
        now_ms, db = self._now_ms(), tx.connection
        rows = await db.fetch(Q["to_give"], breach.id, list(ids))
        if not rows:
            return
        theirs = await units_of(db, breach.id, [row["id"] for row in rows])
        people = sorted({row["person"] for row in rows if row["offer"] == "coupon"})
        if people:
            await self._coupons.grant(tx, None, _coupon(breach, len(people), now_ms), people, now_ms=now_ms, grows=True)
        cases = {
            row["id"]: await self._open(tx, row, theirs.get(row["id"], {}), now_ms=now_ms)
            for row in rows
            if row["offer"] in CASES
        }
        given = ["coupon" if row["offer"] == "coupon" else "case" if cases.get(row["id"]) else None for row in rows]
        entries = await self._say(tx, breach, rows, given, now_ms=now_ms)
        await db.execute(
            Q["given"],
            breach.id,
            [row["id"] for row in rows],
            given,
            [cases.get(row["id"]) for row in rows],
            entries,
            now_ms,
        )

    async def _open(self, tx: Transaction, row: Record, units: dict[str, OwnUnits], *, now_ms: int) -> str | None:
        """A case for the units concerned that are still the buyer's; None where it can't be, any more."""
        lines = [LineUnits(line=line, units=each.free) for line, each in units.items() if each.free]
        if not lines:
            return None
        wish = Wish(
            lines=lines, kind=row["offer"], reason="spoiled", text="", photos=(), is_known=True,
        )  # fmt: skip
        try:
            async with tx.savepoint():
                by = Identity(id=row["person"], name="", role=Role.VIEWER)
                return await self._cases.open(tx, row["id"], wish, by=by, now_ms=now_ms)
        except Unavailable:
            raise
        except LivehubError as refusal:
            log.info("cases.breach_not_opened", extra={"order": row["id"], "reason": refusal.name})
            return None

    async def _say(
        self, tx: Transaction, breach: Breach, rows: Sequence[Record], given: Sequence[str | None], *, now_ms: int
    ) -> list[int | None]:
        """The log's entries of what was given, with the commitments to the orders that it has since they were flagged."""
        public_log = self._public_log()
        entries: list[int | None] = [None] * len(rows)
        which = [n for n, row in enumerate(rows) if given[n] is not None and row["commitment"] is not None]
        if public_log is None or not which:
            return entries
        said = [
            {"breach": breach.id, "order_commitment": rows[n]["commitment"], "offer": rows[n]["offer"]} for n in which
        ]
        for n, entry in zip(which, await public_log.say(tx, "cold_chain_offer", now_ms, said), strict=True):
            entries[n] = entry
        return entries

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


def _coupon(breach: Breach, people: int, now_ms: int) -> CouponCard:
    """`people`: of the first batch; there are more with each that comes after it."""
    assert breach.amount_minor is not None, "a policy has it"
    assert breach.currency is not None, "a policy has it"
    return CouponCard(
        id=f"{breach.id}-cold",
        title="Cold chain",
        titles={"zh": "冷链补偿", "en": "Cold chain"},
        amount_minor=breach.amount_minor,
        currency=breach.currency,
        total=people,
        prize=True,
        usable_until_ts=now_ms + breach.days * DAY_MS,
    )
