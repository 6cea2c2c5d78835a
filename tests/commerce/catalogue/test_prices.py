"""A price is struck through only if the product was sold for it of late: the lowest price of the seven days before counts."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from commerce.catalogue.prices import DAY_MS, Offer, goes_on, lowest, sale_closed, sale_opened, struck_beside
from livehub.base.auth import Role
from tests.base.served import NOW_S, Served
from tests.commerce.catalogue.goods import DAY_S, asked, edit, edited, made, refused

NOW_MS = int(NOW_S * 1000)


async def test_a_new_product_has_no_price_to_strike_through(served: Served) -> None:
    await refused(
        served, asked(served, list_price_minor=9_900), 422, 4003, lowest_minor=None, days=7
    )  # fmt: skip


async def test_a_cut_price_stands_beside_the_lowest_of_the_days_before(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    served.clock.now_s += 8 * DAY_S
    higher = edit(served, honey, price_minor=4_900, list_price_minor=6_801)
    await refused(served, higher, 422, 4003, lowest_minor=6_800, days=7)
    honey = await edited(served, honey, price_minor=4_900, list_price_minor=6_800)
    assert (honey["price_minor"], honey["list_price_minor"]) == (4_900, 6_800)


async def test_first_up_then_down_shows_nothing(served: Served) -> None:
    honey = await made(served, price_minor=2_900)
    served.clock.now_s += 30 * DAY_S
    honey = await edited(served, honey, price_minor=5_900)
    served.clock.now_s += 6 * DAY_S
    cut: dict[str, Any] = {"price_minor": 3_900, "list_price_minor": 5_900}
    await refused(served, edit(served, honey, **cut), 422, 4003, lowest_minor=2_900)
    served.clock.now_s += DAY_S  # the low one is seven days back now
    assert (await edited(served, honey, **cut))["list_price_minor"] == 5_900


async def test_it_may_be_struck_through_some_days_after_the_cut_and_not_later(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    served.clock.now_s += 8 * DAY_S
    honey = await edited(served, honey, price_minor=4_900)
    served.clock.now_s += 7 * DAY_S
    await refused(served, edit(served, honey, list_price_minor=6_800), 422, 4003, lowest_minor=4_900)
    served.clock.now_s -= 1
    assert (await edited(served, honey, list_price_minor=6_800))["list_price_minor"] == 6_800


async def test_it_stays_while_the_price_falls_and_not_when_it_rises(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    served.clock.now_s += DAY_S
    honey = await edited(served, honey, price_minor=4_900, list_price_minor=6_800)
    served.clock.now_s += 30 * DAY_S
    honey = await edited(served, honey, price_minor=3_900)
    assert honey["list_price_minor"] == 6_800
    await refused(served, edit(served, honey, price_minor=4_000), 422, 4003, lowest_minor=3_900)
    assert (await edited(served, honey, price_minor=4_000, list_price_minor=None))["list_price_minor"] is None


async def test_another_currency_has_a_history_of_its_own(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    dollars = edit(served, honey, price_minor=500, list_price_minor=6_800, currency="USD")
    await refused(served, dollars, 422, 4003, lowest_minor=None)


async def test_what_a_sale_sold_it_for_counts_too(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    async with served.application.database.connection() as connection:
        await sale_opened(connection, honey["id"], "s-1", 2_990, "CNY", from_ms=NOW_MS + 1, until_ms=NOW_MS + DAY_MS)
        await sale_closed(connection, "s-1", now_ms=NOW_MS + 1_000)
    assert await served.database.fetchval("SELECT until_ms FROM product_prices WHERE sale = 's-1'") == NOW_MS + 1_000
    served.clock.now_s += 7 * DAY_S
    cut: dict[str, Any] = {"price_minor": 4_900, "list_price_minor": 6_800}
    await refused(served, edit(served, honey, **cut), 422, 4003, lowest_minor=2_990)
    served.clock.now_s += 2
    assert (await edited(served, honey, **cut))["list_price_minor"] == 6_800


async def test_beside_the_price_of_a_sale_stands_the_lowest_of_the_days_before_it_opens(served: Served) -> None:
    honey = await made(served, price_minor=6_800)
    async with served.application.database.connection() as connection:

        async def struck(price_minor: int, sale: str, days_later: int) -> int | None:
            opens_ms = NOW_MS + days_later * DAY_MS
            return await struck_beside(connection, honey["id"], sale, price_minor, "CNY", opens_ms=opens_ms, days=7)

        assert await struck(4_990, "s-1", 1) == 6_800
        assert await struck(6_800, "s-1", 1) is None
        await sale_opened(
            connection, honey["id"], "s-1", 4_990, "CNY", from_ms=NOW_MS + DAY_MS, until_ms=NOW_MS + 2 * DAY_MS
        )
        assert await struck(4_990, "s-1", 1) == 6_800  # its own price is not before it
        assert await struck(3_990, "s-2", 3) == 4_990
        assert await struck(4_990, "s-2", 3) is None
        assert await struck(4_990, "s-2", 9) == 6_800
        assert await lowest(connection, "nothing", "CNY", before_ms=NOW_MS, days=7) is None


async def test_hosts_see_the_history_and_buyers_do_not(served: Served) -> None:
    honey = await made(served)
    path = f"GET /api/products/{honey['id']}/prices"
    assert [each["price_minor"] for each in (await served.done(path))["items"]] == [6_800]
    assert (await served.call(path, role=Role.VIEWER)).status == 403
    assert (await served.call("GET /api/products/nothing/prices")).body["code"] == 4000
    assert (await served.call(f"{path}?after=x")).body["code"] == 1000


PRICES = st.integers(min_value=0, max_value=5)


@given(PRICES, PRICES | st.none(), PRICES, PRICES | st.none())
def test_a_promotion_goes_on_only_downwards(was: int, was_list: int | None, now: int, now_list: int | None) -> None:
    before = Offer(price_minor=was, list_price_minor=was_list, currency="CNY")
    after = Offer(price_minor=now, list_price_minor=now_list, currency="CNY")
    down = was_list is not None and now_list is not None and now_list <= was_list and now <= was
    assert goes_on(before, after) is down
