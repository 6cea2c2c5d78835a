"""Staff add and change products: all of it is checked, nobody overwrites another's change, and a refusal changes nothing."""

import json
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import NOW_S, Served
from tests.commerce.catalogue.goods import DAY_S, HONEY, ORGANIC, PICTURE, acts, asked, edit, edited, made, refused

NO_STOCK = {"on_hand": 0, "held": 0, "sold": 0}


async def test_a_new_product_is_as_it_was_written(served: Served) -> None:
    spoon = await made(served, title="蜂蜜勺", unit="")
    found = await made(
        served,
        farm="青禾农场",
        titles={"zh": "山花蜜", "en": "Mountain honey"},
        subtitle="单一蜂场",
        images=["/demo/honey.svg", "/demo/jar.svg"],
        sku="H-1",
        gtin="6901234567892",
        gift={"product": spoon["id"], "qty": 2},
    )
    staff = found.pop("staff")
    assert {name: staff[name] for name in ("flags_seen", "claims", "unproven", "certificates")} == {
        "flags_seen": [], "claims": [], "unproven": [], "certificates": [],
    }  # fmt: skip
    assert {name: staff[name] for name in NO_STOCK} == NO_STOCK
    assert found == {
        "id": found["id"],
        "version": 1,
        "farm": "青禾农场",
        "title": "山花蜜",
        "titles": {"zh": "山花蜜", "en": "Mountain honey"},
        "subtitle": "单一蜂场",
        "image": "/demo/honey.svg",
        "images": ["/demo/honey.svg", "/demo/jar.svg"],
        "price_minor": 6_800,
        "list_price_minor": None,
        "currency": "CNY",
        "unit": "480 g",
        "sku": "H-1",
        "gtin": "06901234567892",
        "is_on_sale": True,
        "variant_of": None,
        "variant": "",
        "weighed": None,
        "components": [],
        "gift": {"product": spoon["id"], "qty": 2, "title": "蜂蜜勺", "unit": "", "image": None},
        "certificates": [],
        "variants": [],
    }
    assert await served.done(f"GET /api/products/{found['id']}", role=None) == found  # as buyers see it


async def test_a_change_leaves_the_rest_and_makes_a_new_version(served: Served) -> None:
    honey = await made(served, sku="H-1", subtitle="单一蜂场")
    found = await edited(served, honey, price_minor=7_000, sku=None)
    assert (found["version"], found["price_minor"], found["sku"], found["subtitle"]) == (2, 7_000, None, "单一蜂场")
    again = await edited(served, found, price_minor=7_000)
    assert again["version"] == 2  # nothing changed


async def test_words_by_language_go_with_the_plain_ones_that_they_were_for(served: Served) -> None:
    honey = await made(served, titles={"en": "Honey"}, unit_names={"en": "jar"})
    found = await edited(served, honey, title="槐花蜜")
    assert ("titles" in found, found["unit_names"]) == (False, {"en": "jar"})
    found = await edited(served, found, unit="500 g", unit_names={"en": "500 g jar"})
    assert found["unit_names"] == {"en": "500 g jar"}
    assert "unit_names" not in await edited(served, found, unit_names=None)


