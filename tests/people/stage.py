"""Rows of people in every table, and who they are in these tests."""

import json

from livehub.people.records import Records
from livehub.people.registry import PersonTables
from tests.base.served import Served

NOW_MS = 1_800_000_000_000
GUEST, MEI, ANN = "guest-lotus", "p-mei", "p-ann"


def tables_of(served: Served) -> PersonTables:
    return served.application.get(Records).tables()


async def sql(served: Served, query: str, *args: object) -> None:
    await served.database.execute(query, *args)


async def a_room(served: Served, room: str = "farm") -> None:
    await served.done("POST /api/rooms", {"id": room, "title": "Farm day"})


async def a_person(served: Served, person: str, name: str) -> None:
    insert = "INSERT INTO people (id, name, created_ts, seen_ts) VALUES ($1, $2, 1, 1)"
    await sql(served, insert, person, name)


async def traces(served: Served, person: str, name: str, *, mark: str) -> None:
    """A row of theirs in each table that a viewer leaves any in; `mark` tells the rows of one person from those of another."""
    who = {"user": person, "name": name}
    line = {"id": f"held-{mark}", **who, "role": "viewer", "text": f"{name} was here", "ts": NOW_MS}
    await sql(
        served,
        "INSERT INTO chats (id, room, user_id, name, role, text, ts) VALUES ($1, 'farm', $2, $3, 'viewer', $4, $5)",
        f"line-{mark}", person, name, f"I am {name}", NOW_MS,
    )  # fmt: skip
    for state in ("open", "answered"):
        await sql(
            served,
            "INSERT INTO questions (id, room, user_id, name, text, status) VALUES ($1, 'farm', $2, $3, 'Sweet?', $4)",
            f"q-{state}-{mark}", person, name, state,
        )  # fmt: skip
    await sql(
        served, "INSERT INTO quiz_answers (quiz, user_id, name, choice, ts) VALUES ($1, $2, $3, 1, $4)", f"quiz-{mark}",
        person, name, NOW_MS,
    )  # fmt: skip
    await sql(
        served, "INSERT INTO directs (id, user_id, type, ts, data) VALUES ($1, $2, 'won', $3, $4)", f"d-{mark}", person,
        NOW_MS, json.dumps({"winner": who}),
    )  # fmt: skip
    await sql(
        served, "INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key) VALUES ($1, $2, $3, $4)", f"coupon-{mark}",
        person, NOW_MS, f"key-of-{mark}",
    )  # fmt: skip
    await sql(
        served, "INSERT INTO coupon_uses VALUES ($1, $2, $3, 'used', false, $4)", f"order-{mark}", f"coupon-{mark}", person,
        NOW_MS,
    )  # fmt: skip
    await sql(served, "INSERT INTO coupon_people VALUES ($1, $2)", f"coupon-{mark}", person)
    await sql(
        served, "INSERT INTO held_lines (room, line_id, line, reason) VALUES ('farm', $1, $2, 'word')", f"held-{mark}",
        json.dumps(line),
    )  # fmt: skip
    await sql(
        served, "INSERT INTO chat_reports (room, line_id, user_id) VALUES ('farm', $1, $2)", f"bad-{mark}", person
    )  # fmt: skip
    await sql(
        served,
        "INSERT INTO idempotency_keys (scope, key, fingerprint, status, body) VALUES ($1, $2, '\\x00', 200, $3)",
        person, f"key-{mark}", json.dumps({"done": True}),
    )  # fmt: skip
    await sql(
        served,
        "INSERT INTO addresses VALUES ($1, $2, $3, '+8613812341234', '110101', '1 Lane', 1, 2, 'wgs84', 1, 2, true, 1, 1)",
        f"address-{mark}", person, name,
    )  # fmt: skip


async def things(served: Served, *marks: str) -> None:
    """The quizzes and coupons that the rows of `traces` are about."""
    for mark in marks:
        await sql(
            served,
            "INSERT INTO quizzes (id, room, card, winners_max, status, closes_ts) VALUES ($1, 'farm', '{}', 1, 'closed', 1)",
            f"quiz-{mark}",
        )
        await sql(served, "INSERT INTO coupons (id, room, card, total) VALUES ($1, 'farm', '{}', 9)", f"coupon-{mark}")


async def merged(served: Served, was: str = GUEST, person: str = MEI) -> dict[str, list[str]]:
    async with served.application.database.transaction() as tx:
        return await tables_of(served).merge(tx, was, person, now_ms=NOW_MS)


async def unmerged(served: Served, moved: dict[str, list[str]], was: str = GUEST, person: str = MEI) -> None:
    async with served.application.database.transaction() as tx:
        await tables_of(served).unmerge(tx, was, person, moved, now_ms=NOW_MS)
