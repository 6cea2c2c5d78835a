"""Of a coupon there are never more than there are, one per person, and the same person gets the same answer for ever.

Two processes claim at the same time, each with its own group commit, on one PostgreSQL.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from commerce.coupons.claims import ClaimRow
from commerce.coupons.coupons import Coupons
from commerce.coupons.errors import CouponGone, CouponNotFound
from commerce.coupons.socket_events import Claimed
from livehub.base.auth import Role
from livehub.base.db import Connection
from livehub.base.errors import KeyReused, LivehubError
from livehub.hub.chat.errors import Banned
from livehub.room.models import CouponCard
from tests.base.served import Served, serving

NOW_MS = 1_800_000_000_000

numbers = itertools.count(10_000)


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


async def claim(
    served: Served, coupon: str, user: str, *, ts: int = NOW_MS, key: str | None = None
) -> Claimed | LivehubError:
    """The acknowledgement, or the refusal. Without `key` it is one of its own."""
    row = ClaimRow(coupon=coupon, user=user, key=key or f"key-{next(numbers)}", ts=ts)
    try:
        return await served.application.get(Coupons).commits.add(row)
    except LivehubError as refusal:
        return refusal


async def stock(served: Served, coupon: str) -> tuple[int, int]:
    """(taken as counted, claims that there are)."""
    taken = await served.database.fetchval("SELECT taken FROM coupons WHERE id = $1", coupon)
    claims = await served.database.fetchval("SELECT count(*) FROM coupon_claims WHERE coupon = $1", coupon)
    return int(taken), int(claims)


async def events(served: Served) -> list[str]:
    return [row["type"] for row in await served.database.fetch("SELECT type FROM domain_events ORDER BY id")]


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
    assert isinstance(answers[0], Claimed)
    assert await stock(two[0], coupon) == (1, 1)
    assert await claim(two[1], coupon, "ann", ts=NOW_MS + 99) == answers[0]


async def test_who_has_one_keeps_it_when_it_is_gone_withdrawn_or_over(two: tuple[Served, Served]) -> None:
    served = two[0]
    disconnected, withdrawn, over = (
        await dropped(served, 1),
        await dropped(served, 9),
        await dropped(served, 9, ends_in_s=5),
    )
    had = {coupon: await claim(served, coupon, "ann") for coupon in (disconnected, withdrawn, over)}
    await served.done(f"DELETE /api/rooms/farm/coupons/{withdrawn}")
    later = NOW_MS + 5_001
    before = await served.contents()
    for coupon, answer in had.items():
        assert isinstance(answer, Claimed)
        assert await claim(served, coupon, "ann", ts=later) == answer
        assert isinstance(await claim(served, coupon, "bob", ts=later), CouponGone)
    assert await served.contents() == before
    mine = await served.call("GET /api/me/coupons", role=Role.VIEWER, user="ann")
    assert {row["id"] for row in mine.body["coupons"]} == {disconnected, withdrawn, over}
    assert {row["claimed_ts"] for row in mine.body["coupons"]} == {NOW_MS}


async def test_until_its_last_moment_a_coupon_can_be_had(two: tuple[Served, Served]) -> None:
    coupon = await dropped(two[0], 9, ends_in_s=5)
    assert isinstance(await claim(two[0], coupon, "ann", ts=NOW_MS + 5_000), Claimed)
    assert isinstance(await claim(two[0], coupon, "bob", ts=NOW_MS + 5_001), CouponGone)


async def test_a_claim_of_nothing_is_refused_without_harm_to_others_of_its_batch(two: tuple[Served, Served]) -> None:
    coupon, other = await dropped(two[0], 5), await dropped(two[0], 5)
    answers = await asyncio.gather(
        claim(two[0], "no such coupon", "ann"), claim(two[0], coupon, "ann"), claim(two[0], other, "bob")
    )
    assert [type(answer) for answer in answers] == [CouponNotFound, Claimed, Claimed]
    assert (await stock(two[0], coupon), await stock(two[0], other)) == ((1, 1), (1, 1))


async def test_who_is_banned_gets_none_and_keeps_what_they_had(two: tuple[Served, Served]) -> None:
    one, other = two
    first, second = await dropped(one, 2), await dropped(one, 2)
    assert isinstance(await claim(one, first, "eve"), Claimed)
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
    assert isinstance(await claim(other, second, "bob"), Claimed)


async def test_a_prize_is_given_once_and_never_claimed(two: tuple[Served, Served]) -> None:
    served = two[0]
    prize = CouponCard(id="prize-1", title="A jar", amount_minor=0, currency="CNY", total=3, prize=True)
    for users in (["ann", "bob"], ["ann", "bob"], ["bob", "cho"]):  # a reaction that runs again gives nothing again
        async with served.application.database.transaction() as tx:
            await served.application.get(Coupons).grant(tx, "farm", prize, users, now_ms=NOW_MS)
    assert await stock(served, "prize-1") == (3, 3)
    before = await served.contents()
    assert isinstance(await claim(served, "prize-1", "dee"), CouponGone)
    assert isinstance(await claim(served, "prize-1", "ann"), Claimed)
    assert await served.contents() == before


async def test_a_coupon_that_is_exhausted_leaves_the_room_once(two: tuple[Served, Served]) -> None:
    served = two[0]
    coupon, stays = await dropped(served, 1), await dropped(served, 1)
    for _ in range(2):
        async with served.application.database.transaction() as tx:
            await served.application.get(Coupons).withdraw(tx, "farm", coupon, now_ms=NOW_MS)
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
    assert isinstance(await claim(two[1], coupon, "ann"), Claimed)


async def test_the_same_key_is_the_same_claim_and_for_another_coupon_an_error(two: tuple[Served, Served]) -> None:
    one = two[0]
    first, second = await dropped(one, 5), await dropped(one, 5)
    had = await claim(one, first, "ann", key="key-of-ann")
    assert isinstance(had, Claimed)
    before = await one.contents()
    for served in two:
        assert await claim(served, first, "ann", key="key-of-ann", ts=NOW_MS + 9) == had
        assert await claim(served, first, "ann", key="another-key", ts=NOW_MS + 9) == had
        assert isinstance(await claim(served, second, "ann", key="key-of-ann"), KeyReused)
    assert await one.contents() == before
    assert isinstance(await claim(one, second, "bob", key="key-of-ann"), Claimed)  # keys are each person's own


async def test_the_key_of_a_refused_claim_may_be_used_again(two: tuple[Served, Served]) -> None:
    gone, there = await dropped(two[0], 1), await dropped(two[0], 1)
    await claim(two[0], gone, "bob")
    assert isinstance(await claim(two[0], gone, "ann", key="key-of-ann"), CouponGone)
    assert isinstance(await claim(two[1], there, "ann", key="key-of-ann"), Claimed)


async def test_one_key_for_two_coupons_at_two_processes_at_once_gets_one_of_them(two: tuple[Served, Served]) -> None:
    coupons = [await dropped(two[0], 50), await dropped(two[0], 50)]
    answers = await asyncio.gather(
        *(claim(two[n % 2], coupons[n % 2], f"user-{n // 2}", key="the-same-key") for n in range(80))
    )
    assert Counter(type(answer).__name__ for answer in answers) == {"Claimed": 40, "KeyReused": 40}
    (first, _), (second, _) = await stock(two[0], coupons[0]), await stock(two[0], coupons[1])
    assert first + second == await two[0].database.fetchval("SELECT count(*) FROM coupon_claims") == 40


async def test_a_claim_that_postgresql_refuses_fails_alone(two: tuple[Served, Served]) -> None:
    coupon = await dropped(two[0], 100)
    users = [f"user-{n}" for n in range(60)]
    users[17], users[44] = "n\0ul", "lone \ud800"
    answers = await asyncio.gather(*(claim(two[0], coupon, user) for user in users))
    refused = {user for user, answer in zip(users, answers, strict=True) if not isinstance(answer, Claimed)}
    assert refused == {"n\0ul", "lone \ud800"}
    assert {answer.name for answer in answers if isinstance(answer, LivehubError)} == {"internal"}
    assert await stock(two[0], coupon) == (58, 58)


class Counting:
    """A connection that counts its queries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.queries = 0

    def __getattr__(self, name: str) -> Any:
        self.queries += 1
        return getattr(self._connection, name)


