"""A gift that has been given away does not keep its product from being bought: the quote says so, and the order goes through
without it if the buyer was shown that; otherwise it is refused with the new quote, like a price that rose.
"""

import asyncio
from typing import Any

import pytest

from commerce.orders.errors import GiftGone
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import new_key
from tests.integration.server import Answer

JAR = [{"product": "honey", "qty": 1}]
THREE = [{"product": "honey", "qty": 3}]


@pytest.fixture
async def counter(counter: Counter) -> Counter:
    """Two eggs come with each jar of honey."""
    await counter.rows("UPDATE products SET gift = 'eggs', gift_qty = 2 WHERE id = 'honey' RETURNING id")
    return counter


async def eggs_left(counter: Counter, units: int) -> None:
    on_hand, held, sold = await counter.stock("eggs")
    if units != on_hand - held - sold:
        await counter.shop.stocked("eggs", units - (on_hand - held - sold))


def lines_of(told: Any) -> list[tuple[str, int, bool]]:
    return [(line["product"], line["qty"], line["is_gift"]) for line in told["lines"]]


def gone_in(quote: Any) -> list[tuple[str, int]]:
    return [(gift["product"], gift["qty"]) for gift in quote["gifts_gone"]]


def is_gone(answer: Answer) -> bool:
    return (answer.status, answer.body["code"]) == (409, GiftGone.code)


async def test_a_gift_comes_as_long_as_there_are_some(counter: Counter):
    quote = await counter.quoted(lines=THREE)
    assert lines_of(quote) == [("honey", 3, False), ("eggs", 6, True)]
    assert gone_in(quote) == []
    order = await counter.order(lines=THREE, without_gifts=["eggs"])  # they were gone when it was looked at
    assert lines_of(order) == [("honey", 3, False), ("eggs", 6, True)]
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 3, 0), (100, 6, 0))


@pytest.mark.parametrize("left", [0, 1, 5])
async def test_too_few_are_told_in_the_quote_and_the_order_waits_for_the_buyer_to_have_seen_it(
    counter: Counter, left: int
):
    await eggs_left(counter, left)
    quote = await counter.quoted(lines=THREE)
    assert lines_of(quote) == [("honey", 3, False)]
    assert gone_in(quote) == [("eggs", 6)]
    assert (quote["gifts_gone"][0]["title"], quote["gifts_gone"][0]["unit"]) == ("Eggs", "480 g")
    assert quote["total_minor"] == 3 * 6_800

    for seen in (None, [], ["honey"]):
        said: dict[str, Any] = {} if seen is None else {"without_gifts": seen}
        refused = await counter.ask(lines=THREE, expect_total_minor=quote["total_minor"], **said)
        assert is_gone(refused)
        assert lines_of(refused.body["quote"]) == [("honey", 3, False)]
        assert gone_in(refused.body["quote"]) == [("eggs", 6)]
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 0, 0), (left, 0, 0))
    assert await counter.rows("SELECT id FROM orders") == []

    order = await counter.order(lines=THREE, without_gifts=["eggs"], expect_total_minor=quote["total_minor"])
    assert lines_of(order) == [("honey", 3, False)]
    await counter.pays(order)
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 0, 3), (left, 0, 0))


async def test_with_what_a_tap_holds_it_is_the_same(counter: Counter):
    await eggs_left(counter, 1)
    hold = await counter.held(await counter.shop.sale())
    assert gone_in(await counter.quoted(hold=hold)) == [("eggs", 2)]
    assert is_gone(await counter.ask(hold=hold))
    order = await counter.order(hold=hold, without_gifts=["eggs"])
    assert lines_of(order) == [("honey", 1, False)]
    assert await counter.rows("SELECT extra_hold FROM orders") == [{"extra_hold": None}]
    await counter.pays(order)


async def test_what_is_bought_comes_before_what_is_given(counter: Counter):
    both = [*JAR, {"product": "eggs", "qty": 4}]
    await eggs_left(counter, 5)
    quote = await counter.quoted(lines=both)
    assert lines_of(quote) == [("honey", 1, False), ("eggs", 4, False)]
    assert gone_in(quote) == [("eggs", 2)]
    assert is_gone(await counter.ask(lines=both))
    order = await counter.order(lines=both, without_gifts=["eggs"])
    assert lines_of(order) == [("honey", 1, False), ("eggs", 4, False)]
    assert await counter.stock("eggs") == (5, 4, 0)
    # Of what is bought there are too few: no gift is what it fails for.
    sold_out = await counter.ask(lines=both, without_gifts=["eggs"])
    assert (sold_out.status, sold_out.body["code"], sold_out.body["product"], sold_out.body["left"]) == (
        409, 4022, "eggs", 1,
    )  # fmt: skip


