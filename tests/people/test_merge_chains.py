"""Merging and undoing are inverse over chains of people, in tables and in the stock engine; and in which order somebody proves
who they are does not change who is who.
"""

import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub import app
from livehub.base.auth import Role
from livehub.base.db import Transaction
from livehub.people.errors import BecameAnother
from livehub.people.people import People
from tests.base.served import Served, serving
from tests.people.stage import ANN, MEI, a_person, a_room, sql
from tests.people.test_staff import by
from tests.people.wechat_double import MINI, MINI_SECRET, WechatDouble, wechat_double

BO = "p-bo"
TABLES = ("addresses", "coupon_claims", "directs", "identities", "stock_aliases")
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
runs = itertools.count()


@pytest.fixture
async def wechat() -> AsyncIterator[WechatDouble]:
    async with wechat_double() as double:
        yield double


@pytest.fixture
async def served(database_url: str, wechat: WechatDouble) -> AsyncIterator[Served]:
    """With the stock engine, which counts together who is one."""
    async with serving(
        database_url, modules=app.DEMO_MODULES, has_stock=True, wechat_url=wechat.url, wechat_mini_app_id=MINI,
        wechat_mini_secret=MINI_SECRET, sessions_burst_max=100_000,
    ) as server:  # fmt: skip
        await a_room(server)
        yield server


async def merge(served: Served, was: str, person: str) -> bool:
    merging = served.application.get(People).merging
    return await served.application.database.run(lambda tx: merging.merge(tx, was, person, now_ms=next(runs)))


async def undo(served: Served, was: str) -> str | None:
    async def work(tx: Transaction) -> str | None:
        return await served.application.get(People).merging.undo(tx, was, by="ann", now_ms=next(runs))

    return await served.application.database.run(work)


async def stage(served: Served, people: Sequence[str]) -> None:
    """People who each have a row in each table: some of the same coupon, which is kept where both have it."""
    for n, person in enumerate(people):
        await a_person(served, person, person)
        await sql(served, "INSERT INTO identities VALUES ('phone', $1, $2, 1, 1, '{}')", f"+{person}", person)
        for place in ("home", "work"):
            await sql(
                served,
                "INSERT INTO addresses VALUES"
                " ($1, $2, 'N', '+8613812341234', '', '1 Lane', 1, 2, 'wgs84', 1, 2, $3::text = 'home', $4, 1)",
                f"{person}-{place}", person, place, n,
            )  # fmt: skip
        for coupon in (f"{person}-own", f"shared-{people[0]}-{n % 2}"):
            await sql(served, "INSERT INTO coupons VALUES ($1, 'farm', '{}', 9) ON CONFLICT DO NOTHING", coupon)
            await sql(
                served, "INSERT INTO coupon_claims (coupon, user_id, claimed_ts) VALUES ($1, $2, 5)", coupon, person
            )
        direct = "INSERT INTO directs (id, user_id, type, ts, data) VALUES ($1, $2, 'note', 1, '{}')"
        await sql(served, direct, f"d-{person}", person)


async def rows(served: Served) -> dict[str, list[str]]:
    return {table: await served.rows(table) for table in TABLES}


async def assert_the_engine_agrees(served: Served) -> None:
    standing = await served.database.fetch("SELECT merged, person FROM person_merges WHERE undone_ts IS NULL")
    aliases = await served.database.fetch("SELECT person, whom FROM stock_aliases")
    assert {tuple(row) for row in aliases} == {tuple(row) for row in standing}


async def test_who_became_somebody_that_became_another_is_undone_after_that(served: Served) -> None:
    await stage(served, [ANN, BO, MEI])
    before = await rows(served)
    assert await merge(served, ANN, BO)
    as_two = await rows(served)
    assert await merge(served, BO, MEI)
    everything = await served.contents()
    for _ in range(2):
        refused = await by(served, Role.ADMIN, f"POST /api/people/{ANN}/separate", {"reason": "in the middle"})
        assert (refused.status, refused.body["code"], refused.body["name"]) == (409, 1124, "became_another")
        assert refused.body["person"] == MEI
    assert await served.contents() == everything
    assert (await by(served, Role.ADMIN, f"POST /api/people/{BO}/separate", {"reason": "the last"})).status == 204
    assert await rows(served) == as_two
    assert (await by(served, Role.ADMIN, f"POST /api/people/{ANN}/separate", {"reason": "then this"})).status == 204
    assert await rows(served) == before
    await assert_the_engine_agrees(served)


