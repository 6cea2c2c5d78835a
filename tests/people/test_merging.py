"""Who signs in becomes one with who they were; two who have both proved who they are stay two."""

from collections.abc import AsyncIterator

import pytest

from livehub import app
from livehub.base.db import Transaction
from livehub.hub.inbox.inbox import Inbox
from livehub.people.people import People
from livehub.people.persons import Subject
from livehub.people.signin.sign_in import Newcomer
from livehub.room.wire import Direct
from tests.base.served import Served, serving
from tests.people.browser import Page


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    """With the stock engine, which has to know before a sign-in is answered."""
    async with serving(database_url, modules=app.DEMO_MODULES, has_stock=True) as server:
        yield server


PHONE = "+8613800138000"
OTHER = "+8613900139000"


async def resolved(served: Served, guest: str) -> str | None:
    """Whom a guest became."""
    found: str | None = await served.database.fetchval(
        "SELECT person FROM identities WHERE kind = 'guest' AND subject = $1", guest
    )
    return found


async def test_a_guest_who_signs_in_is_found_by_who_they_were(served: Served):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    mei = (await page.sign_in(PHONE))["person"]["id"]
    assert await resolved(served, guest) == mei


async def test_a_second_guest_of_the_same_person_joins_the_first(served: Served):
    """PostHog PR 637."""
    guests, people = [], set()
    for _ in range(2):
        page = Page(served)
        guests.append((await page.open())["person"]["id"])
        people.add((await page.sign_in(PHONE))["person"]["id"])
        served.clock.now_s += 60
    (mei,) = people
    assert [await resolved(served, guest) for guest in guests] == [mei, mei]


async def test_two_who_proved_who_they_are_stay_two_on_one_device(served: Served):
    """PostHog 11873, 5527."""
    alice, bob = Page(served), Page(served)
    await alice.open()
    alice_id = (await alice.sign_in(PHONE))["person"]["id"]
    guest = (await bob.open())["person"]["id"]
    bob_token = bob.token
    bob_id = (await bob.sign_in(OTHER))["person"]["id"]
    served.clock.now_s += 60
    shared = Page(served, jar=dict(bob.jar))  # Alice signs in on Bob's phone, over Bob's session
    await shared.open()
    assert (await shared.sign_in(PHONE))["person"]["id"] == alice_id
    shared.token = bob_token  # and with what the guest had before
    served.clock.now_s += 60
    assert (await shared.sign_in(PHONE))["person"]["id"] == alice_id
    assert await resolved(served, guest) == bob_id
    assert {
        row["person"] for row in await served.database.fetch("SELECT person FROM identities WHERE kind = 'phone'")
    } == {
        alice_id,
        bob_id,
    }


@pytest.mark.parametrize("says", ["token", "cookie"])
async def test_somebody_by_name_becomes_whom_the_phone_belongs_to(served: Served, says: str):
    owner = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    page = Page(served)
    by_name = (await page.open(name="Mei again"))["person"]["id"]
    served.clock.now_s += 60
    if says == "cookie":
        page.token = None
    assert (await page.sign_in(PHONE))["person"] == {"id": owner, "name": "Mei", "role": "viewer"}
    assert await resolved(served, by_name) == owner
    (merge,) = await served.database.fetch("SELECT merged, person, undone_ts FROM person_merges")
    assert tuple(merge) == (by_name, owner, None)


async def test_merging_again_changes_nothing_and_undoing_gives_back(served: Served):
    people = served.application.get(People)
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    before = await served.rows("identities")
    mei = (await page.sign_in(PHONE))["person"]["id"]

    async def again(tx: Transaction) -> bool:
        return await people.merging.merge(tx, guest, mei, now_ms=1)

    async def undo(tx: Transaction) -> str | None:
        return await people.merging.undo(tx, guest, by="ops", now_ms=2)

    merged = await served.contents()
    database = served.application.database
    assert await database.run(again) is False
    assert await served.contents() == merged
    assert await database.run(undo) == mei
    assert await resolved(served, guest) is None
    assert await database.run(undo) is None
    assert await database.run(again) is True
    assert await resolved(served, guest) == mei
    assert before == []


async def test_what_is_sent_to_who_somebody_was_reaches_who_they_are(served: Served):
    await Page(served).sign_in(PHONE, name="Mei")
    page = Page(served)
    by_name = (await page.open(name="Mei again"))["person"]["id"]
    guest = (await Page(served).open())["person"]["id"]
    served.clock.now_s += 60
    mei = (await page.sign_in(PHONE))["person"]["id"]
    inbox = served.application.get(Inbox)

    async def send(tx: Transaction) -> None:
        directs = [Direct(id=f"d{n}", type="note", ts=1, data={}) for n in range(3)]
        await inbox.send_many(tx, list(zip((by_name, guest, mei), directs, strict=True)))

    await served.application.database.run(send)
    rows = await served.database.fetch("SELECT user_id FROM directs ORDER BY id")
    assert [row["user_id"] for row in rows] == [mei, guest, mei]


async def test_one_sign_in_that_proves_two_makes_them_one(served: Served):
    """Casdoor 1056, django-allauth 1988: an openid first, the unionid later."""
    people = served.application.get(People)
    page = Page(served)
    mei = (await page.sign_in(PHONE))["person"]["id"]
    other = (await Page(served).sign_in(OTHER))["person"]["id"]

    async def known_by(tx: Transaction) -> str:
        await people.sign_in.add_all(tx, [Subject("wechat", "openid1@app1")], person=mei, session="", now_ms=1, at_ms=1)
        await people.sign_in.add_all(tx, [Subject("wechat", "union1")], person=other, session="", now_ms=1, at_ms=1)
        subjects = [Subject("wechat", "union1"), Subject("wechat", "openid1@app1")]
        account = await people.sign_in._person(tx, subjects, before=[], new=Newcomer(), now_ms=2)
        return account.id

    assert await served.application.database.run(known_by) == other
    rows = await served.database.fetch("SELECT subject, person FROM identities WHERE kind IN ('wechat', 'phone')")
    assert {(row["subject"], row["person"]) for row in rows} == {
        ("openid1@app1", other), ("union1", other), (PHONE, other), (OTHER, other),
    }  # fmt: skip


async def test_somebody_by_name_who_was_made_staff_becomes_nobody_else(served: Served):
    await Page(served).sign_in(PHONE, name="Mei")
    page = Page(served)
    by_name = (await page.open(name="Bo"))["person"]["id"]
    await served.database.execute("UPDATE people SET role = 'host' WHERE id = $1", by_name)
    served.clock.now_s += 60
    assert (await page.sign_in(PHONE))["person"]["name"] == "Mei"
    assert await served.rows("person_merges") == []
    merging = served.application.get(People).merging
    mei = await served.database.fetchval("SELECT person FROM identities WHERE subject = $1", PHONE)
    assert not await served.application.database.run(lambda tx: merging.merge(tx, by_name, mei, now_ms=1))
    assert await served.rows("person_merges") == []