async def test_the_last_gift_goes_to_one_and_the_others_are_asked(counter: Counter):
    await eggs_left(counter, 2)
    people = [counter.server.person(f"p{n}") for n in range(5)]
    for _ in range(4):
        answers = await asyncio.gather(*(counter.ask(lines=JAR, by=person) for person in people))
        made = [answer.body for answer in answers if answer.status == 201]
        assert [lines_of(order) for order in made] == [[("honey", 1, False), ("eggs", 2, True)]]
        assert all(is_gone(answer) for answer in answers if answer.status != 201)
        assert (await counter.stock("honey"))[1] == 1
        by = people[[answer.status for answer in answers].index(201)]
        await counter.cancel(made[0], by=by)

    seen = await asyncio.gather(*(counter.ask(lines=JAR, by=person, without_gifts=["eggs"]) for person in people))
    assert {answer.status for answer in seen} == {201}
    assert sorted(len(answer.body["lines"]) for answer in seen) == [1, 1, 1, 1, 2]
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 5, 0), (2, 2, 0))


async def test_the_same_request_is_the_same_order_whatever_became_of_the_gift(counter: Counter):
    await eggs_left(counter, 1)
    key = new_key()
    made = [await counter.ask(lines=JAR, key=key, without_gifts=["eggs"])]
    await eggs_left(counter, 50)
    made.append(await counter.ask(lines=JAR, key=key, without_gifts=["eggs"]))
    assert [(answer.status, answer.body["id"], lines_of(answer.body)) for answer in made] == [
        (201, made[0].body["id"], [("honey", 1, False)])
    ] * 2


async def test_what_the_same_request_held_beside_its_order_is_free_at_once(counter: Counter):
    await eggs_left(counter, 0)

    async def comes_and_goes() -> None:
        for delta in (2, -2) * 3:
            body = {"delta": delta, "reason": "harvest"}
            await counter.server.call("POST", "/api/products/eggs/stock", body, by=counter.server.ops)

    for _ in range(10):
        key = new_key()
        asked = (counter.ask(lines=JAR, key=key, without_gifts=["eggs"]) for _ in range(5))
        answers, _ = await asyncio.gather(asyncio.gather(*asked), comes_and_goes())
        assert {answer.status for answer in answers} == {201}, answers
        (order,) = {answer.body["id"] for answer in answers}
        held = (await counter.stock("honey"))[1], (await counter.stock("eggs"))[1]
        assert held == (1, 2 if len(answers[0].body["lines"]) == 2 else 0)
        await counter.cancel({"id": order})
        await eggs_left(counter, 0)


async def test_one_of_two_gifts_may_be_gone(counter: Counter):
    await counter.rows(
        "INSERT INTO products (id, farm, title, price_minor, currency, unit, gift, gift_qty) "
        "VALUES ('tea', 'f', 'Tea', 900, 'CNY', 'bag', 'honey', 1) RETURNING id"
    )
    await counter.shop.stocked("tea", 10)
    await eggs_left(counter, 0)
    both = [*JAR, {"product": "tea", "qty": 1}]
    assert gone_in(await counter.quoted(lines=both)) == [("eggs", 2)]
    refused = await counter.ask(lines=both, without_gifts=["honey"])
    assert is_gone(refused)
    order = await counter.order(lines=both, without_gifts=["eggs"])
    assert lines_of(order) == [("honey", 1, False), ("tea", 1, False), ("honey", 1, True)]
    await counter.shop.stocked("honey", 1 - 98)  # one jar more than what is held
    refused = await counter.ask(lines=both, without_gifts=["eggs"])
    assert is_gone(refused)
    assert sorted(gone_in(refused.body["quote"])) == [("eggs", 2), ("honey", 1)]
    order = await counter.order(lines=both, without_gifts=["eggs", "honey"])
    assert lines_of(order) == [("honey", 1, False), ("tea", 1, False)]


async def test_a_gift_that_was_never_in_stock_is_gone(counter: Counter):
    await counter.rows(
        "INSERT INTO products (id, farm, title, price_minor, currency, unit) VALUES ('card', 'f', 'Card', 0, 'CNY', '') "
        "RETURNING id"
    )
    await counter.rows("UPDATE products SET gift = 'card', gift_qty = 1 WHERE id = 'honey' RETURNING id")
    assert gone_in(await counter.quoted(lines=JAR)) == [("card", 1)]
    assert is_gone(await counter.ask(lines=JAR))
    await counter.order(lines=JAR, without_gifts=["card"])