async def test_nobody_becomes_somebody_who_is_another_by_now(served: Served) -> None:
    await stage(served, [ANN, BO, MEI])
    assert await merge(served, BO, MEI)
    before = await served.contents()
    assert not await merge(served, ANN, BO)
    assert not await merge(served, MEI, BO)
    assert await served.contents() == before


async def test_who_became_another_gets_no_role_and_is_listed_by_their_id_alone(served: Served) -> None:
    await stage(served, [ANN, MEI])
    assert await merge(served, ANN, MEI)
    listed = (await by(served, Role.ADMIN, "GET /api/people")).body["items"]
    assert [(each["id"], each["merged_into"]) for each in listed] == [(MEI, None)]
    (found,) = (await by(served, Role.ADMIN, f"GET /api/people?search={ANN}")).body["items"]
    assert (found["id"], found["merged_into"]) == (ANN, MEI)
    assert (await by(served, Role.ADMIN, f"GET /api/people/{ANN}")).body["merged_into"] == MEI
    before = await served.contents()
    refused = await by(served, Role.ADMIN, f"POST /api/people/{ANN}/role", {"role": "admin", "reason": "mistaken"})
    assert (refused.status, refused.body["code"]) == (409, 1124)
    assert await served.contents() == before


@few
@given(
    steps=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6), order=st.randoms(use_true_random=False)
)
async def test_undoing_what_was_merged_leaves_everything_as_it_was(
    served: Served, steps: list[tuple[int, int]], order: Any
) -> None:
    run = next(runs)
    people = [f"p-{run}-{n}" for n in range(5)]
    await stage(served, people)
    before = await rows(served)
    became: dict[str, str] = {}
    for was, person in steps:
        can = was != person and people[was] not in became and people[person] not in became
        assert await merge(served, people[was], people[person]) == can
        if can:
            became[people[was]] = people[person]
    await assert_the_engine_agrees(served)
    while became:
        was = order.choice(sorted(became))
        if became[was] in became:
            as_it_is = await rows(served)
            with pytest.raises(BecameAnother):
                await undo(served, was)
            assert await rows(served) == as_it_is
        else:
            assert await undo(served, was) == became.pop(was)
        await assert_the_engine_agrees(served)
    assert await rows(served) == before


# One sign-in of a mini-program: which openid it proves, and whether WeChat tells the unionid along. Of three openids the first
# two are one person's.
UNION = (0, 0, 1)
proofs = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=2, max_size=6)


@few
@given(signs=proofs.flatmap(st.permutations))
async def test_the_order_of_proofs_does_not_change_who_is_who(
    served: Served, wechat: WechatDouble, signs: list[tuple[int, bool]]
) -> None:
    run = next(runs)
    for openid, has_union in signs:
        code = wechat.code(MINI, f"o-{run}-{openid}", f"u-{run}-{UNION[openid]}" if has_union else "")
        assert (await served.call("POST /api/sign-in/wechat-mini", {"code": code}, role=None)).status == 200
    found = await served.database.fetch(
        "SELECT subject, person FROM identities WHERE kind = 'wechat' AND subject LIKE $1", f"o-{run}-%"
    )
    who = {int(row["subject"].split("-")[2][0]): row["person"] for row in found}
    told = {openid for openid, has_union in signs if has_union}
    assert set(who) == {openid for openid, _ in signs}
    for one, other in itertools.combinations(sorted(who), 2):
        assert (who[one] == who[other]) == (UNION[one] == UNION[other] and {one, other} <= told)
    await assert_the_engine_agrees(served)
