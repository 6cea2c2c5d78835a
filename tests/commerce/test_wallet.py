"""A coupon is locked by one order, used by a paid one, and back in the wallet when the order is not to be; never in two orders.

On a real PostgreSQL, each step in a transaction of its own, as orders take them.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from commerce.coupons.errors import CouponNotFound, CouponNotUsable
from commerce.coupons.person_tables import Q as PEOPLE
from commerce.coupons.wallet import WalletCoupon, give_back_coupons, lock_coupon, relock, use_coupons, wallet_of
from commerce.pricing.prices import CouponTerms
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.ids import ordered_id
from livehub.base.moments import until_ms
from livehub.room.models import CouponCard

NOW_MS = 1_800_000_000_000
UNTIL_THE_11TH = 1_794_412_800_000  # 2026-11-11T16:00:00Z


class Buyers:
    """Fills BoughtBefore: who has paid an order."""

    def __init__(self) -> None:
        self.people: set[str] = set()

    async def bought_before(self, _connection: Connection, people: Sequence[str]) -> set[str]:
        return self.people & set(people)


class Purse:
    """What people have, and what orders do with it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.buyers = Buyers()
        self._numbers = itertools.count(1)

    async def coupon(self, *people: str, on_stock: bool = False, **fields: Any) -> str:
        """A coupon that these people have."""
        number = next(self._numbers)
        card = CouponCard(
            **{"id": f"c-{number}", "title": "Five off", "amount_minor": 500, "currency": "CNY", "total": 9, **fields}
        )
        async with self.database.transaction() as tx:
            await tx.connection.execute(
                "INSERT INTO coupons (id, room, card, total, on_stock, ended) VALUES ($1, 'farm', $2, 9, $3, $3)",
                card.id, card, on_stock,
            )  # fmt: skip
            for person in people:
                if on_stock:
                    await tx.connection.execute(
                        "INSERT INTO stock_holds VALUES ($1, $2, $3, '{}', 3, 1, $4, '{1}', '{1}')",
                        ordered_id(NOW_MS + number, person.encode().ljust(6)), person, f"claim:{card.id}",
                        [f"coupon:{card.id}"],
                    )  # fmt: skip
                else:
                    await tx.connection.execute(
                        "INSERT INTO coupon_claims (coupon, user_id, claimed_ts) VALUES ($1, $2, $3)",
                        card.id, person, NOW_MS + number,
                    )  # fmt: skip
        return card.id

    async def lock(self, person: str, coupon: str, order: str, *, now_ms: int = NOW_MS) -> CouponTerms:
        async with self.database.transaction() as tx:
            return await lock_coupon(tx, person, coupon, order, now_ms=now_ms, bought=self.buyers)

    async def refused(self, person: str, coupon: str, order: str, **fields: Any) -> object:
        """Why the order cannot have it; nothing is changed."""
        before = await self.uses()
        with pytest.raises(CouponNotUsable) as refusal:
            await self.lock(person, coupon, order, **fields)
        assert await self.uses() == before
        return refusal.value.details["reason"]

    async def use(self, *orders: str) -> None:
        async with self.database.transaction() as tx:
            await use_coupons(tx, orders)

    async def give_back(self, *orders: str) -> None:
        async with self.database.transaction() as tx:
            await give_back_coupons(tx, orders)

    async def relock(self, order: str, person: str = "ann") -> bool:
        async with self.database.transaction() as tx:
            return await relock(tx, order, person)

    async def wallet(self, person: str, *, now_ms: int = NOW_MS, most: int = 100, **fields: Any) -> list[WalletCoupon]:
        async with self.database.connection() as connection:
            return await wallet_of(connection, person, now_ms=now_ms, most=most, bought=self.buyers, **fields)

    async def states(self, person: str, **fields: Any) -> dict[str, tuple[str, str | None, str | None]]:
        """Of each coupon its state, its order, and why it is of no use."""
        return {one.card.id: (one.state, one.order, one.reason) for one in await self.wallet(person, **fields)}

    async def uses(self) -> set[tuple[str, str, str, str]]:
        async with self.database.connection() as connection:
            return {tuple(r) for r in await connection.fetch("SELECT order_id, coupon, person, state FROM coupon_uses")}

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list(await connection.fetch(query, *arguments))


@pytest.fixture
async def purse(database_url: str) -> AsyncIterator[Purse]:
    async with AsyncExitStack() as stack:
        database = Database(Config(database_url=database_url))
        await database.open()
        stack.push_async_callback(database.close)
        purse = Purse(database)
        await purse.fetch("INSERT INTO rooms (id, epoch, state, created_by) VALUES ('farm', 'e', '{}', 'ops')")
        yield purse


