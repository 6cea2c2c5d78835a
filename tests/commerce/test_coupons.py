"""Of a coupon there are never more than there are, one per person, and the same person gets the same answer for ever.

Two processes serve on one PostgreSQL; the stock engine of one of them leads.
"""

import asyncio
import time
from collections import Counter
from typing import Any, cast

import pytest

from commerce.coupons import stock
from commerce.coupons.coupons import Coupons
from commerce.coupons.errors import CouponGone, CouponNotFound
from commerce.coupons.socket_events import Claimed
from commerce.coupons.store import Asked, look_up
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Retire
from livehub.base.db import Connection
from livehub.base.errors import KeyReused, LivehubError
from livehub.hub.chat.errors import Banned
from tests.commerce.farm import Farm, farm
from tests.integration.conftest import crowd, open_server, settings
from tests.integration.server import eventually
from tests.integration.viewers import Crowd
from tests.patience import PATIENCE_S

__all__ = ["crowd", "farm", "open_server", "settings"]


# --- claims ---


async def test_of_a_thousand_people_ten_get_one_of_ten(farm: Farm) -> None:
    coupon = await farm.dropped(10)
    assert await farm.rush(coupon, 1_000) == {"Claimed": 10, "CouponGone": 990}
    assert await farm.taken(coupon) == (10, 10)


async def test_one_person_at_two_processes_gets_one_and_always_the_same_answer(farm: Farm) -> None:
    coupon = await farm.dropped(5)
    answers = await asyncio.gather(*(farm.claim(coupon, "ann", at=n % 2) for n in range(20)))
    assert len({repr(answer) for answer in answers}) == 1
    assert isinstance(answers[0], Claimed)
    assert await farm.taken(coupon) == (1, 1)
    assert await farm.claim(coupon, "ann", at=1) == answers[0]


async def test_a_claim_that_was_answered_is_listed_at_once_with_the_same_moment(farm: Farm) -> None:
    coupons = [await farm.dropped(9) for _ in range(5)]
    for coupon in coupons:
        before_ms = time.time() * 1000
        had = await farm.claim(coupon, "ann")
        assert isinstance(had, Claimed)
        assert before_ms - 1_000 <= had.coupon.claimed_ts <= time.time() * 1000 + 1_000
        assert (await farm.mine("ann"))[0] == (coupon, had.coupon.claimed_ts)
    assert [coupon for coupon, _ in await farm.mine("ann")] == coupons[::-1]
    assert await farm.mine("bob") == []


async def test_who_has_one_keeps_it_when_it_is_gone_withdrawn_over_or_forgotten(farm: Farm) -> None:
    gone, withdrawn, over = await farm.dropped(1), await farm.dropped(9), await farm.dropped(9, ends_in_s=5)
    had = {coupon: await farm.claim(coupon, "ann") for coupon in (gone, withdrawn, over)}
    await farm.servers[0].do("DELETE", f"/api/rooms/{farm.room}/coupons/{withdrawn}")
    farm.stop_time(int(time.time() * 1000) + 60_000)

    async def they_are_the_same() -> None:
        before = await farm.contents()
        for coupon, answer in had.items():
            assert isinstance(answer, Claimed)
            assert await farm.claim(coupon, "ann") == answer
            assert isinstance(await farm.claim(coupon, "bob", at=1), CouponGone)
        assert await farm.contents() == before

    await eventually(farm.shows_nothing)
    await they_are_the_same()
    for coupon in (withdrawn, over):
        await farm.servers[0].application.get(StockClient).ask(Retire(stock.resource(coupon)))
    await they_are_the_same()
    assert {coupon for coupon, _ in await farm.mine("ann")} == {gone, withdrawn, over}


async def test_until_its_last_moment_a_coupon_can_be_had(farm: Farm) -> None:
    answer = await farm.drop(9, ends_in_s=20)
    coupon, ends_ts = answer.body["coupon"]["id"], answer.body["coupon"]["ends_ts"]
    farm.stop_time(ends_ts)
    had = await farm.claim(coupon, "ann")
    assert isinstance(had, Claimed)
    assert had.coupon.claimed_ts == ends_ts
    farm.stop_time(ends_ts + 1)
    assert isinstance(await farm.claim(coupon, "bob", at=1), CouponGone)
    assert await farm.claim(coupon, "ann", at=1) == had


async def test_once_a_coupon_is_withdrawn_nobody_gets_one(farm: Farm) -> None:
    coupon = await farm.dropped(9)
    await farm.servers[1].do("DELETE", f"/api/rooms/{farm.room}/coupons/{coupon}")
    assert await farm.rush(coupon, 20) == {"CouponGone": 20}
    assert await farm.shown() == []
    again = await farm.servers[0].call("DELETE", f"/api/rooms/{farm.room}/coupons/{coupon}")
    assert (again.status, again.body["code"]) == (404, 4010)


