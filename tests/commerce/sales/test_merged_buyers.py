"""Two buyers who turn out to be one have one limit: signing in frees nothing, and what either holds is theirs."""

from collections.abc import Awaitable, Callable

from livehub.base.db import Transaction
from livehub.people.exports import known_as
from livehub.people.people import People
from tests.commerce.sales.shop import Shop, new_key
from tests.integration.viewers import RawViewer


async def merged(shop: Shop, one: str, other: str) -> bool:
    """`one` becomes `other`, who has an account."""
    people = shop.server.application.get(People)
    await run(shop, lambda tx: tx.connection.execute(ACCOUNT, other))

    async def work(tx: Transaction) -> bool:
        return await people.merging.merge(tx, one, other, now_ms=1)

    return await shop.server.application.database.run(work)


async def run(shop: Shop, work: Callable[[Transaction], Awaitable[object]]) -> None:
    await shop.server.application.database.run(work)


ACCOUNT = "INSERT INTO people (id, name, created_ts, seen_ts) VALUES ($1, $1, 1, 1) ON CONFLICT DO NOTHING"


async def limit_of(buyer: RawViewer, sale: str) -> tuple[int, int, int]:
    """(code, limit, has) of a tap that is refused."""
    refused = await buyer.refused("reserve", {"sale": sale, "qty": 1, "key": new_key()})
    return refused["code"], refused["limit"], refused["has"]


async def test_what_one_holds_counts_for_the_other_and_can_be_given_back_by_them(shop: Shop):
    sale = await shop.sale(per_person_max=2)
    by_name, mei = await shop.buyer("by-name"), await shop.buyer("mei")
    held = (await by_name.done("reserve", {"sale": sale, "qty": 2, "key": new_key()}))["hold"]

    assert await merged(shop, "by-name", "mei") is True

    assert await limit_of(mei, sale) == (4023, 2, 2)
    mine = await shop.server.do("GET", "/api/me/holds", by=shop.server.person("mei"))
    assert [each["id"] for each in mine["items"]] == [held["id"]]
    bo = await shop.buyer("bo")
    assert (await bo.refused("release", {"hold": held["id"]}))["name"] == "hold_not_found"
    await mei.done("release", {"hold": held["id"]})
    assert await shop.standing(sale) == (0, 0, 10)
    await mei.done("reserve", {"sale": sale, "qty": 2, "key": new_key()})
    assert await limit_of(by_name, sale) == (4023, 2, 2)  # a socket that is still open frees nothing either


async def test_what_one_holds_is_seen_and_given_back_however_many_steps_lead_to_who_they_are(shop: Shop):
    sale = await shop.sale(per_person_max=2)
    by_name, last = await shop.buyer("by-name"), await shop.buyer("last")
    held = (await by_name.done("reserve", {"sale": sale, "qty": 2, "key": new_key()}))["hold"]
    for one, other in (("by-name", "p1"), ("p1", "p2"), ("p2", "last")):
        assert await merged(shop, one, other) is True

    refused = await last.refused("reserve", {"sale": sale, "qty": 1, "key": new_key()})
    assert (refused["code"], refused["has"], refused["hold"]["id"]) == (4023, 2, held["id"])
    mine = await shop.server.do("GET", "/api/me/holds", by=shop.server.person("last"))
    assert [each["id"] for each in mine["items"]] == [held["id"]]
    async with shop.server.application.database.connection() as connection:
        assert await known_as(connection, "last") == ["last", "by-name", "p1", "p2"]
    seen = await shop.server.do("GET", "/api/people/last", by=shop.server.person("boss", role="admin"))
    assert sorted(each["id"] for each in seen["former"]) == ["by-name", "p1", "p2"]
    await last.done("release", {"hold": held["id"]})
    assert await shop.standing(sale) == (0, 0, 10)


async def test_what_both_hold_adds_up_and_undoing_tells_it_apart_again(shop: Shop):
    sale = await shop.sale(per_person_max=2)
    by_name, mei = await shop.buyer("by-name"), await shop.buyer("mei")
    await by_name.done("reserve", {"sale": sale, "qty": 1, "key": new_key()})
    await mei.done("reserve", {"sale": sale, "qty": 1, "key": new_key()})
    await merged(shop, "by-name", "mei")
    assert await limit_of(mei, sale) == (4023, 2, 2)

    people = shop.server.application.get(People)
    await run(shop, lambda tx: people.merging.undo(tx, "by-name", by="ops", now_ms=2))

    await mei.done("reserve", {"sale": sale, "qty": 1, "key": new_key()})
    assert await limit_of(mei, sale) == (4023, 2, 2)
    assert await shop.standing(sale) == (3, 0, 7)


async def test_somebody_who_became_too_many_stays_apart_and_nothing_is_half_done(shop: Shop):
    for number in range(15):
        assert await merged(shop, f"by-name-{number}", "mei") is True
    before = await shop.server.application.database.run(lambda tx: tx.connection.fetch("SELECT * FROM person_merges"))
    assert await merged(shop, "by-name-15", "mei") is False
    after = await shop.server.application.database.run(lambda tx: tx.connection.fetch("SELECT * FROM person_merges"))
    assert before == after
    assert await merged(shop, "guest-1mcc5rm00n05p8nkg2", "mei") is True  # guests buy nothing, so they take no place