async def test_two_thousand_made_up_coupons_in_a_batch_cost_no_query_each(two: tuple[Served, Served]) -> None:
    served = two[0]
    coupon = await dropped(served, 5)
    rows = [ClaimRow(coupon=f"made-up-{n}", user="eve", key=f"key-{n}", ts=NOW_MS) for n in range(1_999)]
    rows.append(ClaimRow(coupon=coupon, user="ann", key="key-of-ann", ts=NOW_MS))
    async with served.application.database.batch.transaction() as tx:
        counting = Counting(tx.connection)
        tx.connection = cast(Connection, counting)
        answers = await served.application.get(Coupons)._claims(tx, rows, with_keys=True)
    assert Counter(type(answer).__name__ for answer in answers) == {"CouponNotFound": 1_999, "Claimed": 1}
    assert counting.queries == 5


@pytest.mark.parametrize(
    "bans", ["[]", "7", '{"ann": "tomorrow", "bob": 99999999999999}', '{"ann": null, "bob": 99999999999999}']
)
async def test_bans_that_somebody_wrote_wrongly_fail_nobody(two: tuple[Served, Served], bans: str) -> None:
    served = two[0]
    coupon = await dropped(served, 5)
    await served.database.execute(
        "UPDATE rooms SET state = jsonb_set(state, '{bans}', $1::jsonb) WHERE id = 'farm'", bans
    )
    assert isinstance(await claim(served, coupon, "ann"), Claimed)
    assert isinstance(await claim(served, coupon, "bob"), Banned if "bob" in bans else Claimed)