async def test_a_claim_of_nothing_is_refused_without_harm_to_others_of_its_batch(farm: Farm) -> None:
    coupon, other = await farm.dropped(5), await farm.dropped(5)
    answers = await asyncio.gather(
        farm.claim("no such coupon", "ann"), farm.claim(coupon, "ann"), farm.claim(other, "bob")
    )
    assert [type(answer) for answer in answers] == [CouponNotFound, Claimed, Claimed]
    assert (await farm.taken(coupon), await farm.taken(other)) == ((1, 1), (1, 1))


async def test_who_is_banned_gets_none_and_keeps_what_they_had(farm: Farm) -> None:
    first, second = await farm.dropped(2), await farm.dropped(2)
    assert isinstance(await farm.claim(first, "eve"), Claimed)
    bans = f"/api/rooms/{farm.room}/moderation/bans"
    await farm.servers[0].do("POST", bans, {"user": "eve", "seconds": None})
    await farm.servers[0].do("POST", bans, {"user": "bob", "seconds": 600})
    answers = [await farm.claim(coupon, user, at=1) for coupon in (first, second) for user in ("eve", "bob", "lin")]
    assert [type(answer).__name__ for answer in answers] == [
        "Claimed", "Banned", "Claimed", "Banned", "Banned", "Claimed",
    ]  # fmt: skip
    assert (await farm.taken(first), await farm.taken(second)) == ((2, 2), (1, 1))
    farm.stop_time(int(time.time() * 1000) + 601_000)
    assert isinstance(await farm.claim(second, "bob", at=1), Claimed)


async def test_the_same_key_is_the_same_claim_and_for_another_coupon_an_error(farm: Farm) -> None:
    first, second = await farm.dropped(5), await farm.dropped(5)
    had = await farm.claim(first, "ann", key="key-of-ann")
    assert isinstance(had, Claimed)
    before = await farm.contents()
    for at in (0, 1):
        assert await farm.claim(first, "ann", key="key-of-ann", at=at) == had
        assert await farm.claim(first, "ann", key="another-key", at=at) == had
        assert isinstance(await farm.claim(second, "ann", key="key-of-ann", at=at), KeyReused)
    assert await farm.contents() == before
    assert isinstance(await farm.claim(second, "bob", key="key-of-ann"), Claimed)  # keys are each person's own


async def test_the_key_of_a_refused_claim_may_be_used_again(farm: Farm) -> None:
    gone, there = await farm.dropped(1), await farm.dropped(1)
    await farm.claim(gone, "bob")
    assert isinstance(await farm.claim(gone, "ann", key="key-of-ann"), CouponGone)
    assert isinstance(await farm.claim(there, "ann", key="key-of-ann", at=1), Claimed)


async def test_one_key_for_two_coupons_at_two_processes_at_once_gets_one_of_them(farm: Farm) -> None:
    coupons = [await farm.dropped(50), await farm.dropped(50)]
    answers = await asyncio.gather(
        *(farm.claim(coupons[n % 2], f"user-{n // 2}", key="the-same-key", at=n % 2) for n in range(80))
    )
    assert Counter(type(answer).__name__ for answer in answers) == {"Claimed": 40, "KeyReused": 40}
    assert sum([(await farm.taken(coupon))[0] for coupon in coupons]) == 40


async def test_a_claim_that_postgresql_refuses_fails_alone(farm: Farm) -> None:
    coupon = await farm.dropped(100)
    users = [f"user-{n}" for n in range(60)]
    users[17], users[44] = "n\0ul", "lone \ud800"
    answers = await asyncio.gather(*(farm.claim(coupon, user) for user in users))
    refused = {user for user, answer in zip(users, answers, strict=True) if not isinstance(answer, Claimed)}
    assert refused == {"n\0ul", "lone \ud800"}
    assert {answer.name for answer in answers if isinstance(answer, LivehubError)} == {"internal"}
    assert await farm.taken(coupon) == (58, 58)


