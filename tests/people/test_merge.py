"""A guest who turns out to be somebody takes along all that they had; undoing gives back just that; nothing is lost."""

from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import Served
from tests.people.stage import ANN, GUEST, MEI, a_person, a_room, merged, sql, things, traces, unmerged

OWNERS = {
    "chats": "SELECT id, user_id FROM chats ORDER BY id",
    "questions": "SELECT id, user_id FROM questions ORDER BY id",
    "quiz_answers": "SELECT quiz, user_id FROM quiz_answers ORDER BY quiz, user_id",
    "directs": "SELECT id, user_id FROM directs ORDER BY id",
    "coupon_claims": "SELECT coupon, user_id FROM coupon_claims ORDER BY coupon, user_id",
    "coupon_uses": "SELECT order_id, person FROM coupon_uses ORDER BY order_id",
    "coupon_people": "SELECT coupon, person FROM coupon_people ORDER BY coupon, person",
    "held_lines": "SELECT line_id, line->>'user' FROM held_lines ORDER BY line_id",
    "chat_reports": "SELECT line_id, user_id FROM chat_reports ORDER BY line_id, user_id",
    "idempotency_keys": "SELECT key, scope FROM idempotency_keys ORDER BY key",
    "addresses": "SELECT id, person FROM addresses ORDER BY id",
}


async def owners(served: Served, table: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await served.database.fetch(OWNERS[table])]


@pytest.fixture
async def both(served: Served) -> Served:
    """Somebody and a guest, each with a row in every table."""
    await a_room(served)
    await things(served, "g", "m", "a")
    await a_person(served, MEI, "Mei")
    await traces(served, GUEST, "Lotus", mark="g")
    await traces(served, MEI, "Mei", mark="m")
    await traces(served, ANN, "Ann", mark="a")
    return served


@pytest.mark.parametrize("table", OWNERS)
async def test_every_row_of_the_guest_is_the_persons_and_nobody_elses_moves(both: Served, table: str) -> None:
    before = await owners(both, table)
    moved = await merged(both)
    assert await owners(both, table) == [(key, MEI if who == GUEST else who) for key, who in before]
    assert len(moved[table]) == sum(who == GUEST for _, who in before) > 0


async def test_merging_and_undoing_leaves_everything_as_it_was(both: Served) -> None:
    before = await both.contents()
    await unmerged(both, await merged(both))
    assert await both.contents() == before


async def test_merging_twice_is_merging_once(both: Served) -> None:
    first = await merged(both)
    after = await both.contents()
    assert await merged(both) == {}
    assert await both.contents() == after
    await unmerged(both, first)
    await unmerged(both, first)
    assert await both.contents() != after


async def test_what_the_person_got_since_stays_theirs_when_it_is_undone(both: Served) -> None:
    moved = await merged(both)
    await things(both, "n")
    await sql(both, "INSERT INTO coupon_claims (coupon, user_id, claimed_ts) VALUES ('coupon-n', $1, 5)", MEI)
    await unmerged(both, moved)
    assert await owners(both, "coupon_claims") == [
        ("coupon-a", ANN), ("coupon-g", GUEST), ("coupon-m", MEI), ("coupon-n", MEI),
    ]  # fmt: skip


CONFLICTS = {
    "quiz_answers": "INSERT INTO quiz_answers (quiz, user_id, name, choice, ts) VALUES ('quiz-g', $1, 'Mei', 0, 7)",
    "coupon_claims": "INSERT INTO coupon_claims (coupon, user_id, claimed_ts) VALUES ('coupon-g', $1, 7)",
    "chat_reports": "INSERT INTO chat_reports (room, line_id, user_id) VALUES ('farm', 'bad-g', $1)",
    "idempotency_keys": "INSERT INTO idempotency_keys (scope, key, fingerprint, status) VALUES ($1, 'key-g', '\\x00', 200)",
}


@pytest.mark.parametrize("table", CONFLICTS)
async def test_where_both_have_one_each_keeps_their_own(both: Served, table: str) -> None:
    await sql(both, CONFLICTS[table], MEI)
    before = await both.rows(table)
    moved = await merged(both)
    assert await both.rows(table) == before
    assert table not in moved


async def test_a_key_that_both_used_for_another_coupon_keeps_both_claims(both: Served) -> None:
    await sql(both, "UPDATE coupon_claims SET key = 'key-of-g' WHERE user_id = $1", MEI)
    before = await both.rows("coupon_claims")
    assert "coupon_claims" not in await merged(both)
    assert await both.rows("coupon_claims") == before


async def test_a_call_that_is_under_way_remembers_its_answer_under_the_id_it_began_with(both: Served) -> None:
    await sql(both, "INSERT INTO idempotency_keys (scope, key, fingerprint) VALUES ($1, 'running!', '\\x00')", GUEST)
    assert (await merged(both))["idempotency_keys"] == ["key-g"]


