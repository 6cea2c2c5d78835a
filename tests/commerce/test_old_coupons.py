"""Prizes, and coupons of the version before, are rows of their own: never more than there are, whichever version counts."""

import asyncio
import time

import pytest

from commerce.coupons.coupons import Coupons
from commerce.coupons.errors import CouponGone
from commerce.coupons.room_messages import CouponShown
from commerce.coupons.socket_events import Claimed
from commerce.coupons.store import decode_card
from livehub.base.errors import KeyReused
from livehub.hub.hub import Hub
from livehub.room.models import CouponCard
from tests.commerce.farm import Farm, farm
from tests.integration.conftest import open_server, settings
from tests.integration.server import eventually

__all__ = ["farm", "open_server", "settings"]

OLD = "an-old-coupon"


async def test_a_prize_is_given_once_and_never_claimed(farm: Farm) -> None:
    prize = CouponCard(id="prize-1", title="A jar", amount_minor=0, currency="CNY", total=3, prize=True)
    application = farm.servers[0].application
    for users in (["ann", "bob"], ["ann", "bob"], ["bob", "cho"]):  # a reaction that runs again gives nothing again
        async with application.database.transaction() as tx:
            await application.get(Coupons).grant(tx, farm.room, prize, users, now_ms=5)
    assert await farm.taken("prize-1") == (3, 3)
    before = await farm.contents()
    assert isinstance(await farm.claim("prize-1", "dee"), CouponGone)
    assert isinstance(await farm.claim("prize-1", "ann"), Claimed)
    assert await farm.contents() == before
    assert await farm.mine("ann") == [("prize-1", 5)]


async def old(farm: Farm, total: int, ends_ts: int | None = None) -> None:
    """A coupon as the version before stored it, of which it has given one to `ann`."""
    card = CouponCard(id=OLD, title="Old", amount_minor=1, currency="CNY", total=total, ends_ts=ends_ts)
    await farm.fetch(
        "INSERT INTO coupons (id, room, card, total, taken, ends_ts) VALUES ($1, $2, $3, $4, 1, $5)",
        OLD, farm.room, card, total, ends_ts,
    )  # fmt: skip
    await farm.fetch("INSERT INTO coupon_claims VALUES ($1, 'ann', 7, 'key-of-ann')", OLD)


async def claimed_before(farm: Farm, user: str) -> bool:
    """A claim by a process of the version before: what it does, in short."""
    async with farm.servers[0].application.database.batch.transaction() as tx:
        row = await tx.connection.fetchrow(
            "SELECT total, taken, ended FROM coupons WHERE id = $1 FOR NO KEY UPDATE", OLD
        )
        assert row is not None
        if row["ended"] or row["taken"] == row["total"]:
            return False
        await tx.connection.execute("INSERT INTO coupon_claims VALUES ($1, $2, 7, $2)", OLD, user)
        await tx.connection.execute("UPDATE coupons SET taken = taken + 1 WHERE id = $1", OLD)
        return True


async def test_of_an_old_coupon_both_versions_give_as_many_as_there_are(farm: Farm) -> None:
    await old(farm, 30)
    theirs = [asyncio.create_task(claimed_before(farm, f"theirs-{n}")) for n in range(100)]
    ours = await farm.rush(OLD, 100)
    assert ours["Claimed"] + ours["CouponGone"] == 100
    assert ours["Claimed"] + sum(await asyncio.gather(*theirs)) == 29
    assert await farm.taken(OLD) == (30, 30)


async def test_an_old_coupon_is_claimed_as_ever(farm: Farm) -> None:
    now_ms = int(time.time() * 1000)
    await old(farm, 3, ends_ts=now_ms + 60_000)
    new = await farm.dropped(5)
    had = await farm.claim(OLD, "ann")
    assert isinstance(had, Claimed)
    assert had.coupon.claimed_ts == 7
    assert isinstance(await farm.claim(new, "ann", key="key-of-ann"), KeyReused)
    bob = await farm.claim(OLD, "bob", key="key-of-bob")
    assert isinstance(bob, Claimed)
    assert await farm.mine("bob") == [(OLD, bob.coupon.claimed_ts)]
    assert isinstance(await farm.claim(new, "bob", key="key-of-bob"), KeyReused)
    assert isinstance(await farm.claim(new, "cho", key="key-of-cho"), Claimed)
    assert isinstance(await farm.claim(OLD, "cho", key="key-of-cho"), KeyReused)
    farm.stop_time(now_ms + 60_001)
    assert isinstance(await farm.claim(OLD, "dee"), CouponGone)
    assert await farm.claim(OLD, "bob", at=1) == bob


async def test_when_the_last_one_of_an_old_coupon_is_taken_it_leaves_the_room(farm: Farm) -> None:
    await old(farm, 2)
    (row,) = await farm.fetch("SELECT card FROM coupons WHERE id = $1", OLD)
    controls = farm.servers[0].application.get(Hub).controls
    async with farm.servers[0].application.database.transaction() as tx:
        shown = CouponShown(coupon=decode_card(row["card"]))
        await controls.write(await controls.lock_room(tx, farm.room), shown, now_ms=1)
    assert await farm.shown() == [OLD]
    assert isinstance(await farm.claim(OLD, "bob"), Claimed)
    await eventually(farm.shows_nothing)


async def test_the_version_before_cannot_claim_what_is_on_the_stock(farm: Farm) -> None:
    coupon = await farm.dropped(5)
    row = await farm.fetch("SELECT ended, taken FROM coupons WHERE id = $1", coupon)
    assert tuple(row[0]) == (True, 0)  # it looks at `ended`, and answers that it is gone
    with pytest.raises(Exception, match="coupons_on_stock"):
        await farm.fetch("UPDATE coupons SET taken = taken + 1 WHERE id = $1", coupon)