async def test_nobody_overwrites_what_another_has_changed(served: Served) -> None:
    honey = await made(served)
    await edited(served, honey, unit="500 g")
    await refused(served, edit(served, honey, price_minor=1), 409, 1011, version=2)
    assert (await served.call("PATCH /api/products/nothing", {"version": 1}, role=Role.OPS)).body["code"] == 4000


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"list_price_minor": 6_800}, "list_price_minor"),
        ({"weighed": {"grams": 1_000, "per_kg_minor": 6_799}}, "weighed"),
        ({"gtin": "6901234567893"}, "gtin"),
        ({"variant": "", "variant_of": "x"}, "variant"),
        ({"price_minor": -1}, "price_minor"),
        ({"price_minor": True}, "price_minor"),
        ({"price_minor": 1.5}, "price_minor"),
        ({"price_minor": "5"}, "price_minor"),
        ({"price_minor": 2**63}, "price_minor"),
        ({"weighed": {"grams": 0, "per_kg_minor": 1}}, "weighed.grams"),
        ({"weighed": {"grams": 0.5, "per_kg_minor": 1}}, "weighed.grams"),
        ({"currency": "cny"}, "currency"),
        ({"currency": "ZZZ"}, "currency"),
        ({"sku": " "}, "sku"),
        ({"gift": {"product": "x", "qty": 0}}, "gift.qty"),
        ({"images": ["/a.svg"] * 10}, "images"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(served: Served, wrong: dict[str, Any], field: str) -> None:
    answer = await asked(served, **wrong)
    assert (answer.status, answer.body["code"]) == (400, 1000), answer.body
    assert answer.body["field"].startswith(field)
    assert await served.rows("products") == []


async def test_a_number_on_a_shelf_is_of_one_product_alone(served: Served) -> None:
    first, second = await made(served, sku="H-1"), await made(served, sku="H-2")
    await refused(served, asked(served, sku="H-1"), 409, 4005, product=first["id"])
    await refused(served, edit(served, second, sku="H-1"), 409, 4005, product=first["id"])
    assert (await edited(served, first, sku="H-1"))["version"] == 1


async def test_what_is_sold_by_weight_costs_no_more_than_its_price_for_a_kilogram_says(served: Served) -> None:
    fish = await made(served, price_minor=1_536, weighed={"grams": 1_200, "per_kg_minor": 1_280})
    assert fish["weighed"] == {"grams": 1_200, "per_kg_minor": 1_280}
    await refused(served, edit(served, fish, price_minor=1_537), 400, 1000, field="weighed")
    half_up = await made(served, price_minor=1, weighed={"grams": 125, "per_kg_minor": 4})  # 0.5
    assert half_up["price_minor"] == 1


async def test_a_bundle_is_made_of_other_products_that_are_none(served: Served) -> None:
    bread, jam = await made(served, title="面包"), await made(served, title="果酱")
    parts = [{"product": bread["id"], "qty": 2}, {"product": jam["id"], "qty": 1}]
    breakfast = await made(served, title="早餐", components=parts)
    assert [(part["product"], part["qty"], part["title"]) for part in breakfast["components"]] == [
        (bread["id"], 2, "面包"), (jam["id"], 1, "果酱"),
    ]  # fmt: skip
    of_bundle, of_itself = [{"product": breakfast["id"], "qty": 1}], [{"product": jam["id"], "qty": 1}]
    await refused(served, asked(served, components=of_bundle), 400, 1000, field="components.0.product")
    await refused(served, asked(served, gift=of_bundle[0]), 400, 1000, field="gift.product")
    await refused(served, edit(served, jam, components=of_itself), 400, 1000, field="components.0.product")
    await refused(served, edit(served, bread, components=of_itself), 400, 1000, field="components")
    await refused(served, asked(served, components=[*of_itself, *of_itself]), 400, 1000, field="components")
    nothing = [{"product": "nothing", "qty": 1}]
    await refused(served, asked(served, components=nothing), 404, 4000, field="components.0.product")
    assert (await edited(served, breakfast, components=parts[:1]))["components"] == breakfast["components"][:1]


async def test_sizes_of_a_product_are_products_of_their_own(served: Served) -> None:
    small = await made(served, variant="小罐")
    large = await made(served, variant_of=small["id"], variant="大罐", price_minor=9_900, sku="H-L")
    found = await served.done(f"GET /api/products/{large['id']}", role=None)
    assert [(each["product"], each["variant"], each["price_minor"]) for each in found["variants"]] == [
        (small["id"], "小罐", 6_800), (large["id"], "大罐", 9_900),
    ]  # fmt: skip
    await refused(served, asked(served, variant_of=large["id"], variant="x"), 400, 1000, field="variant_of")
    await refused(served, edit(served, small, variant_of=large["id"]), 400, 1000, field="variant_of")
    await edited(served, large, is_on_sale=False)
    found = await served.done(f"GET /api/products/{small['id']}", role=None)
    assert [each["product"] for each in found["variants"]] == [small["id"]]


async def test_what_is_off_sale_is_not_there_for_buyers_and_cannot_be_shown_or_sold(served: Served) -> None:
    honey = await edited(served, await made(served), is_on_sale=False)
    path = f"GET /api/products/{honey['id']}"
    for role in (None, Role.VIEWER, Role.CARE):
        assert (await served.call(path, role=role)).body["code"] == 4000
    assert (await served.done(path, role=Role.HOST))["is_on_sale"] is False
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    for shown in ("pins", "bag"):
        answer = await served.call(f"POST /api/rooms/farm/{shown}", {"product": honey["id"]})
        assert (answer.status, answer.body["code"]) == (409, 4004)
    sale = {"product": honey["id"], "price_minor": 1, "units": 1, "per_person_max": 1}
    answer = await served.call("POST /api/rooms/farm/sales", sale)
    assert (answer.status, answer.body["code"]) == (409, 4004)


async def test_the_card_of_a_bundle_shows_what_is_in_it(served: Served) -> None:
    jam = await made(served, title="果酱")
    box = await made(served, title="礼盒", components=[{"product": jam["id"], "qty": 2}])
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    assert (await served.done("POST /api/rooms/farm/bag", {"product": box["id"]}))["card"]["components"] == [
        {"id": jam["id"], "qty": 2, "title": "果酱", "image": None, "unit": "480 g"}
    ]


async def test_a_claim_needs_a_certificate_that_holds(served: Served) -> None:
    for words in ({"title": "有 机 蓝莓"}, {"titles": {"en": "Organic honey"}}, {"subtitle": "散养"}):
        before = await served.contents()
        answer = await asked(served, **words)
        assert (answer.status, answer.body["code"], len(answer.body["claims"])) == (422, 4001, 1)
        assert await served.contents() == before
    await refused(
        served, asked(served, title="散养鸡蛋", certificates=[ORGANIC]), 422, 4001,
        claims=[{"field": "title", "word": "散养", "kind": "free_range"}], field="title",
    )  # fmt: skip
    over = {**ORGANIC, "valid_until": "2027-01-14"}
    await refused(served, asked(served, title="有机蓝莓", certificates=[over]), 422, 4001)
    berries = await made(served, title="有机蓝莓", certificates=[ORGANIC])
    assert berries["certificates"] == [{**ORGANIC, "holds": True}]
    assert (berries["staff"]["claims"], berries["staff"]["unproven"]) == (["organic"], [])
    await refused(served, edit(served, berries, certificates=[]), 422, 4001)


async def test_a_certificate_holds_to_the_end_of_its_last_day_in_the_shop(served: Served) -> None:
    berries = await made(served, title="有机蓝莓", certificates=[{**ORGANIC, "valid_until": "2027-01-15"}])
    path = f"GET /api/products/{berries['id']}"
    assert NOW_S == 1_800_000_000  # 2027-01-15 16:00 in Shanghai
    served.clock.now_s = NOW_S + 8 * 3_600 - 1
    assert (await served.done(path))["staff"]["unproven"] == []
    served.clock.now_s += 1
    found = await served.done(path)
    assert (found["staff"]["unproven"], found["certificates"]) == (["organic"], [])
    listed = await served.done("GET /api/products?state=unproven")
    assert [each["id"] for each in listed["products"]] == [berries["id"]]
    # What does not touch its words may still change; it does not come back on sale.
    off = await edited(served, found, price_minor=1, is_on_sale=False)
    await refused(served, edit(served, off, is_on_sale=True), 422, 4001)


async def test_flagged_words_are_shown_once_somebody_answers_for_them(served: Served) -> None:
    fields = {"title": "１００％ 蓝莓汁", "titles": {"en": "The best juice"}}
    flags = [
        {"field": "title", "word": "１００％", "kind": "absolute"},
        {"field": "titles.en", "word": "best", "kind": "superlative"},
    ]
    await refused(served, asked(served, **fields), 422, 4002, flags=flags, field="title")
    await refused(served, asked(served, **fields, flags_seen=["100%"]), 422, 4002, flags=flags[1:])
    juice = await made(served, **fields, flags_seen=["１００％", "best"])
    assert juice["staff"]["flags_seen"] == ["100%", "best"]
    juice = await edited(served, juice, subtitle="冷榨")  # they are answered for already
    await refused(served, edit(served, juice, subtitle="绝对新鲜"), 422, 4002)
    juice = await edited(served, juice, titles=None)
    assert juice["staff"]["flags_seen"] == ["100%"]  # who writes the other word again is asked again


async def test_words_are_looked_at_before_anything_is_saved(served: Served) -> None:
    before = await served.contents()
    found = await served.done("POST /api/claims", {"title": "有机蓝莓", "subtitles": {"en": "No. 1"}})
    assert found == {
        "claims": [{"field": "title", "word": "有机", "kind": "organic"}],
        "flags": [{"field": "subtitles.en", "word": "No. 1", "kind": "superlative"}],
    }
    assert await served.contents() == before


async def test_a_product_of_before_stays_as_long_as_its_words_do(served: Served) -> None:
    await served.database.execute(
        "INSERT INTO products (id, farm, title, price_minor, list_price_minor, currency) "
        "VALUES ('old', 'Farm', '有机蓝莓 100%', 900, 1200, 'CNY')"
    )
    old = await served.done("GET /api/products/old")
    old = await edited(served, old, price_minor=800, unit="")
    assert (old["price_minor"], old["list_price_minor"]) == (800, 1_200)
    await refused(served, edit(served, old, subtitle="新"), 422, 4001)


async def test_the_audit_log_has_every_change_of_a_price_or_a_claim(served: Served) -> None:
    berries = await made(served, title="有机蓝莓", certificates=[ORGANIC])
    berries = await edited(served, berries, price_minor=5_900)
    berries = await edited(served, berries, certificates=[{**ORGANIC, "number": "ORG-8"}], is_on_sale=False)
    await edited(served, berries, unit="1 kg", flags_seen=[])
    found = [
        (type_, json.loads(before or "null"), json.loads(after or "null"))
        for type_, before, after in await acts(served)
    ]
    files = [[["organic", f"ORG-{n}", "2027-01-31"]] for n in (7, 8)]
    price = {"price_minor": 6_800, "list_price_minor": None, "currency": "CNY", "weighed": None}
    assert found == [
        ("product_create", None, {**price, "sku": None, "is_on_sale": True}),
        (
            "product_claims", {"certificates": [], "flags_seen": []}, {"certificates": files[0], "flags_seen": []},
        ),
        ("product_price", {"price_minor": 6_800}, {"price_minor": 5_900}),
        ("product_off_sale", {"is_on_sale": True}, {"is_on_sale": False}),
        (
            "product_claims",
            {"certificates": files[0], "flags_seen": []},
            {"certificates": files[1], "flags_seen": []},
        ),
        ("product_edit", {"unit": "480 g"}, {"unit": "1 kg"}),
    ]  # fmt: skip


async def test_a_picture_is_an_upload_of_ones_own_or_one_that_is_shown_already(served: Served) -> None:
    await served.database.execute(
        "INSERT INTO uploads (id, owner, state, sha256, created_ts) "
        "SELECT id, owner, 'stored', sha256(id::bytea), 1 FROM (VALUES ('0000000000000000a1', 'the-ops'), "
        "('0000000000000000b2', 'mei')) AS u (id, owner)"
    )
    await refused(served, asked(served, images=["0000000000000000b2"]), 404, 1306, field="images.0")
    wrong = [{**ORGANIC, "picture": "0000000000000000b2"}]
    await refused(served, asked(served, certificates=wrong), 404, 1306, field="certificates.0.picture")
    honey = await made(served, images=["0000000000000000a1", PICTURE])
    assert honey["images"] == ["/uploads/0000000000000000a1/large.webp", PICTURE]
    assert (await edited(served, honey, image=None))["images"] == []


async def test_the_same_request_under_a_key_makes_one_product(served: Served) -> None:
    key = {"Idempotency-Key": "a-new-honey"}
    first, again = [await served.call("POST /api/products", HONEY, role=Role.OPS, headers=key) for _ in range(2)]
    assert (first.status, first.body) == (again.status, again.body)
    assert len(await served.rows("products")) == 1


async def test_prices_are_listed_latest_first_a_page_at_a_time(served: Served) -> None:
    honey = await made(served)
    for price in (5_000, 6_000):
        served.clock.now_s += DAY_S
        honey = await edited(served, honey, price_minor=price)
    path = f"GET /api/products/{honey['id']}/prices"
    first = await served.done(f"{path}?limit=2")
    second = await served.done(f"{path}?limit=2&after={first['next']}")
    assert [each["price_minor"] for each in [*first["items"], *second["items"]]] == [6_000, 5_000, 6_800]
    assert (second["next"], second["items"][0]["until_at"]) == (None, first["items"][1]["from_at"])
