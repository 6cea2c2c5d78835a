"""Of a coupon there are never more than there are, one per person, and the same person gets the same answer for ever.

Two processes claim at the same time, each with its own group commit, on one PostgreSQL.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commerce.coupons.coupons import ClaimRow
from livehub.base.auth import Role
from livehub.base.errors import CouponGone, CouponNotFound, LivehubError
from livehub.room import wire
from livehub.room.shown import CouponCard
from tests.base.served import Served, serving

NOW_MS = 1_800_000_000_000


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[tuple[Served, Served]]:
    """Two processes' worth of servers, and a room `farm`."""
    async with serving(database_url) as one, serving(database_url) as other:
        await one.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
        yield one, other


async def dropped(served: Served, total: int, **fields: Any) -> str:
    body = {"title": "five off", "amount_minor": 500, "total": total, **fields}
    placed = await served.done("POST /api/rooms/farm/coupons", body)
    return str(placed["coupon"]["id"])


async def claim(served: Served, coupon: str, user: str, *, ts: int = NOW_MS) -> wire.Claimed | LivehubError:
    """The acknowledgement, or the refusal."""
    try:
        return await served.application.coupons.commits.add(ClaimRow(coupon=coupon, user=user, ts=ts))
    except LivehubError as refusal:
        return refusal


async def stock(served: Served, coupon: str) -> tuple[int, int]:
    """(taken as counted, claims that there are)."""
    taken = await served.database.fetchval("SELECT taken FROM coupons WHERE id = $1", coupon)
    claims = await served.database.fetchval("SELECT count(*) FROM coupon_claims WHERE coupon = $1", coupon)
    return int(taken), int(claims)


async def events(served: Served) -> list[str]:
    return [row["type"] for row in await served.database.fetch("SELECT type FROM outbox ORDER BY id")]


async def test_a_rush_at_two_processes_takes_exactly_what_there_is(two: tuple[Served, Served]) -> None:
    coupon = await dropped(two[0], 25)
    answers = await asyncio.gather(*(claim(two[n % 2], coupon, f"user-{n}") for n in range(100)))
    kinds = Counter(type(answer).__name__ for answer in answers)
    assert kinds == {"Claimed": 25, "CouponGone": 75}
    assert await stock(two[0], coupon) == (25, 25)
    assert await events(two[0]) == ["coupon.exhausted"]


async def test_one_person_at_two_processes_gets_one_and_always_the_same_answer(two: tuple[Served, Served]) -> None:
    coupon = await dropped(two[0], 5)
    answers = await asyncio.gather(*(claim(two[n % 2], coupon, "ann", ts=NOW_MS + n) for n in range(20)))
    assert len({repr(answer) for answer in answers}) == 1
    assert isinstance(answers[0], wire.Claimed)
    assert await stock(two[0], coupon) == (1, 1)
    assert await claim(two[1], coupon, "ann", ts=NOW_MS + 99) == answers[0]


async def test_who_has_one_keeps_it_when_it_is_gone_withdrawn_or_over(two: tuple[Served, Served]) -> None:
    served = two[0]
    gone, withdrawn, over = await dropped(served, 1), await dropped(served, 9), await dropped(served, 9, ends_in_s=5)
    had = {coupon: await claim(served, coupon, "ann") for coupon in (gone, withdrawn, over)}
    await served.done(f"DELETE /api/rooms/farm/coupons/{withdrawn}")
    later = NOW_MS + 5_001
    before = await served.contents()
    for coupon, answer in had.items():
        assert isinstance(answer, wire.Claimed)
        assert await claim(served, coupon, "ann", ts=later) == answer
        assert isinstance(await claim(served, coupon, "bob", ts=later), CouponGone)
    assert await served.contents() == before
    mine = await served.call("GET /api/me/coupons", role=Role.VIEWER, user="ann")
    assert {row["id"] for row in mine.body["coupons"]} == {gone, withdrawn, over}
    assert {row["claimed_ts"] for row in mine.body["coupons"]} == {NOW_MS}


