"""What can be dropped into a room: kinds, scope, audience and time; never what nothing there can use.

Each refusal is numbered, and leaves everything as it was.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from commerce.coupons import coupons
from commerce.coupons.audience import BoughtBefore
from commerce.coupons.coupons import Coupons
from commerce.coupons.errors import CouponNotForYou
from commerce.coupons.offers import Offer, can_use
from commerce.coupons.socket_events import Claimed
from livehub.base.auth import Role
from livehub.base.db import Connection
from livehub.base.errors import LivehubError
from livehub.room.models import CouponCard
from tests.base.served import NOW_S, Answer, Served, serving
from tests.integration.server import eventually
from tests.people.test_list_files import rows as of_csv

NOW_MS = int(NOW_S * 1000)  # 2027-01-15T08:00:00Z
ROOM = "/api/rooms/farm"
TABLES = ("coupons", "coupon_people", "coupon_claims", "stock_resources", "rooms", "room_controls", "domain_events")
FIVE = {"title": "Five off", "amount_minor": 500}


class Buyers:
    """Fills BoughtBefore."""

    def __init__(self, *people: str) -> None:
        self.people = set(people)

    async def bought_before(self, _connection: Connection, people: Sequence[str]) -> set[str]:
        return self.people & set(people)


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url, has_stock=True, has_jobs=True, time_zone="Asia/Shanghai") as served:
        await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
        await served.database.execute(
            "INSERT INTO products (id, farm, title, price_minor, currency, unit) VALUES "
            "('jam', 'Farm', 'Jam', 3200, 'CNY', 'jar'), ('eggs', 'Farm', 'Eggs', 900, 'CNY', 'box'), "
            "('tea', 'Farm', 'Tea', 500, 'USD', 'tin')"
        )
        yield served


async def put(shop: Served, *products: str) -> None:
    for product in products:
        await shop.done(f"POST {ROOM}/bag", {"product": product})


async def drop(shop: Served, **fields: Any) -> Answer:
    return await shop.call(f"POST {ROOM}/coupons", {**FIVE, **fields})


async def dropped(shop: Served, **fields: Any) -> dict[str, Any]:
    answer = await drop(shop, **fields)
    assert answer.status == 201, answer
    card: dict[str, Any] = answer.body["coupon"]
    return card


async def refused(shop: Served, code: int, **fields: Any) -> Answer:
    """It is refused by that number, and nothing is changed, in the room or in the stock."""
    before = [await shop.rows(table) for table in TABLES]
    answer = await drop(shop, **fields)
    assert (answer.status, answer.body["code"]) == (400 if code == 1000 else 422, code), answer
    assert [await shop.rows(table) for table in TABLES] == before
    return answer


async def claim(shop: Served, coupon: str, user: str) -> Claimed | LivehubError:
    try:
        return await shop.application.get(Coupons).claims.claim(user, coupon, f"key of {user} {coupon}")
    except LivehubError as refusal:
        return refusal


# --- kinds ---


async def test_a_coupon_as_it_was_before_is_a_fixed_one_for_everybody(shop: Served) -> None:
    await put(shop, "jam")
    card = await dropped(shop, min_spend_minor=3_000)
    assert {name: value for name, value in card.items() if name not in ("id", "title")} == {
        "amount_minor": 500, "currency": "CNY", "min_spend_minor": 3_000, "total": 100, "ends_ts": None, "prize": False,
        "kind": "fixed", "basis_points": 0, "cap_minor": None, "products": None, "audience": "everyone",
        "usable_from_ts": None, "usable_until_ts": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "percent", "amount_minor": 0, "basis_points": 1_000, "cap_minor": 2_000},
        {"kind": "percent", "amount_minor": 0, "basis_points": 10_000},
        {"kind": "delivery", "amount_minor": 0},
        {"kind": "delivery", "amount_minor": 300, "min_spend_minor": 2_000},
        {"products": ["jam", "jam", "honey"], "titles": {"zh": "减五元"}},
    ],
)
async def test_every_kind_is_shown_with_its_terms_in_the_room_and_in_the_wallet(
    shop: Served, fields: dict[str, Any]
) -> None:
    await put(shop, "jam")
    card = await dropped(shop, **fields)
    expected = {**fields, **({"products": ["jam", "honey"]} if "products" in fields else {})}
    assert {name: card[name] for name in expected} == expected
    assert (await shop.done(f"GET {ROOM}"))["room"]["view"]["coupons"] == [card]
    assert isinstance(await claim(shop, card["id"], "the-viewer"), Claimed)
    (mine,) = (await shop.done("GET /api/me/coupons", role=Role.VIEWER))["coupons"]
    assert (mine["coupon"], mine["state"], mine["reason"], mine["order"], mine["room"]) == (
        card, "claimed", None, None, "farm",
    )  # fmt: skip
    assert [product["title"] for product in mine["products"]] == (["Jam"] if "products" in fields else [])


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("amount_minor", {"amount_minor": 0}),
        ("amount_minor", {"kind": "percent", "basis_points": 1_000}),
        ("basis_points", {"kind": "percent", "amount_minor": 0}),
        ("basis_points", {"basis_points": 1_000}),
        ("basis_points", {"kind": "percent", "amount_minor": 0, "basis_points": 10_001}),
        ("cap_minor", {"cap_minor": 100}),
        ("cap_minor", {"kind": "percent", "amount_minor": 0, "basis_points": 1_000, "cap_minor": 0}),
        ("currency", {"currency": "XYZ"}),
        ("kind", {"kind": "tenth_free"}),
        ("people", {"audience": "people"}),
        ("people", {"people": ["ann"]}),
        ("people", {"audience": "people", "people": []}),
        ("products", {"products": []}),
        ("usable_until", {"usable_until": "2027-01-14"}),
        ("usable_until", {"usable_until": NOW_MS}),
        ("usable_until", {"usable_from": "2027-01-20", "usable_until": "2027-01-19"}),
        ("usable_until", {"usable_until": "2027-02-30"}),
        ("usable_until", {"usable_until": "tomorrow"}),
        ("usable_from", {"usable_from": "2027-13-01"}),
        ("titles.zh", {"titles": {"zh": ""}}),
        ("amount_minor", {"amount_minor": -5}),
        ("amount_minor", {"amount_minor": 5.5}),
        ("amount_minor", {"amount_minor": True}),
        ("amount_minor", {"amount_minor": "5"}),
        ("amount_minor", {"amount_minor": 2**63}),
        ("amount_minor", {"amount_minor": 10**12 + 1}),
        ("min_spend_minor", {"min_spend_minor": 10**12 + 1}),
        ("cap_minor", {"kind": "percent", "amount_minor": 0, "basis_points": 1_000, "cap_minor": 10**12 + 1}),
        ("total", {"total": 10**6 + 1}),
    ],
)
async def test_terms_that_make_no_sense_are_refused_at_their_field(
    shop: Served, field: str, fields: dict[str, Any]
) -> None:
    await put(shop, "jam")
    assert (await refused(shop, 1000, **fields)).body["field"].startswith(field.split(".")[0])


# --- when ---


async def test_a_day_is_one_of_the_shop_and_nobody_gets_a_coupon_that_is_over(shop: Served) -> None:
    await put(shop, "jam")
    card = await dropped(shop, usable_from="2027-01-16", usable_until="2027-01-17")
    assert (card["usable_from_ts"], card["usable_until_ts"]) == (1_800_028_800_000, 1_800_201_600_000)
    assert card["ends_ts"] == card["usable_until_ts"] - 1
    soon = await dropped(shop, usable_until="2027-01-17", ends_in_s=60)
    assert soon["ends_ts"] == NOW_MS + 60_000
    precise = await dropped(shop, usable_until="2027-01-15T16:00:01+08:00")
    assert precise["usable_until_ts"] == NOW_MS + 1_000


# --- what can use it ---


async def test_where_nothing_is_to_be_had_no_coupon_is_dropped(shop: Served) -> None:
    await refused(shop, 4014)
    await put(shop, "jam")
    await dropped(shop)


@pytest.mark.parametrize("fields", [{"currency": "USD"}, {"products": ["eggs"]}, {"products": ["no such product"]}])
async def test_a_coupon_that_fits_nothing_in_the_bag_is_refused(shop: Served, fields: dict[str, Any]) -> None:
    await put(shop, "jam")
    await refused(shop, 4014, **fields)
    await put(shop, "eggs", "tea")
    if fields != {"products": ["no such product"]}:
        await dropped(shop, **fields)


async def test_a_sale_that_takes_no_coupons_is_nothing_to_use_one_on_but_the_fee_is(shop: Served) -> None:
    stock = {"delta": 9, "reason": "harvest"}
    await eventually(lambda: _is_done(shop, "POST /api/products/jam/stock", stock))
    sale = {"product": "jam", "price_minor": 2_000, "units": 5, "per_person_max": 2, "opens_at": 0}
    await shop.done(f"POST {ROOM}/sales", sale)
    await refused(shop, 4014)
    await dropped(shop, kind="delivery")
    other = await shop.done(f"POST {ROOM}/sales", {**sale, "units": 3, "coupons": True})
    await refused(shop, 4014, min_spend_minor=4_001)  # two at 20.00 are all that one person gets
    await dropped(shop, min_spend_minor=4_000)
    await shop.done(f"POST /api/sales/{other['sale']['id']}/close", {})
    await refused(shop, 4014, min_spend_minor=4_000)


async def _is_done(shop: Served, call: str, body: Any) -> bool:
    return (await shop.call(call, body, role=Role.OPS)).status < 300


CARD = CouponCard(id="c", title="c", amount_minor=500, currency="CNY", total=1)


@pytest.mark.parametrize(
    ("offers", "min_spend_minor", "fits"),
    [
        ([], 0, False),
        ([Offer(product="a", price_minor=0, currency="CNY")], 0, False),
        ([Offer(product="a", price_minor=1, currency="CNY")], 10_000, True),  # as many as one order takes
        ([Offer(product="a", price_minor=1, currency="CNY")], 10_001, False),
        ([Offer(product="a", price_minor=99_999_999, currency="CNY")], 999_999_990_000, True),
        ([Offer(product="a", price_minor=99_999_999, currency="CNY")], 10**12, False),
        ([Offer(product="a", price_minor=10**12, currency="CNY")], 10**12, True),  # as much as one order comes to
        (
            [
                Offer(product="a", price_minor=1, currency="CNY"),
                Offer(product="b", price_minor=9, currency="CNY", qty_max=1),
            ],
            10_008,
            True,
        ),
        (
            [
                Offer(product="a", price_minor=1, currency="CNY"),
                Offer(product="b", price_minor=9, currency="CNY", qty_max=1),
            ],
            10_009,
            False,
        ),
        ([Offer(product="a", price_minor=900, currency="CNY", qty_max=1)], 1_000, False),
        ([Offer(product=p, price_minor=500, currency="CNY", qty_max=1) for p in "ab"], 1_000, True),
        ([Offer(product="a", price_minor=900, currency="CNY", takes_coupons=False)], 0, False),
    ],
)
def test_what_a_coupon_asks_for_must_be_within_reach_of_one_person(
    offers: list[Offer], min_spend_minor: int, fits: bool
) -> None:
    card = CouponCard(id="c", title="c", amount_minor=500, currency="CNY", total=1, min_spend_minor=min_spend_minor)
    assert can_use(card, offers) is fits


# --- for whom ---


async def test_a_coupon_for_new_buyers_is_refused_to_who_has_paid_an_order_and_says_why(shop: Served) -> None:
    await put(shop, "jam")
    shop.application.context.provide(BoughtBefore, Buyers("bob"))
    coupon = (await dropped(shop, audience="new_buyer"))["id"]
    assert isinstance(await claim(shop, coupon, "ann"), Claimed)
    refusal = await claim(shop, coupon, "bob")
    assert isinstance(refusal, CouponNotForYou)
    assert refusal.as_wire()["reason"] == "bought_before"
    everybody = (await dropped(shop))["id"]
    assert isinstance(await claim(shop, everybody, "bob"), Claimed)


async def test_a_coupon_for_people_is_theirs_alone_and_the_room_does_not_say_who_they_are(shop: Served) -> None:
    await put(shop, "jam")
    card = await dropped(shop, audience="people", people=["ann", "ann", "bob"])
    assert "people" not in card
    assert isinstance(await claim(shop, card["id"], "ann"), Claimed)
    refusal = await claim(shop, card["id"], "eve")
    assert isinstance(refusal, CouponNotForYou)
    assert refusal.as_wire()["reason"] == "not_invited"
    assert await shop.rows("coupon_people") == [f"({card['id']},ann)", f"({card['id']},bob)"]


async def test_who_has_one_is_answered_the_same_when_they_are_no_new_buyer_any_more(shop: Served) -> None:
    await put(shop, "jam")
    buyers = Buyers()
    shop.application.context.provide(BoughtBefore, buyers)
    coupon = (await dropped(shop, audience="new_buyer"))["id"]
    had = await claim(shop, coupon, "ann")
    buyers.people.add("ann")
    assert await claim(shop, coupon, "ann") == had


# --- how staff see them ---


async def test_staff_see_how_many_are_claimed_and_how_many_used(shop: Served) -> None:
    await put(shop, "jam")
    coupon = (await dropped(shop))["id"]
    for person in ("ann", "bob", "cy"):
        await claim(shop, coupon, person)
    insert = "INSERT INTO coupon_uses VALUES ($1, $2, $3, $4, false, 1)"
    for order, person, state in (("o-1", "ann", "used"), ("o-2", "bob", "locked"), ("o-3", "cy", "back")):
        await shop.database.execute(insert, order, coupon, person, state)
    (row,) = (await shop.done(f"GET {ROOM}/coupons"))["items"]
    assert (row["claimed"], row["used"], row["coupon"]["id"]) == (3, 1, coupon)


async def test_a_file_has_the_coupons_of_the_list_with_their_terms(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupons, "ROWS_PER_QUERY", 1)
    await put(shop, "jam", "eggs")
    await dropped(shop, title="=1+1", min_spend_minor=2_000)
    shop.clock.now_s += 1
    await dropped(shop, kind="percent", amount_minor=0, basis_points=1_250, cap_minor=900, products=["jam", "eggs"])
    answer = await shop.call(f"GET {ROOM}/coupons?state=shown", role=Role.ADMIN, headers={"Accept": "text/csv"})
    names = ("title", "kind", "amount", "percent", "cap", "min_spend", "currency", "products", "state", "claimed")
    assert [tuple(row[name] for name in names) for row in of_csv(answer)] == [
        ("Five off", "percent", "", "12.5", "9.00", "0.00", "CNY", "jam eggs", "shown", "0"),
        ("'=1+1", "fixed", "5.00", "", "", "20.00", "CNY", "", "shown", "0"),
    ]
    assert (await shop.call(f"GET {ROOM}/coupons", role=Role.OPS, headers={"Accept": "text/csv"})).status == 403
    missing = await shop.call("GET /api/rooms/none/coupons", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert missing.status == 404


# --- given for a question ---


async def ask(shop: Served, question: str = "q-1", user: str = "the-viewer") -> str:
    await shop.database.execute(
        "INSERT INTO questions (id, room, user_id, name, text) VALUES ($1, 'farm', $2, 'Mei', 'Sweet?')", question, user
    )
    return f"POST {ROOM}/questions/{question}/answer"


async def test_whoever_asked_gets_the_coupon_of_the_answer_once_and_hears_of_it(shop: Served) -> None:
    answering = await ask(shop)
    body = {"answer": "Very.", "coupon": {"title": "Thanks", "kind": "percent", "basis_points": 500, "cap_minor": 300}}
    await shop.done(answering, body)

    async def is_given() -> bool:
        return bool((await shop.done("GET /api/me/coupons", role=Role.VIEWER))["coupons"])

    await eventually(is_given)
    await shop.done(answering, {"answer": "Very, very.", "coupon": FIVE})  # it has one already

    async def is_read() -> bool:
        return not await shop.database.fetch(
            "SELECT FROM domain_events e JOIN event_cursors c ON c.type = e.type WHERE c.subscription = 'question.reward' "
            "AND (e.position IS NULL OR e.position > c.position)"
        )

    await eventually(is_read)
    (mine,) = (await shop.done("GET /api/me/coupons", role=Role.VIEWER))["coupons"]
    card = mine["coupon"]
    assert (card["title"], card["kind"], card["basis_points"], card["cap_minor"], card["total"], card["prize"]) == (
        "Thanks", "percent", 500, 300, 1, True,
    )  # fmt: skip
    rows = await shop.database.fetch("SELECT user_id, type, data::text FROM directs WHERE type = 'coupon_given'")
    assert [(row[0], row[1]) for row in rows] == [("the-viewer", "coupon_given")]
    assert card["id"] in rows[0][2]
    assert (await shop.done(f"GET {ROOM}/coupons"))["items"][0]["state"] == "given"


async def test_an_answer_without_a_coupon_gives_none_and_one_with_a_bad_one_answers_nothing(shop: Served) -> None:
    answering = await ask(shop)
    answer = await shop.call(answering, {"answer": "Very.", "coupon": {"title": "Thanks"}})
    assert (answer.status, answer.body["field"]) == (400, "coupon.amount_minor")
    assert [row[0] for row in await shop.database.fetch("SELECT status FROM questions")] == ["open"]
    await shop.done(answering, {"answer": "Very."})
    assert await shop.rows("coupons") == []


async def test_the_prize_of_a_quiz_may_be_of_any_kind_and_is_refused_at_its_field(shop: Served) -> None:
    quiz = {"kind": "number", "question": "?", "correct_value": 5, "duration_s": 60, "winners_max": 3}
    bad = await shop.call(f"POST {ROOM}/quizzes", {**quiz, "prize": {"title": "x", "kind": "percent"}})
    assert (bad.status, bad.body["field"]) == (400, "prize.basis_points")
    prize = {"title": "Free delivery", "kind": "delivery", "usable_until": "2027-01-31"}
    placed = await shop.done(f"POST {ROOM}/quizzes", {**quiz, "prize": prize})
    card = placed["quiz"]["prize"]
    assert (card["kind"], card["usable_until_ts"], card["total"]) == ("delivery", 1_801_411_200_000, 3)


async def test_a_coupon_for_a_guest_who_has_become_somebody_is_the_somebodys(shop: Served) -> None:
    await shop.database.execute("INSERT INTO people (id, name, created_ts, seen_ts) VALUES ('mei', 'Mei', 1, 1)")
    card = CouponCard(id="prize-1", title="A jar", amount_minor=100, currency="CNY", total=3, prize=True)
    insert = "INSERT INTO person_merges (merged, person, ts, moved) VALUES ('guest-1', 'mei', 1, '{}')"
    await shop.database.execute(insert)
    for _ in range(2):
        async with shop.application.database.transaction() as tx:
            await shop.application.get(Coupons).grant(tx, "farm", card, ["guest-1", "bob", "mei"], now_ms=5)
    rows = await shop.database.fetch("SELECT user_id FROM coupon_claims ORDER BY user_id")
    assert [row[0] for row in rows] == ["bob", "mei"]