# --- one order at a time ---


async def test_a_coupon_is_locked_used_and_nobodys_again_after_that(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    assert await purse.states("ann") == {coupon: ("claimed", None, None)}
    assert await purse.lock("ann", coupon, "o-1") == CouponTerms(
        id=coupon, kind="fixed", currency="CNY", amount_minor=500
    )
    assert await purse.states("ann") == {coupon: ("locked", "o-1", "locked")}
    assert await purse.refused("ann", coupon, "o-2") == "locked"
    await purse.use("o-1")
    await purse.use("o-1")
    assert await purse.states("ann") == {coupon: ("used", "o-1", "used")}
    assert await purse.refused("ann", coupon, "o-2") == "used"


async def test_locked_again_by_the_same_order_it_is_the_same(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    terms = [await purse.lock("ann", coupon, "o-1") for _ in range(3)]
    assert (terms[0] == terms[1] == terms[2], await purse.uses()) == (True, {("o-1", coupon, "ann", "locked")})


@pytest.mark.parametrize("round_", range(5))
async def test_of_two_orders_that_lock_it_at_once_one_does(purse: Purse, round_: int) -> None:
    del round_
    coupon = await purse.coupon("ann", on_stock=True)
    answers = await asyncio.gather(*(purse.lock("ann", coupon, f"o-{n}") for n in range(8)), return_exceptions=True)
    locked = [answer for answer in answers if isinstance(answer, CouponTerms)]
    refused = [answer for answer in answers if isinstance(answer, CouponNotUsable)]
    assert (len(locked), len(refused)) == (1, 7)
    assert {refusal.details["reason"] for refusal in refused} == {"locked"}
    assert len(await purse.uses()) == 1


async def test_two_people_have_one_each_and_lock_their_own(purse: Purse) -> None:
    coupon = await purse.coupon("ann", "bob")
    await purse.lock("ann", coupon, "o-1")
    await purse.lock("bob", coupon, "o-2")
    assert await purse.states("bob") == {coupon: ("locked", "o-2", "locked")}


@pytest.mark.parametrize("coupon_of", ["nobody", "bob"])
async def test_a_coupon_that_is_not_theirs_is_none(purse: Purse, coupon_of: str) -> None:
    coupon = await purse.coupon(coupon_of)
    for asked in (coupon, "no such coupon"):
        with pytest.raises(CouponNotFound):
            await purse.lock("ann", asked, "o-1")
    assert await purse.uses() == set()


async def test_when_the_order_is_not_to_be_the_coupon_is_back_and_another_order_has_it(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    await purse.lock("ann", coupon, "o-1")
    await purse.give_back("o-1")
    await purse.give_back("o-1")
    assert await purse.states("ann") == {coupon: ("claimed", None, None)}
    await purse.lock("ann", coupon, "o-2")
    await purse.give_back("o-1")
    await purse.use("o-1")
    assert await purse.states("ann") == {coupon: ("locked", "o-2", "locked")}


async def test_a_used_coupon_of_an_order_refunded_whole_is_back(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    await purse.lock("ann", coupon, "o-1")
    await purse.use("o-1")
    await purse.give_back("o-1")
    await purse.lock("ann", coupon, "o-2")


async def test_late_money_has_its_coupons_again_all_or_none(purse: Purse) -> None:
    one, other = await purse.coupon("ann"), await purse.coupon("ann", kind="delivery")
    for coupon in (one, other):
        await purse.lock("ann", coupon, "o-1")
    await purse.give_back("o-1")
    assert await purse.relock("o-1")
    assert await purse.uses() == {("o-1", one, "ann", "locked"), ("o-1", other, "ann", "locked")}
    await purse.give_back("o-1")
    await purse.lock("ann", other, "o-2")
    assert not await purse.relock("o-1")
    assert await purse.states("ann") == {one: ("claimed", None, None), other: ("locked", "o-2", "locked")}
    assert await purse.relock("an order without coupons")


async def test_a_refused_relock_leaves_the_rest_of_the_transaction(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    await purse.lock("ann", coupon, "o-1")
    await purse.give_back("o-1")
    await purse.lock("ann", coupon, "o-2")
    async with purse.database.transaction() as tx:
        assert not await relock(tx, "o-1", "ann")
        await use_coupons(tx, ["o-2"])
    assert await purse.states("ann") == {coupon: ("used", "o-2", "used")}


async def test_many_orders_are_paid_by_one_statement(purse: Purse) -> None:
    coupons = [await purse.coupon(f"p-{n}") for n in range(20)]
    for n, coupon in enumerate(coupons):
        await purse.lock(f"p-{n}", coupon, f"o-{n}")
    await purse.use(*(f"o-{n}" for n in range(19)))
    assert sorted(state for *_, state in await purse.uses()) == ["locked"] + ["used"] * 19


# --- when, and for whom ---


@pytest.mark.parametrize("process_zone", ["UTC", "America/New_York", "Pacific/Apia"])
async def test_until_the_11th_ends_at_24_00_of_the_11th_in_the_shops_zone(
    purse: Purse, process_zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", process_zone)
    until = until_ms("2026-11-11", ZoneInfo("Asia/Shanghai"), "usable_until")
    assert until == UNTIL_THE_11TH
    coupon = await purse.coupon("ann", usable_until_ts=until)
    assert await purse.refused("ann", coupon, "o-1", now_ms=until) == "over"
    assert await purse.states("ann", now_ms=until) == {coupon: ("claimed", None, "over")}
    assert await purse.wallet("ann", now_ms=until, usable_only=True) == []
    await purse.lock("ann", coupon, "o-1", now_ms=until - 1)


async def test_a_coupon_of_tomorrow_is_there_and_not_usable_today(purse: Purse) -> None:
    coupon = await purse.coupon("ann", usable_from_ts=NOW_MS + 1)
    assert await purse.refused("ann", coupon, "o-1") == "not_started"
    assert await purse.states("ann") == {coupon: ("claimed", None, "not_started")}
    await purse.lock("ann", coupon, "o-1", now_ms=NOW_MS + 1)


async def test_a_coupon_for_new_buyers_is_not_for_who_has_paid_an_order(purse: Purse) -> None:
    coupon = await purse.coupon("ann", audience="new_buyer")
    purse.buyers.people.add("ann")
    assert await purse.refused("ann", coupon, "o-1") == "bought_before"
    assert await purse.states("ann") == {coupon: ("claimed", None, "bought_before")}
    purse.buyers.people.clear()
    await purse.lock("ann", coupon, "o-1")


async def test_of_two_first_orders_at_once_one_is_the_first(purse: Purse) -> None:
    coupons = [await purse.coupon("ann", audience="new_buyer") for _ in range(6)]
    answers = await asyncio.gather(
        *(purse.lock("ann", coupon, f"o-{n}") for n, coupon in enumerate(coupons)), return_exceptions=True
    )
    assert sum(isinstance(answer, CouponTerms) for answer in answers) == 1
    refused = [answer.details["reason"] for answer in answers if isinstance(answer, CouponNotUsable)]
    assert refused == ["bought_before"] * 5
    await purse.give_back(*(f"o-{n}" for n in range(6)))
    await purse.lock("ann", coupons[0], "o-9")
    await purse.lock("ann", coupons[1], "o-9")  # one order may have one on goods and one on the fee


async def test_a_coupon_for_people_who_are_named_is_for_them_alone(purse: Purse) -> None:
    coupon = await purse.coupon("ann", "bob", audience="people")
    await purse.fetch("INSERT INTO coupon_people VALUES ($1, 'ann')", coupon)
    assert await purse.refused("bob", coupon, "o-1") == "not_invited"
    await purse.lock("ann", coupon, "o-2")


async def test_a_kind_of_a_version_to_come_is_of_no_use(purse: Purse) -> None:
    coupon = await purse.coupon("ann", kind="tenth_free")
    assert await purse.refused("ann", coupon, "o-1") == "unknown_kind"


# --- what is in the wallet ---


async def test_the_wallet_has_given_and_claimed_ones_the_latest_first(purse: Purse) -> None:
    coupons = [await purse.coupon("ann", on_stock=n % 2 == 0) for n in range(6)]
    listed = await purse.wallet("ann")
    assert [(one.card.id, one.claimed_ms) for one in listed] == [
        (coupon, NOW_MS + number) for number, coupon in list(enumerate(coupons, 1))[::-1]
    ]
    assert [one.card.id for one in await purse.wallet("ann", most=2)] == coupons[:3:-1]
    assert await purse.wallet("bob") == []


async def test_used_ones_do_not_crowd_out_those_that_can_be_used(purse: Purse) -> None:
    first = await purse.coupon("ann")
    for n in range(5):
        await purse.lock("ann", await purse.coupon("ann"), f"o-{n}")
    over = await purse.coupon("ann", usable_until_ts=NOW_MS)
    assert [one.card.id for one in await purse.wallet("ann", most=2, usable_only=True)] == [first]
    assert over in await purse.states("ann")


@pytest.mark.parametrize("on_stock", [False, True])
async def test_a_cart_sees_what_it_names_then_what_can_be_used_whatever_was_used_since(
    purse: Purse, on_stock: bool
) -> None:
    named, usable = [await purse.coupon("ann", on_stock=on_stock) for _ in range(2)]
    for n in range(3):
        await purse.lock("ann", await purse.coupon("ann", on_stock=on_stock), f"o-{n}")
    over = await purse.coupon("ann", on_stock=on_stock, usable_until_ts=NOW_MS)
    for first, found in ([], [usable, named]), ([named], [named, usable]), ([over], [over, usable]):
        assert [one.card.id for one in await purse.wallet("ann", most=2, first=first)] == found


async def test_a_coupon_of_the_version_before_has_the_terms_that_it_had(purse: Purse) -> None:
    old: dict[str, Any] = {
        "id": "old",
        "title": "Old",
        "amount_minor": 300,
        "currency": "CNY",
        "min_spend_minor": 900,
        "total": 5,
    }
    card = msgspec.json.decode(msgspec.json.encode(old), type=CouponCard)
    coupon = await purse.coupon("ann", **old)
    await purse.fetch("UPDATE coupons SET card = $2 WHERE id = $1", coupon, old)
    assert (await purse.wallet("ann"))[0].card == card
    assert await purse.lock("ann", coupon, "o-1") == CouponTerms(
        id="old", kind="fixed", currency="CNY", amount_minor=300, min_spend_minor=900
    )


# --- two people turn out to be one ---

Merge = Callable[[str, str], Any]


async def merge(purse: Purse, merged: str, person: str) -> tuple[list[str], list[str]]:
    """What moved, of claims and of uses."""
    claims = await purse.fetch(PEOPLE["move_claims"], merged, person)
    uses = await purse.fetch(PEOPLE["move_uses"], merged, person)
    await purse.fetch("INSERT INTO stock_aliases VALUES ($1, $2)", merged, person)
    return [row[0] for row in claims], [row[0] for row in uses]


@pytest.mark.parametrize("on_stock", [False, True])
async def test_of_a_coupon_that_both_have_and_one_used_none_is_left(purse: Purse, on_stock: bool) -> None:
    coupon = await purse.coupon("ann", "bob", on_stock=on_stock)
    await purse.lock("bob", coupon, "o-1")
    await purse.use("o-1")
    _, uses = await merge(purse, "bob", "ann")
    assert uses == [f"o-1 {coupon}"]
    assert await purse.states("ann") == {coupon: ("used", "o-1", "used")}
    assert await purse.refused("ann", coupon, "o-2") == "used"
    await purse.fetch("DELETE FROM stock_aliases")
    await purse.fetch(PEOPLE["move_uses_back"], "bob", "ann", uses)
    assert await purse.states("ann") == {coupon: ("claimed", None, None)}
    assert await purse.states("bob") == {coupon: ("used", "o-1", "used")}


async def test_of_a_coupon_that_both_used_each_order_keeps_its_own(purse: Purse) -> None:
    coupon = await purse.coupon("ann", "bob")
    await purse.lock("ann", coupon, "o-1")
    await purse.lock("bob", coupon, "o-2")
    assert (await merge(purse, "bob", "ann"))[1] == []
    assert await purse.uses() == {("o-1", coupon, "ann", "locked"), ("o-2", coupon, "bob", "locked")}
    await purse.use("o-1", "o-2")
    assert await purse.states("ann") == {coupon: ("used", "o-1", "used")}


async def test_what_somebody_claimed_before_they_became_another_is_in_the_wallet_of_the_other(purse: Purse) -> None:
    coupon = await purse.coupon("bob", on_stock=True)
    await merge(purse, "bob", "ann")
    assert await purse.states("ann") == {coupon: ("claimed", None, None)}
    await purse.lock("ann", coupon, "o-1")
    assert await purse.states("ann") == {coupon: ("locked", "o-1", "locked")}


async def test_the_database_itself_holds_a_coupon_in_one_order(purse: Purse) -> None:
    coupon = await purse.coupon("ann")
    await purse.lock("ann", coupon, "o-1")
    with pytest.raises(asyncpg.UniqueViolationError):
        await purse.fetch("INSERT INTO coupon_uses VALUES ('o-2', $1, 'ann', 'used', false, 1)", coupon)