async def test_until_its_last_moment_a_coupon_can_be_had(two: tuple[Served, Served]) -> None:
    coupon = await dropped(two[0], 9, ends_in_s=5)
    assert isinstance(await claim(two[0], coupon, "ann", ts=NOW_MS + 5_000), wire.Claimed)
    assert isinstance(await claim(two[0], coupon, "bob", ts=NOW_MS + 5_001), CouponGone)


async def test_a_claim_of_nothing_is_refused_without_harm_to_others_of_its_batch(two: tuple[Served, Served]) -> None:
    coupon, other = await dropped(two[0], 5), await dropped(two[0], 5)
    answers = await asyncio.gather(
        claim(two[0], "no such coupon", "ann"), claim(two[0], coupon, "ann"), claim(two[0], other, "bob")
    )
    assert [type(answer) for answer in answers] == [CouponNotFound, wire.Claimed, wire.Claimed]
    assert (await stock(two[0], coupon), await stock(two[0], other)) == ((1, 1), (1, 1))


async def test_who_is_banned_gets_none_and_keeps_what_they_had(two: tuple[Served, Served]) -> None:
    one, other = two
    first, second = await dropped(one, 2), await dropped(one, 2)
    assert isinstance(await claim(one, first, "eve"), wire.Claimed)
    await one.done("POST /api/rooms/farm/moderation/bans", {"user": "eve", "seconds": None})
    await one.done("POST /api/rooms/farm/moderation/bans", {"user": "bob", "seconds": 60})
    answers = [await claim(other, coupon, user) for coupon in (first, second) for user in ("eve", "bob", "lin")]
    assert [type(answer).__name__ for answer in answers] == [
        "Claimed",
        "Banned",
        "Claimed",
        "Banned",
        "Banned",
        "Claimed",
    ]
    assert (await stock(one, first), await stock(one, second)) == ((2, 2), (1, 1))
    one.clock.now_s += 61
    other.clock.now_s += 61
    assert isinstance(await claim(other, second, "bob"), wire.Claimed)


async def test_a_prize_is_given_once_and_never_claimed(two: tuple[Served, Served]) -> None:
    served = two[0]
    prize = CouponCard(id="prize-1", title="A jar", amount_minor=0, currency="CNY", total=3, prize=True)
    for users in (["ann", "bob"], ["ann", "bob"], ["bob", "cho"]):  # a reaction that runs again gives nothing again
        async with served.application.database.transaction() as tx:
            await served.application.coupons.grant(tx, "farm", prize, users, now_ms=NOW_MS)
    assert await stock(served, "prize-1") == (3, 3)
    before = await served.contents()
    assert isinstance(await claim(served, "prize-1", "dee"), CouponGone)
    assert isinstance(await claim(served, "prize-1", "ann"), wire.Claimed)
    assert await served.contents() == before


async def test_a_coupon_that_is_exhausted_leaves_the_room_once(two: tuple[Served, Served]) -> None:
    served = two[0]
    coupon, stays = await dropped(served, 1), await dropped(served, 1)
    for _ in range(2):
        async with served.application.database.transaction() as tx:
            await served.application.coupons.withdraw(tx, "farm", coupon, now_ms=NOW_MS)
    room = await served.done("GET /api/rooms/farm")
    assert [shown["id"] for shown in room["room"]["view"]["coupons"]] == [stays]
    assert room["offset"] == 3


async def test_while_nothing_can_be_stored_a_claim_is_refused_and_may_be_tried_again(
    two: tuple[Served, Served],
) -> None:
    coupon = await dropped(two[0], 5)
    await two[0].application.database.close()
    refusal = await claim(two[0], coupon, "ann")
    assert isinstance(refusal, LivehubError)
    assert (refusal.name, refusal.retryable) == ("unavailable", True)
    assert await stock(two[0], coupon) == (0, 0)
    assert isinstance(await claim(two[1], coupon, "ann"), wire.Claimed)