class Counting:
    """A connection that counts its queries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.queries = 0

    def __getattr__(self, name: str) -> Any:
        self.queries += 1
        return getattr(self._connection, name)


async def test_two_thousand_made_up_coupons_in_a_batch_cost_no_query_each(farm: Farm) -> None:
    coupon = await farm.dropped(5)
    asked = [Asked(coupon=f"made-up-{n}", user="eve", key=f"key-{n}", ts=1) for n in range(1_999)]
    asked.append(Asked(coupon=coupon, user="ann", key="key-of-ann", ts=1))
    async with farm.servers[0].application.database.batch.connection() as connection:
        counting = Counting(connection)
        found = await look_up(cast(Connection, counting), asked, now_ms=1)
    assert [one is None for one in found] == [True] * 1_999 + [False]
    assert counting.queries == 2


@pytest.mark.parametrize(
    "bans", ["[]", "7", '{"ann": "tomorrow", "bob": 99999999999999}', '{"ann": null, "bob": 99999999999999}']
)
async def test_bans_that_somebody_wrote_wrongly_fail_nobody(farm: Farm, bans: str) -> None:
    coupon = await farm.dropped(5)
    await farm.fetch(
        "UPDATE rooms SET state = jsonb_set(state, '{bans}', $1::text::jsonb) WHERE id = $2", bans, farm.room
    )
    assert isinstance(await farm.claim(coupon, "ann"), Claimed)
    assert isinstance(await farm.claim(coupon, "bob"), Banned if "bob" in bans else Claimed)


# --- what fails ---


async def test_a_claim_is_the_same_when_another_engine_has_taken_over(farm: Farm) -> None:
    coupon, other = await farm.dropped(3), await farm.dropped(3)
    had = await farm.claim(coupon, "ann", key="key-of-ann")
    await farm.claim(coupon, "bob")
    await farm.end_leader()
    for key in ("key-of-ann", "another-key"):
        for at in (0, 1):
            assert await farm.claim(coupon, "ann", key=key, at=at) == had
    assert isinstance(await farm.claim(other, "ann", key="key-of-ann"), KeyReused)
    assert await farm.rush(coupon, 20) == {"Claimed": 1, "CouponGone": 19}
    assert await farm.taken(coupon) == (3, 3)


async def test_in_a_rush_while_the_engine_is_followed_by_another_each_gets_what_there_is(farm: Farm) -> None:
    coupon = await farm.dropped(50)
    keys = {f"user-{n}": f"the-key-{n}" for n in range(200)}

    async def insist(n: int, user: str) -> str:
        await asyncio.sleep(n / 400)
        while True:
            answer = await farm.claim(coupon, user, key=keys[user], at=n % 2)
            if not (isinstance(answer, LivehubError) and answer.retryable):
                return type(answer).__name__

    async with asyncio.timeout(PATIENCE_S):
        rush = [asyncio.create_task(insist(n, user)) for n, user in enumerate(keys)]
        await asyncio.sleep(0.2)
        await farm.end_leader()
        answers = Counter(await asyncio.gather(*rush))
    assert answers == {"Claimed": 50, "CouponGone": 150}
    assert await farm.taken(coupon) == (50, 50)


async def test_while_nothing_can_be_stored_a_claim_is_refused_and_may_be_tried_again(farm: Farm) -> None:
    coupon = await farm.dropped(5)
    await farm.servers[0].application.database.close()
    refusal = await farm.claim(coupon, "ann")
    assert isinstance(refusal, LivehubError)
    assert (refusal.name, refusal.retryable) == ("unavailable", True)
    assert await farm.taken(coupon) == (0, 0)
    assert isinstance(await farm.claim(coupon, "ann", at=1), Claimed)


async def test_a_drop_that_did_not_reach_the_row_is_completed_by_the_same_request(farm: Farm) -> None:
    headers = {"Idempotency-Key": "the-drop-of-today"}
    first = await farm.drop(3, headers=headers)
    coupon = first.body["coupon"]["id"]
    # As after a crash in between: the engine has it, and nobody else.
    for table, column in (("coupons", "id"), ("idempotency_keys", "key")):
        await farm.fetch(f"DELETE FROM {table} WHERE {column} = ANY($1)", [coupon, headers["Idempotency-Key"]])
    assert isinstance(await farm.claim(coupon, "ann"), CouponNotFound)
    again = await farm.drop(3, headers=headers)
    assert (again.status, again.body["coupon"]["id"]) == (201, coupon)
    assert await farm.rush(coupon, 10) == {"Claimed": 3, "CouponGone": 7}

    # Later than the key is remembered it is the same coupon, and does not come back.
    await farm.servers[0].do("DELETE", f"/api/rooms/{farm.room}/coupons/{coupon}")
    await farm.fetch("DELETE FROM idempotency_keys")
    last = await farm.drop(3, headers=headers)
    assert (last.status, last.body["coupon"]) == (201, again.body["coupon"])
    assert isinstance(await farm.claim(coupon, "bob"), CouponGone)
    assert await farm.shown() == []


# --- the room ---


async def test_a_coupon_of_which_none_is_left_leaves_the_room_within_a_second_and_once(
    farm: Farm, crowd: Crowd
) -> None:
    coupon, stays = await farm.dropped(1), await farm.dropped(2)
    viewers = [await crowd.raw(running, running.person(f"at-{n}")) for n, running in enumerate(farm.servers)]
    offsets = [(await viewer.join(farm.room))["offset"] for viewer in viewers]
    await viewers[0].done("claim", {"coupon": stays, "key": "one-of-two"})
    await viewers[0].done("claim", {"coupon": coupon, "key": "the-last-one"})
    claimed_s = time.monotonic()
    for viewer in viewers:
        await viewer.control("coupon_end", coupon=coupon)
    assert time.monotonic() - claimed_s < 1.0
    assert (await viewers[1].refused("claim", {"coupon": coupon, "key": "too-late-1"}))["code"] == 4011
    await farm.servers[0].do("PATCH", f"/api/rooms/{farm.room}", {"notice": "after that"})
    for viewer, offset in zip(viewers, offsets, strict=True):
        last = await viewer.control("room", notice="after that")
        assert last["offset"] == offset + 2  # withdrawn once, however many processes follow the room
    assert await farm.shown() == [stays]


async def test_a_room_that_nobody_followed_is_looked_at_when_somebody_comes(farm: Farm, crowd: Crowd) -> None:
    coupon = await farm.dropped(1)
    assert isinstance(await farm.claim(coupon, "bob"), Claimed)
    viewer = await crowd.raw(farm.servers[1], farm.servers[1].person("ann"))
    await viewer.join(farm.room)
    await eventually(farm.shows_nothing)
    closes_ms = await farm.fetch("SELECT closes_ms FROM stock_resources WHERE id = $1", stock.resource(coupon))
    assert closes_ms[0][0] < time.time() * 1000  # so that the engine forgets it some day


async def test_a_coupon_is_withdrawn_once(farm: Farm) -> None:
    coupon, stays = await farm.dropped(1), await farm.dropped(1)
    coupons = farm.servers[0].application.get(Coupons)
    for _ in range(2):
        async with farm.servers[0].application.database.transaction() as tx:
            await coupons.withdraw(tx, farm.room, coupon, now_ms=1)
    assert await farm.shown() == [stays]
    ends = await farm.fetch("SELECT FROM room_controls WHERE room = $1 AND data->>'type' = 'coupon_end'", farm.room)
    assert len(ends) == 1


# --- what staff see ---


async def listed(farm: Farm, query: str = "") -> list[tuple[str, str, int]]:
    found = (await farm.servers[0].do("GET", f"/api/rooms/{farm.room}/coupons{query}"))["items"]
    return [(row["coupon"]["id"], row["state"], row["claimed"]) for row in found]


async def test_staff_see_how_many_are_claimed_also_of_coupons_that_have_ended(farm: Farm) -> None:
    gone, shown = await farm.dropped(2), await farm.dropped(5)
    for coupon, people in ((gone, "ab"), (shown, "abc")):
        for person in people:
            assert isinstance(await farm.claim(coupon, person, at=1), Claimed)

    async def is_gone() -> bool:
        return await farm.shown() == [shown]

    await eventually(is_gone)
    assert await listed(farm) == [(shown, "shown", 3), (gone, "ended", 2)]
    assert await listed(farm, "?state=ended") == [(gone, "ended", 2)]
    first = await farm.servers[0].do("GET", f"/api/rooms/{farm.room}/coupons?limit=1")
    assert await listed(farm, f"?limit=1&after={first['next']}") == [(gone, "ended", 2)]


async def test_the_list_is_searched_by_what_a_title_has_in_it_in_any_language(farm: Farm) -> None:
    ten, half = (
        await farm.dropped(2, title="Ten off", titles={"zh": "立减十元"}),
        await farm.dropped(5, title="Half =1"),
    )
    assert await listed(farm, "?q=TEN") == await listed(farm, "?q=%E7%AB%8B%E5%87%8F") == [(ten, "shown", 0)]
    assert await listed(farm, "?q=%20half&state=shown") == [(half, "shown", 0)]
    for query in ("?q=%25", "?q=_", "?q=none", "?q=half&state=ended"):
        assert await listed(farm, query) == [], query


async def test_staff_in_the_room_are_told_as_coupons_are_claimed(farm: Farm, crowd: Crowd) -> None:
    coupon = await farm.dropped(5)
    host, mei = await crowd.raw(farm.servers[0], farm.servers[0].host), await crowd.raw(farm.servers[0])
    for viewer in (host, mei):
        await viewer.join(farm.room)
    for person in "ab":
        await farm.claim(coupon, person, at=1)
    count = {"id": coupon, "claimed": 2, "total": 5}
    await host.inbox.until("staff", lambda told: told["type"] == "coupons" and told["data"] == {"coupons": [count]})
    assert mei.inbox.of("staff") == []
