"""Whatever staff do shows in the event log, under their name: every endpoint that changes something is in this table."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from livehub import app
from livehub.app import Application
from livehub.base.auth import IN_ROOMS, PERMISSIONS, Permission, Role
from livehub.base.endpoints import Endpoint
from livehub.base.raw_calls import RawCall
from livehub.hub.chat import moderation, store
from livehub.room.models import ChatLine
from tests.base.served import NO_VALKEY, NOW_S, SECRET, Served, serving

OPS_LOCALES = Path(__file__).parents[2] / "web/src/ops/locales"
AUDIT_LOCALES = OPS_LOCALES.parent / "admin/audit/locales"
NOW_MS = int(NOW_S * 1000)
ROOM = "/api/rooms/farm"
LINE = ChatLine(id="line-1", user="mei", name="Mei", role="viewer", text="hello", ts=NOW_MS)
PRIZE = {"kind": "choice", "question": "Which?", "options": ["A", "B"], "correct_choice": 0}

MADE = "the id of what was made before"

Made = Callable[[Served], Awaitable[str]]


async def nothing(_served: Served) -> str:
    return ""


async def a_line(served: Served) -> str:
    async with served.application.database.connection() as connection:
        await store.insert(connection, [store.ChatRow("farm", LINE)])
    return LINE.id


async def a_deleted_line(served: Served) -> str:
    await served.done(f"DELETE {ROOM}/chats/{await a_line(served)}")
    return LINE.id


async def a_held_line(served: Served) -> str:
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", LINE, [])
    return LINE.id


async def a_pin(served: Served) -> str:
    await served.done(f"POST {ROOM}/pins", {"title": "Honey"})
    return ""


async def a_card(served: Served) -> str:
    return str((await served.done(f"POST {ROOM}/bag", {"title": "Honey"}))["card"]["id"])


async def a_quiz(served: Served) -> str:
    return str((await served.done(f"POST {ROOM}/quizzes", PRIZE))["quiz"]["id"])


async def a_question(served: Served) -> str:
    await served.database.execute(
        "INSERT INTO questions (id, room, user_id, name, text) VALUES ('q-1', 'farm', 'mei', 'Mei', 'Sweet?')"
    )
    return "q-1"


async def something_to_buy(served: Served) -> str:
    await served.done(f"POST {ROOM}/bag", {"title": "Honey", "price_minor": 900, "currency": "CNY"})
    return ""


async def a_coupon(served: Served) -> str:
    await something_to_buy(served)
    return str((await served.done(f"POST {ROOM}/coupons", {"title": "five off", "amount_minor": 500}))["coupon"]["id"])


async def a_product(served: Served) -> str:
    columns, values = "id, farm, title, price_minor, currency, unit", "'honey', 'Farm', 'Honey', 900, 'CNY', 'jar'"
    await served.database.execute(f"INSERT INTO products ({columns}) VALUES ({values})")
    return "honey"


async def a_stock(served: Served) -> str:
    product = await a_product(served)
    await served.done(f"POST /api/products/{product}/stock", {"delta": 9, "reason": "harvest"}, role=Role.OPS)
    return product


async def a_sale(served: Served) -> str:
    wanted = {"product": await a_stock(served), "price_minor": 500, "units": 1, "per_person_max": 1}
    return str((await served.done(f"POST {ROOM}/sales", wanted))["sale"]["id"])


async def a_camera(served: Served) -> str:
    return str((await served.done(f"POST {ROOM}/cameras", {"name": "Field"}))["camera"]["id"])


async def a_lined_up_camera(served: Served) -> str:
    await served.done(f"POST {ROOM}/cut", {"camera": await a_camera(served)})
    return ""


async def a_block(served: Served) -> str:
    return str(
        (await served.done("POST /api/blocked", {"phone": "+8613800138000", "reason": "spam"}, role=Role.OPS))["id"]
    )


async def an_invitation(served: Served) -> str:
    return str((await served.done(f"POST {ROOM}/invitations", {"kind": "cohost"}))["id"])


async def a_recording(served: Served) -> str:
    await served.database.execute(
        "INSERT INTO recordings (id, room, title, started_ts, ended_ts, state, store, updated_ts) "
        "VALUES ('rec-1', 'farm', 'Picking', 1, 2, 'ended', 's', 2)"
    )
    return "rec-1"


async def a_clip(served: Served) -> str:
    await a_recording(served)
    await served.database.execute(
        "INSERT INTO clips VALUES ('clip-1', 'rec-1', 'farm', 'Tasting', 1, 2, 1, false, 2, 'host', 'kept', 's', 2)"
    )
    return "clip-1"


async def a_finding(served: Served) -> str:
    await served.database.execute(
        "INSERT INTO payment_findings (id, key, kind, provider, details, found_ms) "
        "VALUES ('f-1', 'f', 'bill', 'stripe', '{}', 1)"
    )
    return "f-1"


class Deed(NamedTuple):
    """`types`: what the log has of it, and no more; `made`: what has to be there first, whose id stands for MADE."""

    types: set[str]
    body: Any = None
    made: Made = nothing


DEEDS: dict[str, Deed] = {
    "POST /api/rooms": Deed({"room_create"}, {"id": "other", "title": "Another day"}),
    "PATCH /api/rooms/{room}": Deed({"room"}, {"title": "A new title"}),
    "POST /api/rooms/{room}/state": Deed({"show"}, {"status": "live"}),
    "POST /api/rooms/{room}/pins": Deed({"pin"}, {"title": "Honey"}),
    "DELETE /api/rooms/{room}/pins": Deed({"unpin"}, made=a_pin),
    "POST /api/rooms/{room}/bag": Deed({"bag_put"}, {"title": "Bread"}),
    "DELETE /api/rooms/{room}/bag/{card}": Deed({"bag_remove"}, made=a_card),
    "POST /api/rooms/{room}/quizzes": Deed({"quiz_open"}, PRIZE),
    "POST /api/rooms/{room}/quizzes/{quiz}/close": Deed({"quiz_close", "quiz_result"}, {}, a_quiz),
    "POST /api/rooms/{room}/questions/{question}/answer": Deed({"question"}, {"answer": "Yes."}, a_question),
    "POST /api/rooms/{room}/questions/{question}/dismiss": Deed({"question_dismiss"}, {}, a_question),
    "POST /api/rooms/{room}/moderation/held/{line}/approve": Deed({"held_approve"}, {}, a_held_line),
    "POST /api/rooms/{room}/moderation/held/{line}/reject": Deed({"held_reject"}, {}, a_held_line),
    "POST /api/rooms/{room}/moderation/held": Deed(
        {"held_approve"}, {"verdict": "approve", "lines": [LINE.id]}, a_held_line
    ),
    "DELETE /api/rooms/{room}/chats/{line}": Deed({"chat_delete"}, made=a_line),
    "POST /api/rooms/{room}/chats/{line}/restore": Deed({"chat_restore"}, {}, a_deleted_line),
    "POST /api/rooms/{room}/moderation/mutes": Deed({"mute"}, {"user": "mei", "seconds": 60}),
    "POST /api/rooms/{room}/moderation/bans": Deed({"ban"}, {"user": "mei"}),
    "POST /api/rooms/{room}/moderation/slow-mode": Deed({"slow_mode"}, {"seconds": 5}),
    "PUT /api/moderation/words": Deed({"words"}, {"block": ["spam"], "hold": []}),
    "POST /api/rooms/{room}/coupons": Deed({"coupon"}, {"title": "five off", "amount_minor": 500}, something_to_buy),
    "DELETE /api/rooms/{room}/coupons/{coupon}": Deed({"coupon_end"}, made=a_coupon),
    "POST /api/blocked": Deed({"block"}, {"person": "mei", "has_no_account": True, "reason": "spam"}),
    "DELETE /api/blocked/{block}": Deed({"unblock"}, made=a_block),
    "POST /api/rooms/{room}/hosts": Deed({"host"}, {"person": "mei", "kind": "expert"}),
    "POST /api/rooms/{room}/invitations": Deed({"invitation_add"}, {"kind": "cohost"}),
    "DELETE /api/rooms/{room}/invitations/{invitation}": Deed({"invitation_remove"}, made=an_invitation),
    "POST /api/products": Deed(
        {"product_create", "product_claims"},
        {"title": "100% juice", "price_minor": 900, "currency": "CNY", "flags_seen": ["100%"]},
    ),
    "PATCH /api/products/{product}": Deed(
        {"product_edit", "product_price", "product_off_sale"},
        {"version": 1, "unit": "500 g", "price_minor": 800, "is_on_sale": False},
        a_product,
    ),
    "POST /api/products/{product}/stock": Deed({"stock"}, {"delta": 9, "reason": "harvest"}, a_product),
    "POST /api/rooms/{room}/cameras": Deed({"camera_add"}, {"name": "Field"}),
    "POST /api/rooms/{room}/cameras/{camera}/token": Deed({"camera_token"}, {}, a_camera),
    "DELETE /api/rooms/{room}/cameras/{camera}": Deed({"camera_remove"}, made=a_camera),
    "POST /api/rooms/{room}/cut": Deed({"cut"}, {"camera": MADE}, a_camera),
    "DELETE /api/rooms/{room}/cut": Deed({"cut_cancel"}, made=a_lined_up_camera),
    "POST /api/rooms/{room}/sales": Deed(
        {"sale_scheduled"}, {"product": MADE, "price_minor": 500, "units": 1, "per_person_max": 1}, a_stock
    ),
    "PATCH /api/sales/{sale}": Deed({"sale_change"}, {"version": 1, "per_person_max": 3}, a_sale),
    "POST /api/sales/{sale}/open": Deed({"sale_open"}, {}, a_sale),
    "POST /api/sales/{sale}/close": Deed({"sale_close"}, {}, a_sale),
    "DELETE /api/sales/{sale}": Deed({"sale_close", "sale_remove"}, made=a_sale),
    "POST /api/payment-findings/{finding}/resolve": Deed({"payment_finding"}, {"note": "paid back by hand"}, a_finding),
    "DELETE /api/recordings/{recording}": Deed({"recording_remove"}, made=a_recording),
    "DELETE /api/clips/{clip}": Deed({"clip_remove"}, made=a_clip),
}

# What takes a recording with its files: tests/media/record/test_clips.py has it, with its line in the log.
ELSEWHERE = {"POST /api/recordings/{recording}/clips"}
# What is about people and no room is in the audit log alone: tests/people/test_staff.py.
ELSEWHERE |= {f"POST /api/people/{{person}}/{act}" for act in ("role", "sign-out", "separate", "identities")}
# So is what becomes of an order: tests/commerce/orders/test_moves.py.
ELSEWHERE |= {"POST /api/orders/{order}/moves"}
# So is how the shop delivers, which is no room's either: tests/commerce/delivery/test_acts.py.
ELSEWHERE |= {f"POST /api/delivery/{what}" for what in ("areas", "points", "windows", "patterns")}
ELSEWHERE |= {f"PATCH /api/delivery/{what}s/{{{what}}}" for what in ("area", "point", "window", "pattern")}
OF_DELIVERY = {f"delivery_{what}" for what in ("area", "point", "window", "pattern")}

# So is what is done about sensors and shipments: tests/trace/coldchain/test_acts.py.
ELSEWHERE |= {"POST /api/devices", "PATCH /api/devices/{device}", "POST /api/cold-chain/rules/{product}"}
ELSEWHERE |= {f"POST /api/devices/{{device}}/{what}" for what in ("calibrations", "corrections")}
ELSEWHERE |= {"POST /api/shipments", "POST /api/shipments/{shipment}/end", "POST /api/shipments/{shipment}/handovers"}
OF_COLD_CHAIN = {f"sensor_{what}" for what in ("added", "switched", "calibrated")} | {
    "readings_corrected",
    "cold_chain_rule",
}
OF_COLD_CHAIN |= {f"shipment_{what}" for what in ("begun", "ended", "handed_over")}
# So is what becomes of batches: tests/trace/test_acts.py.
ELSEWHERE |= {"POST /api/batches", "POST /api/batch-makings", "POST /api/boxes"}
ELSEWHERE |= {f"POST /api/batches/{{batch}}/{what}" for what in ("steps", "sheets")}
OF_BATCHES = {"batch", "batch_step", "batch_making", "batch_boxes", "box_packed"}
# And what partners' events bring: tests/trace/epcis/test_capture.py.
ELSEWHERE |= {"POST /epcis/v2/capture", "POST /epcis/v2/events"}
OF_BATCHES |= {"epcis_captured"}

# It looks at words, and changes nothing.
ELSEWHERE |= {"POST /api/claims"}

# What is about money of buyers is in the audit log alone: tests/commerce/refunds and tests/commerce/cases.
ELSEWHERE |= {"POST /api/orders/{order}/refunds", "POST /api/orders/{order}/weights"}
ELSEWHERE |= {f"POST /api/refunds/{{refund}}/{act}" for act in ("approve", "reject", "retry")}
ELSEWHERE |= {f"POST /api/cases/{{case}}/{act}" for act in ("see", "decision", "close")}
ELSEWHERE |= {f"POST /api/fapiao/{{fapiao}}/{act}" for act in ("issued", "reject", "reversed")}


def endpoints() -> list[Endpoint | RawCall]:
    """Of either kind."""
    application = Application(app.settings(secret=SECRET, redis_url=NO_VALKEY))
    return [*application.endpoints(), *application.raw_calls()]


def are_of_staff(may: Permission) -> bool:
    return may in IN_ROOMS or may not in PERMISSIONS[Role.VIEWER]


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Served]:
    """A server with the stock engine, and a room called farm."""
    async with serving(database_url, has_stock=True, time_zone="Asia/Shanghai") as running:
        await running.done("POST /api/rooms", {"id": "farm", "title": "Farm day"}, role=Role.ADMIN)
        yield running


async def act_as_ops(shop: Served, call: str, made: str) -> None:
    """Do it as Xiao Zhou of the ops, a second after what had to be there first. `made`: its id."""
    deed = DEEDS[call]
    shop.clock.now_s += 1
    asked = call.replace("{room}", "farm")
    path = asked[: asked.index("{")] + made + asked[asked.index("}") + 1 :] if "{" in asked else asked
    body = (
        {name: made if value == MADE else value for name, value in deed.body.items()} if deed.body is not None else None
    )
    answer = await shop.call(path, body, role=Role.OPS, user="xiao-zhou")
    assert answer.status < 300, answer


def test_everything_that_staff_do_is_in_the_table() -> None:
    changing = {f"{e.method} {e.path}" for e in endpoints() if e.method != "GET" and are_of_staff(e.may)}
    assert set(DEEDS) | ELSEWHERE == changing


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_of_the_audit_log_has_words_for_all_of_it(language: str) -> None:
    """What is about no room, too, and what the server does by itself."""
    words = json.loads((OPS_LOCALES / f"{language}.json").read_text())["ops"]
    audited = json.loads((AUDIT_LOCALES / f"{language}.json").read_text())["ops"]["admin"]["audit"]
    about_people = {
        "person_role",
        "person_sign_out",
        "person_separate",
        "person_command",
        "person_phone_let_go",
        "person_way_add",
        "person_way_remove",
        "person_invitation",
        "person_look",
    }
    about_people |= {"refund", "refund_approve", "refund_reject", "refund_retry", "weigh"}
    about_people |= {"case_see", "case_decide", "case_close", "fapiao_issued", "fapiao_rejected", "fapiao_reversed"}
    types = (
        {name for deed in DEEDS.values() for name in deed.types}
        | about_people
        | OF_DELIVERY
        | OF_COLD_CHAIN
        | OF_BATCHES
        | {"people_searched"}
    )
    assert types - set(audited["type"]) - set(words["log"]["type"]) == set()


@pytest.mark.parametrize("call", DEEDS)
async def test_it_is_in_the_log_and_the_audit_log_once_with_the_name_of_whoever_did_it(shop: Served, call: str) -> None:
    deed = DEEDS[call]
    await act_as_ops(shop, call, await deed.made(shop))
    room = "other" if call == "POST /api/rooms" else "farm"
    page = await shop.done(f"GET /api/rooms/{room}/events?limit=20")
    now_ms = int(shop.clock.now_s * 1000)
    done = [item for item in page["items"] if item["ts"] == now_ms]
    assert page["time_zone"] == "Asia/Shanghai"
    assert sorted(item["type"] for item in done) == sorted(deed.types)
    assert {(item["by"]["id"], item["by"]["name"]) for item in done} == {("xiao-zhou", "The ops")}
    audited = await shop.done("GET /api/audit?who=xiao-zhou", role=Role.ADMIN)
    assert sorted(act["type"] for act in audited["items"]) == sorted(deed.types)
    assert {(act["by"]["name"], act["by"]["role"], len(act["network"])) for act in audited["items"]} == {
        ("The ops", "ops", 16)
    }


# What changed, or why there is nothing to say of it.
NOTHING_CHANGES = {"camera_token", "cut", "cut_cancel"}  # what is secret, and what the program shows a moment later


@pytest.mark.parametrize("call", DEEDS)
async def test_the_audit_log_says_what_changed_and_never_the_same_twice(shop: Served, call: str) -> None:
    deed = DEEDS[call]
    await act_as_ops(shop, call, await deed.made(shop))
    for act in (await shop.done("GET /api/audit?who=xiao-zhou", role=Role.ADMIN))["items"]:
        if act["type"] not in NOTHING_CHANGES:
            assert act["before"] != act["after"] or act["was"] != act["became"], act
        assert act["before"] != {}, act
        assert act["after"] != {}, act


SAID: dict[str, dict[str, Any]] = {
    "POST /api/products/{product}/stock": {
        "subject": "honey", "before": {"on_hand": 0}, "after": {"on_hand": 9}, "why": "harvest",
    },
    "DELETE /api/rooms/{room}/chats/{line}": {"subject": "line-1", "was": "shown", "became": "deleted"},
    "POST /api/rooms/{room}/chats/{line}/restore": {"subject": "line-1", "was": "deleted", "became": "shown"},
    "POST /api/rooms/{room}/invitations": {"before": None, "after": {"kind": "cohost"}},
    "DELETE /api/rooms/{room}/invitations/{invitation}": {"before": {"kind": "cohost"}, "after": None},
    "POST /api/rooms/{room}/cameras": {"before": None, "after": {"name": "Field"}},
    "DELETE /api/rooms/{room}/cameras/{camera}": {"before": {"name": "Field"}, "after": None},
    "DELETE /api/recordings/{recording}": {"before": {"title": "Picking"}, "after": None},
    "POST /api/rooms": {"subject": "other", "before": None, "after": {"title": "Another day"}},
    "PUT /api/moderation/words": {"before": {"block": 0, "hold": 0}, "after": {"block": 1, "hold": 0}},
    "POST /api/blocked": {
        "before": {"blocked": False}, "after": {"blocked": True, "until_ts": None}, "why": "spam", "subject": "mei",
    },
    "DELETE /api/blocked/{block}": {
        "before": {"blocked": True}, "after": {"blocked": False}, "data": {"shown": "+86 **** 8000"},
    },
}  # fmt: skip


@pytest.mark.parametrize("call", SAID)
async def test_it_says_just_that(shop: Served, call: str) -> None:
    await act_as_ops(shop, call, await DEEDS[call].made(shop))
    (act,) = (await shop.done("GET /api/audit?who=xiao-zhou", role=Role.ADMIN))["items"]
    assert {name: act[name] for name in SAID[call]} == SAID[call]


async def test_of_a_long_bag_it_says_which_card_came_went_and_changed(shop: Served) -> None:
    for number in range(40):
        await shop.done(f"POST {ROOM}/bag", {"title": f"Card {number} " + "x" * 40})
    card = (await shop.done(f"POST {ROOM}/bag", {"title": "Honey"}, role=Role.OPS))["card"]["id"]
    await shop.done(f"DELETE {ROOM}/bag/{card}", role=Role.OPS)
    acts = (await shop.done("GET /api/audit?type=bag_put,bag_remove&who=the-ops", role=Role.ADMIN))["items"]
    said = [
        (act["type"], act["subject"], *([each["title"] for each in act[side]["bag"]] for side in ("before", "after")))
        for act in acts
    ]
    assert said == [("bag_remove", card, ["Honey"], []), ("bag_put", card, [], ["Honey"])]


async def test_what_is_done_twice_and_changes_nothing_is_there_once(shop: Served) -> None:
    question, camera = await a_question(shop), await a_camera(shop)
    for _ in range(2):
        await shop.done(f"POST {ROOM}/questions/{question}/dismiss", {})
        await shop.call(f"DELETE {ROOM}/cameras/{camera}")
    types = [item["type"] for item in (await shop.done(f"GET {ROOM}/events"))["items"]]
    assert (types.count("question_dismiss"), types.count("camera_remove")) == (1, 1)


async def test_a_cut_asked_for_twice_is_there_once_and_one_taken_back_only_where_there_was_one(shop: Served) -> None:
    camera = await a_camera(shop)
    await shop.done(f"DELETE {ROOM}/cut")
    for call in ("POST", "POST", "DELETE", "DELETE", "POST"):
        shop.clock.now_s += 1
        await shop.done(f"{call} {ROOM}/cut", {"camera": camera} if call == "POST" else None)
    items = (await shop.done(f"GET {ROOM}/events?types=cut,cut_cancel"))["items"]
    assert [item["type"] for item in items] == ["cut", "cut_cancel", "cut"]


async def test_what_is_done_to_the_whole_shop_is_in_the_log_of_each_room_and_no_word_of_the_lists(shop: Served) -> None:
    await shop.done("POST /api/rooms", {"id": "other", "title": "Another day"})
    lists: dict[str, Any] = {"block": ["spam", "scam"], "hold": []}
    await shop.done("PUT /api/moderation/words", lists, role=Role.OPS)
    await shop.done("PUT /api/moderation/words", {"block": ["spam"], "hold": ["watch"]}, role=Role.OPS)
    for room in ("farm", "other"):
        items = (await shop.done(f"GET /api/rooms/{room}/events?types=words"))["items"]
        assert [item["data"] for item in items] == [{"added": 1, "removed": 1}, {"added": 2, "removed": 0}]


async def test_the_log_says_what_things_are_called_after_they_are_gone_and_nothing_secret(shop: Served) -> None:
    camera = {"name": "Barn", "kind": "rtsp", "url": "rtsp://me:secret@192.0.2.1/live"}
    id_ = (await shop.done(f"POST {ROOM}/cameras", camera))["camera"]["id"]
    await shop.done(f"DELETE {ROOM}/cameras/{id_}")
    items = (await shop.done(f"GET {ROOM}/events?types=camera_add,camera_remove"))["items"]
    assert [(item["type"], item["data"]) for item in items] == [
        ("camera_remove", {"name": "Barn"}),
        ("camera_add", {"name": "Barn"}),
    ]