async def test_lines_that_a_ban_hid_stay_hidden(both: Served) -> None:
    await sql(both, "INSERT INTO chat_hidden VALUES ('farm', $1, 2000000000000)", GUEST)
    assert "chats" not in await merged(both)


# --- who was shut out ---


async def shut_out(served: Served, kind: str, user: str, seconds: int | None = None) -> None:
    await served.done(f"POST /api/rooms/farm/moderation/{kind}s", {"user": user, "seconds": seconds}, role=Role.OPS)


async def restrictions(served: Served) -> dict[tuple[str, str], Any]:
    page = await served.done("GET /api/rooms/farm/moderation", role=Role.OPS)
    return {(item["kind"], item["user"]): item["until"] for item in page["restrictions"]}


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_who_was_shut_out_as_a_guest_is_shut_out_as_the_person(both: Served, kind: str) -> None:
    await shut_out(both, kind, GUEST, 3_600)
    before = await restrictions(both)
    moved = await merged(both)
    assert await restrictions(both) == before | {(kind, MEI): before[kind, GUEST]}
    await unmerged(both, moved)
    assert await restrictions(both) == before


async def test_the_longer_of_two_bans_holds_and_undoing_leaves_the_other(both: Served) -> None:
    await shut_out(both, "ban", GUEST, 7_200)
    await shut_out(both, "ban", MEI, 3_600)
    before = await restrictions(both)
    moved = await merged(both)
    assert (await restrictions(both))["ban", MEI] == before["ban", GUEST]
    await unmerged(both, moved)
    assert await restrictions(both) == before


async def test_a_shorter_ban_of_the_guest_changes_nothing(both: Served) -> None:
    await shut_out(both, "ban", GUEST, 60)
    await shut_out(both, "ban", MEI, None)
    before = await restrictions(both)
    await merged(both)
    assert await restrictions(both) == before


async def test_a_ban_that_was_said_anew_since_stays_when_it_is_undone(both: Served) -> None:
    await shut_out(both, "ban", GUEST, 3_600)
    moved = await merged(both)
    await shut_out(both, "ban", MEI, None)
    await unmerged(both, moved)
    assert (await restrictions(both))["ban", MEI] is None


async def test_rooms_are_told_as_of_any_ban(both: Served) -> None:
    await shut_out(both, "ban", GUEST, 3_600)
    await merged(both)
    last = await both.database.fetchrow('SELECT data, by_id FROM room_controls ORDER BY "offset" DESC LIMIT 1')
    assert last is not None
    assert (f'"user": "{MEI}"' in last["data"], last["by_id"]) == (True, None)


async def address(served: Served, person: str, id_: str, ts: int, *, is_default: bool = False) -> None:
    await sql(
        served,
        "INSERT INTO addresses (id, person, name, phone, region, line, datum, is_default, created_ts, changed_ts) "
        "VALUES ($1, $2, 'Mei', '+8613800138000', '', 'Elm 1', 'wgs84', $3, $4, $4)",
        id_, person, is_default, ts,
    )  # fmt: skip


async def addresses(served: Served) -> dict[str, list[tuple[str, bool]]]:
    rows = await served.database.fetch("SELECT person, id, is_default FROM addresses ORDER BY id")
    return {who: [(row["id"], row["is_default"]) for row in rows if row["person"] == who] for who in (GUEST, MEI)}


async def test_an_address_from_before_is_the_default_where_there_was_none_and_goes_back_as_such(served: Served) -> None:
    """And what the person wrote meanwhile becomes theirs: the latest of it."""
    await a_person(served, MEI, "Mei")
    await address(served, GUEST, "g1", 1, is_default=True)
    await address(served, GUEST, "g2", 2)
    moved = await merged(served)
    assert await addresses(served) == {GUEST: [], MEI: [("g1", True), ("g2", False)]}
    await address(served, MEI, "m1", 3)
    await address(served, MEI, "m2", 4)
    await unmerged(served, moved)
    assert await addresses(served) == {
        GUEST: [("g1", True), ("g2", False)],
        MEI: [("m1", False), ("m2", True)],
    }


async def test_where_the_default_from_before_was_taken_away_the_latest_goes_back_as_it(served: Served) -> None:
    await a_person(served, MEI, "Mei")
    await address(served, MEI, "m1", 1, is_default=True)
    for number in (1, 2, 3):
        await address(served, GUEST, f"g{number}", number, is_default=number == 1)
    moved = await merged(served)
    assert [each for each in (await addresses(served))[MEI] if each[1]] == [("m1", True)]
    await sql(served, "DELETE FROM addresses WHERE id = 'g1'")
    await unmerged(served, moved)
    assert await addresses(served) == {GUEST: [("g2", False), ("g3", True)], MEI: [("m1", True)]}
    await unmerged(served, moved)
    assert await addresses(served) == {GUEST: [("g2", False), ("g3", True)], MEI: [("m1", True)]}
