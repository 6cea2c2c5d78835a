"""Nobody does what PERMISSIONS does not grant them: role by endpoint, against what a running server answers.

And a token is believed only when it is ours, whole and not over. Whoever is refused has changed nothing.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from livehub import app
from livehub.app import Application
from livehub.base.auth import (
    IN_ROOMS,
    PERMISSIONS,
    ROOM_RIGHTS,
    Identity,
    Permission,
    Role,
    RoomKind,
    Tokens,
    require,
)
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadToken, Forbidden, Unauthenticated
from livehub.base.http import HttpEdge
from livehub.hub.rooms.schemas import Nothing
from tests.base.served import NO_VALKEY, NOW_S, SECRET, Answer, Served, serving
from tests.base.uploads.pictures import quarters, saved
from tests.tokens import jwt, part

WATCH, SPEAK, BUY, ANSWER, RUN, MODERATE, NAME, WORDS, KEEP, STOCK, BLOCK, AUDIT, PEOPLE, ROLES = (
    Permission.WATCH,
    Permission.SPEAK,
    Permission.BUY,
    Permission.ANSWER_QUESTIONS,
    Permission.RUN_SHOWS,
    Permission.MODERATE,
    Permission.NAME_HOSTS,
    Permission.EDIT_WORDS,
    Permission.KEEP_RECORDINGS,
    Permission.EDIT_STOCK,
    Permission.BLOCK_PEOPLE,
    Permission.SEE_AUDIT,
    Permission.SEE_PEOPLE,
    Permission.GIVE_ROLES,
)

VIEWER = {"watch", "speak", "buy", "answer_questions"}
HOST = VIEWER | {"run_shows", "moderate", "name_hosts"}
OPS = {
    "run_every_room", "edit_prices", "edit_stock", "edit_words", "keep_recordings", "see_reporters", "see_orders",
    "see_figures", "block_people", "refund", "care", "pick", "farm", "record_steps", "repack", "ship", "run_cold_chain",
    "exchange_events",
}  # fmt: skip

# What each call asks for, written out once more: a change of who may do what shows here.
NEEDED = {
    "POST /api/batches": Permission.FARM,
    "GET /api/batches": Permission.RECORD_STEPS,
    "GET /api/batches/{batch}": Permission.RECORD_STEPS,
    "GET /api/batches/{batch}/lineage": Permission.RECORD_STEPS,
    "POST /api/batches/{batch}/steps": Permission.RECORD_STEPS,
    "POST /api/batch-makings": Permission.REPACK,
    "GET /api/batches/{batch}/label": Permission.RECORD_STEPS,
    "POST /api/batches/{batch}/sheets": Permission.RECORD_STEPS,
    "GET /api/batches/{batch}/sheets": Permission.RECORD_STEPS,
    "GET /api/batches/{batch}/sheets/{sheet}": Permission.RECORD_STEPS,
    "GET /api/batches/{batch}/boxes": Permission.RECORD_STEPS,
    "POST /api/boxes": Permission.RECORD_STEPS,
    "GET /api/order-lines/{line}/boxes": Permission.RECORD_STEPS,
    "POST /api/scans": WATCH,
    "GET /api/batches/{batch}/journey": WATCH,
    "GET /api/batches/{batch}/latest": WATCH,
    "POST /api/uploads": Permission.SPEAK,
    "POST /api/session": WATCH,
    "GET /api/log": WATCH,
    "GET /api/session": WATCH,
    "POST /api/sign-out": WATCH,
    "GET /api/people": PEOPLE,
    "GET /api/people/{person}": PEOPLE,
    "GET /api/roles": PEOPLE,
    "POST /api/people/{person}/identities": Permission.EXPORT,
    "POST /api/people/{person}/role": ROLES,
    "POST /api/people/{person}/sign-out": BLOCK,
    "POST /api/people/{person}/separate": ROLES,
    "POST /api/sign-in/phone": WATCH,
    "POST /api/sign-in/phone/{challenge}": WATCH,
    "DELETE /api/me/sessions": SPEAK,
    "POST /api/me/phone": SPEAK,
    "GET /api/sign-in": WATCH,
    "POST /api/me/oidc": SPEAK,
    "POST /api/me/passkeys/options": SPEAK,
    "POST /api/me/passkeys": SPEAK,
    "POST /api/sign-in/passkey/options": WATCH,
    "POST /api/sign-in/passkey": WATCH,
    "POST /api/sign-in/invitation": WATCH,
    "POST /api/sign-in/wechat-mini": WATCH,
    "POST /api/me/wechat-mini": SPEAK,
    "POST /api/me/wechat": SPEAK,
    "DELETE /api/me/identities/{identity}": SPEAK,
    "POST /api/me/phone/{challenge}": SPEAK,
    "GET /api/me": SPEAK,
    "PATCH /api/me": SPEAK,
    "GET /api/me/sessions": SPEAK,
    "DELETE /api/me/sessions/{session}": SPEAK,
    "GET /api/audit": AUDIT,
    "POST /api/me/export": BUY,
    "GET /api/me/exports": BUY,
    "GET /api/me/exports/{export}": BUY,
    "POST /api/me/erase": BUY,
    "GET /api/me/erasure": BUY,
    "DELETE /api/me/erasure": BUY,
    "GET /api/me/addresses": BUY,
    "POST /api/me/addresses": BUY,
    "PATCH /api/me/addresses/{address}": BUY,
    "DELETE /api/me/addresses/{address}": BUY,
    "GET /api/me/consents": WATCH,
    "PUT /api/me/consents/{purpose}": WATCH,
    "GET /api/rooms": WATCH,
    "POST /api/rooms": RUN,
    "GET /api/rooms/{room}": WATCH,
    "PATCH /api/rooms/{room}": RUN,
    "POST /api/rooms/{room}/state": RUN,
    "POST /api/rooms/{room}/pins": RUN,
    "DELETE /api/rooms/{room}/pins": RUN,
    "POST /api/rooms/{room}/bag": RUN,
    "DELETE /api/rooms/{room}/bag/{card}": RUN,
    "POST /api/rooms/{room}/quizzes": RUN,
    "GET /api/rooms/{room}/quizzes": RUN,
    "POST /api/rooms/{room}/quizzes/{quiz}/close": RUN,
    "GET /api/rooms/{room}/hosts": RUN,
    "POST /api/rooms/{room}/hosts": NAME,
    "GET /api/rooms/{room}/invitations": NAME,
    "POST /api/rooms/{room}/invitations": NAME,
    "DELETE /api/rooms/{room}/invitations/{invitation}": NAME,
    "POST /api/invitations/look": WATCH,
    "POST /api/invitations/accept": SPEAK,
    "GET /api/rooms/{room}/questions": ANSWER,
    "POST /api/rooms/{room}/questions/{question}/answer": ANSWER,
    "POST /api/rooms/{room}/questions/{question}/dismiss": RUN,
    "GET /api/rooms/{room}/questions/mine": WATCH,
    "GET /api/rooms/{room}/events": MODERATE,
    "GET /api/rooms/{room}/moderation": MODERATE,
    "POST /api/rooms/{room}/moderation/held/{line}/approve": MODERATE,
    "POST /api/rooms/{room}/moderation/held/{line}/reject": MODERATE,
    "POST /api/rooms/{room}/moderation/held": MODERATE,
    "DELETE /api/rooms/{room}/chats/{line}": MODERATE,
    "POST /api/rooms/{room}/chats/{line}/restore": MODERATE,
    "POST /api/rooms/{room}/moderation/mutes": MODERATE,
    "POST /api/rooms/{room}/moderation/bans": MODERATE,
    "POST /api/rooms/{room}/moderation/slow-mode": MODERATE,
    "GET /api/moderation/words": WORDS,
    "PUT /api/moderation/words": WORDS,
    "GET /api/rooms/{room}/figures": RUN,
    "GET /api/blocked": BLOCK,
    "POST /api/blocked": BLOCK,
    "DELETE /api/blocked/{block}": BLOCK,
    "GET /api/products": RUN,
    "POST /api/products": Permission.EDIT_PRICES,
    "GET /api/products/{product}": WATCH,
    "GET /api/batch-products": Permission.RECORD_STEPS,
    "PATCH /api/products/{product}": Permission.EDIT_PRICES,
    "GET /api/products/{product}/prices": RUN,
    "POST /api/claims": RUN,
    "GET /api/products/{product}/stock": RUN,
    "GET /api/rooms/{room}/coupons": RUN,
    "POST /api/rooms/{room}/coupons": RUN,
    "DELETE /api/rooms/{room}/coupons/{coupon}": RUN,
    "GET /api/me/coupons": WATCH,
    "POST /api/rooms/{room}/sales": RUN,
    "GET /api/rooms/{room}/sales": WATCH,
    "GET /api/sales/{sale}": WATCH,
    "PATCH /api/sales/{sale}": RUN,
    "POST /api/sales/{sale}/open": RUN,
    "POST /api/sales/{sale}/close": RUN,
    "DELETE /api/sales/{sale}": RUN,
    "GET /api/sales/{sale}/figures": RUN,
    "GET /api/me/holds": BUY,
    "POST /api/products/{product}/stock": STOCK,
    "GET /api/products/{product}/stock/changes": STOCK,
    "GET /api/me/cart": BUY,
    "PUT /api/me/cart": BUY,
    "POST /api/quotes": BUY,
    "POST /api/orders": BUY,
    "GET /api/orders": Permission.SEE_ORDERS,
    "GET /api/orders/sums": Permission.SEE_ORDERS,
    "GET /api/rooms/{room}/order-figures": RUN,
    "GET /api/me/orders": BUY,
    "GET /api/orders/{order}": BUY,
    "POST /api/orders/{order}/cancel": BUY,
    "POST /api/orders/{order}/moves": Permission.PICK,
    "GET /api/payment-providers": WATCH,
    "POST /api/orders/{order}/payments": BUY,
    "GET /api/payments/{payment}": BUY,
    "GET /api/slots": WATCH,
    "GET /api/log/anchors": WATCH,
    "GET /api/log/anchors/{anchoring}": WATCH,
    "GET /api/log/health": Permission.RUN_COLD_CHAIN,
    "GET /api/delivery/areas": STOCK,
    "POST /api/delivery/areas": Permission.EDIT_PRICES,
    "PATCH /api/delivery/areas/{area}": Permission.EDIT_PRICES,
    "GET /api/delivery/points": STOCK,
    "POST /api/delivery/points": Permission.EDIT_PRICES,
    "PATCH /api/delivery/points/{point}": Permission.EDIT_PRICES,
    "GET /api/delivery/windows": STOCK,
    "POST /api/delivery/windows": STOCK,
    "PATCH /api/delivery/windows/{window}": STOCK,
    "GET /api/delivery/patterns": STOCK,
    "POST /api/delivery/patterns": STOCK,
    "PATCH /api/delivery/patterns/{pattern}": STOCK,
    "GET /api/payment-findings": Permission.SEE_ORDERS,
    "GET /api/bills": Permission.SEE_FIGURES,
    "POST /api/payment-findings/{finding}/resolve": Permission.REFUND,
    "GET /api/sandbox/payments/{payment}": WATCH,
    "POST /api/sandbox/payments/{payment}/{action}": WATCH,
    "GET /api/rooms/{room}/cameras": RUN,
    "POST /api/rooms/{room}/cameras": RUN,
    "POST /api/rooms/{room}/cameras/{camera}/token": RUN,
    "DELETE /api/rooms/{room}/cameras/{camera}": RUN,
    "POST /api/rooms/{room}/cut": RUN,
    "DELETE /api/rooms/{room}/cut": RUN,
    "GET /api/rooms/{room}/recordings": WATCH,
    "GET /api/recordings/{recording}/chats": WATCH,
    "POST /api/recordings/{recording}/clips": RUN,
    "GET /api/recordings/{recording}/clips": RUN,
    "GET /api/clips/{clip}": RUN,
    "GET /api/recordings/{recording}/highlights": RUN,
    "DELETE /api/recordings/{recording}": KEEP,
    "DELETE /api/clips/{clip}": KEEP,
    "POST /api/orders/{order}/refunds": Permission.REFUND,
    "GET /api/orders/{order}/refunds": BUY,
    "GET /api/orders/{order}/history": Permission.SEE_ORDERS,
    "GET /api/refunds": Permission.SEE_ORDERS,
    "GET /api/refunds/{refund}": BUY,
    "POST /api/refunds/{refund}/approve": Permission.REFUND,
    "POST /api/refunds/{refund}/reject": Permission.REFUND,
    "POST /api/refunds/{refund}/retry": Permission.REFUND,
    "GET /api/weights": Permission.PICK,
    "POST /api/orders/{order}/weights": Permission.PICK,
    "POST /api/orders/{order}/cases": BUY,
    "GET /api/me/cases": BUY,
    "GET /api/cases": Permission.CARE,
    "GET /api/cases/{case}": BUY,
    "POST /api/cases/{case}/withdraw": BUY,
    "POST /api/cases/{case}/appeal": BUY,
    "POST /api/cases/{case}/see": Permission.CARE,
    "POST /api/cases/{case}/decision": Permission.CARE,
    "POST /api/cases/{case}/close": Permission.CARE,
    "POST /api/orders/{order}/fapiao": BUY,
    "GET /api/orders/{order}/fapiao": BUY,
    "GET /api/me/fapiao": BUY,
    "GET /api/fapiao": Permission.CARE,
    "GET /api/books/days": Permission.SEE_FIGURES,
    "GET /api/books": Permission.SEE_FIGURES,
    "POST /api/fapiao/{fapiao}/issued": Permission.CARE,
    "POST /api/fapiao/{fapiao}/reversed": Permission.CARE,
    "POST /api/fapiao/{fapiao}/reject": Permission.CARE,
    "GET /api/devices": Permission.SHIP,
    "POST /api/devices": Permission.RUN_COLD_CHAIN,
    "PATCH /api/devices/{device}": Permission.RUN_COLD_CHAIN,
    "POST /api/devices/{device}/calibrations": Permission.RUN_COLD_CHAIN,
    "POST /api/devices/{device}/corrections": Permission.RUN_COLD_CHAIN,
    "GET /api/cold-chain/rules": Permission.RUN_COLD_CHAIN,
    "POST /api/cold-chain/rules/{product}": Permission.RUN_COLD_CHAIN,
    "GET /api/cold-chain/models": WATCH,
    "GET /api/cold-chain/findings": Permission.RUN_COLD_CHAIN,
    "GET /api/breaches/{breach}/orders": Permission.SEE_ORDERS,
    "GET /api/shipments": Permission.SHIP,
    "GET /api/shipments/{shipment}": Permission.SHIP,
    "POST /api/shipments": Permission.SHIP,
    "POST /api/shipments/{shipment}/end": Permission.SHIP,
    "POST /api/shipments/{shipment}/handovers": Permission.SHIP,
    "GET /api/shipments/{shipment}/curves": Permission.SHIP,
    "GET /api/batches/{batch}/curves": WATCH,
}
# A body that each call takes, so that only the role decides; the others send nothing.
BODIES: dict[str, dict[str, object]] = {
    "PUT /api/me/cart": {"lines": []},
    "POST /api/quotes": {"hold": "nothing"},
    "POST /api/orders": {"hold": "nothing"},
    "POST /api/orders/{order}/moves": {"state": "preparing", "version": 1},
    "POST /api/me/erase": {"confirm": True},
    "POST /api/me/addresses": {"name": "Mei", "phone": "13812341234", "line": "1 Lane", "lat": 31.2, "lon": 121.5},
    "PUT /api/me/consents/{purpose}": {"granted": True, "version": "2026-11"},
    "POST /api/rooms": {"title": "Another day"},
    "POST /api/batches": {
        "product": "nothing",
        "gtin": "09520123456788",
        "lot": "A",
        "harvested_at": 1,
        "place": {"name": "Farm", "lat": 30.1, "lon": 120.1},
        "units": 1,
    },
    "POST /api/batches/{batch}/steps": {"kind": "washed", "at": 1},
    "POST /api/batches/{batch}/sheets": {"boxes": 1},
    "POST /api/batch-makings": {
        "kind": "repack",
        "at": 1,
        "inputs": [{"batch": "nothing", "units": 1}],
        "outputs": [{"lot": "B", "units": 1}],
    },
    "POST /api/boxes": {"code": "(01)09520123456788(10)A(21)1", "order_line": "nothing"},
    "POST /api/scans": {"code": "(01)09520123456788(10)NONE"},
    "PATCH /api/rooms/{room}": {"title": "A new title"},
    "POST /api/rooms/{room}/state": {"status": "live"},
    "POST /api/rooms/{room}/pins": {"title": "Honey"},
    "POST /api/rooms/{room}/bag": {"title": "Bread", "price_minor": 900, "currency": "CNY"},
    "POST /api/rooms/{room}/quizzes": {
        "kind": "number",
        "question": "How sweet?",
        "correct_value": 13.0,
    },
    "POST /api/rooms/{room}/moderation/held": {"verdict": "approve", "lines": ["nothing"]},
    "POST /api/rooms/{room}/moderation/mutes": {"user": "ann"},
    "POST /api/rooms/{room}/moderation/bans": {"user": "ann"},
    "POST /api/rooms/{room}/moderation/slow-mode": {"seconds": 5},
    "POST /api/rooms/{room}/hosts": {"person": "ann", "kind": "expert"},
    "POST /api/rooms/{room}/invitations": {"kind": "cohost"},
    "POST /api/invitations/look": {"code": "no code of ours at all"},
    "POST /api/invitations/accept": {"code": "no code of ours at all"},
    "POST /api/blocked": {"person": "ann", "has_no_account": True, "reason": "spam"},
    "PUT /api/moderation/words": {"block": ["spam"], "hold": []},
    "POST /api/rooms/{room}/coupons": {"title": "five off", "amount_minor": 500},
    "POST /api/rooms/{room}/sales": {"product": "nothing", "price_minor": 500, "units": 1, "per_person_max": 1},
    "POST /api/products": {"title": "Honey", "price_minor": 900, "currency": "CNY"},
    "PATCH /api/products/{product}": {"version": 1},
    "PATCH /api/sales/{sale}": {"version": 1},
    "POST /api/claims": {"title": "Honey"},
    "POST /api/products/{product}/stock": {"delta": 1, "reason": "harvest"},
    "POST /api/orders/{order}/payments": {"provider": "sandbox"},
    "POST /api/payment-findings/{finding}/resolve": {"note": "paid back by hand"},
    "POST /api/delivery/areas": {"name": "Pudong", "regions": ["310115"], "currency": "CNY"},
    "PATCH /api/delivery/areas/{area}": {"version": 1},
    "POST /api/delivery/points": {
        "name": "Gate",
        "line": "1 Lane",
        "lat": 31.2,
        "lon": 121.5,
        "opens": 540,
        "closes": 1200,
        "currency": "CNY",
    },
    "PATCH /api/delivery/points/{point}": {"version": 1},
    "POST /api/delivery/windows": {"area": "nothing", "from": 1, "until": 2, "capacity": 1},
    "PATCH /api/delivery/windows/{window}": {"version": 1},
    "POST /api/delivery/patterns": {
        "area": "nothing",
        "days": [1],
        "from_minute": 540,
        "until_minute": 600,
        "capacity": 1,
    },
    "PATCH /api/delivery/patterns/{pattern}": {"version": 1},
    "POST /api/rooms/{room}/cameras": {"name": "Field"},
    "POST /api/rooms/{room}/cut": {"camera": "slate"},
    "POST /api/people/{person}/role": {"role": "host", "reason": "joins"},
    "POST /api/people/{person}/sign-out": {"reason": "lost phone"},
    "POST /api/people/{person}/separate": {"reason": "two people"},
    "POST /api/people/{person}/identities": {"reason": "a courier asks"},
    "POST /api/sign-in/phone": {"phone": "+8613800138000"},
    "POST /api/sign-in/phone/{challenge}": {"code": "123456"},
    "POST /api/me/phone": {"phone": "+8613800138000"},
    "POST /api/me/oidc": {"to": "/"},
    "POST /api/me/passkeys": {"credential": {}},
    "POST /api/sign-in/passkey": {"credential": {}},
    "POST /api/sign-in/invitation": {"code": "nothing"},
    "POST /api/sign-in/wechat-mini": {"code": "nothing"},
    "POST /api/me/wechat-mini": {"code": "nothing"},
    "POST /api/me/wechat": {"to": "/"},
    "POST /api/me/phone/{challenge}": {"code": "123456"},
    "POST /api/recordings/{recording}/clips": {"title": "The tasting", "from_ts": 0, "to_ts": 1_000},
    "POST /api/orders/{order}/refunds": {"lines": [{"line": "nothing", "units": [0]}], "reason": "bruised"},
    "POST /api/refunds/{refund}/reject": {"reason": "no"},
    "POST /api/orders/{order}/weights": {"units": [{"line": "nothing", "unit": 0, "grams": 1}]},
    "POST /api/orders/{order}/cases": {
        "lines": [{"line": "nothing", "units": [0]}],
        "kind": "refund",
        "reason": "spoiled",
    },
    "POST /api/cases/{case}/appeal": {"text": "Look again."},
    "POST /api/cases/{case}/decision": {"decision": "reject"},
    "POST /api/orders/{order}/fapiao": {"kind": "personal", "title": "Mei", "email": "mei@shop.example"},
    "POST /api/fapiao/{fapiao}/issued": {"number": "1"},
    "POST /api/fapiao/{fapiao}/reversed": {"number": "1", "amount_minor": 1},
    "POST /api/fapiao/{fapiao}/reject": {"note": "no"},
    "POST /api/devices": {"name": "Van 7", "kind": "temperature"},
    "PATCH /api/devices/{device}": {"is_on": False},
    "POST /api/devices/{device}/calibrations": {"at": 1, "due": 2, "laboratory": "Lab"},
    "POST /api/devices/{device}/corrections": {"since": 1, "until": 2, "reason": "Too warm."},
    "POST /api/cold-chain/rules/{product}": {"rule": {}},
    "POST /api/shipments": {"batches": ["batch-1"], "devices": ["nothing"], "from": "Farm"},
    "POST /api/shipments/{shipment}/handovers": {"celsius": 4, "place": "Gate"},
}
# The call that takes a file.
FILES = {"POST /api/uploads": saved(quarters())}
# Calls that name what is not there: whoever may make them is answered 404.
NAMES_NOTHING = {call for call in NEEDED if call.count("{") == 2} - {"DELETE /api/rooms/{room}/chats/{line}"}
NAMES_NOTHING |= {call for call in NEEDED if re.search("{(export|address)}", call)}
NAMES_NOTHING |= {"DELETE /api/me/erasure"}  # without a grace it is too late at once
NAMES_NOTHING |= {"POST /api/quotes", "POST /api/orders"}  # of no hold
NAMES_NOTHING |= {"POST /api/rooms/{room}/cut"}  # there is no picture to cut
NAMES_NOTHING |= {"POST /api/invitations/look", "POST /api/invitations/accept"}
NAMES_NOTHING |= {"POST /api/rooms/{room}/sales"}  # there is no product to sell
NAMES_NOTHING |= {"POST /api/delivery/windows", "POST /api/delivery/patterns"}  # of no area
NAMES_NOTHING |= {
    call
    for call in NEEDED
    if re.search("{(recording|clip|sale|product|session|challenge|block|identity|person)}", call)
    or re.search("{(area|point|window|pattern|order|payment|finding|refund|case|fapiao)}", call)
}
NAMES_NOTHING |= {call for call in NEEDED if re.search("{(device|shipment)}", call)} | {"POST /api/shipments"}
NAMES_NOTHING -= {"POST /api/cold-chain/rules/{product}"}  # which makes it
NAMES_NOTHING |= {"GET /api/log", "GET /api/log/anchors/{anchoring}"}  # none is published here
NAMES_NOTHING |= {call for call in NEEDED if "{batch}" in call} - {"GET /api/batches/{batch}/curves"}
NAMES_NOTHING |= {"POST /api/batch-makings", "POST /api/boxes", "POST /api/scans"}
NOT_OFFERED = {"POST /api/orders/{order}/payments"}  # there is no way to pay
SWITCHED_OFF = {"POST /api/sign-in/phone", "POST /api/me/phone"}  # nobody sends codes here
SWITCHED_OFF |= {"POST /api/me/oidc"}  # there is no provider
SWITCHED_OFF |= {"POST /api/sign-in/invitation"}  # nobody is invited
SWITCHED_OFF |= {call for call in NEEDED if "passkey" in call}  # an address has none
SWITCHED_OFF |= {call for call in NEEDED if "wechat" in call}
# Open to all, but about oneself, so that somebody must ask.
ABOUT_ONESELF = {
    "GET /api/session", "GET /api/me/coupons", "GET /api/rooms/{room}/questions/mine", "GET /api/me/consents",
    "PUT /api/me/consents/{purpose}",
}  # fmt: skip

ASKERS = [None, *Role]


def endpoints() -> list[Endpoint]:
    return Application(app.settings(secret=SECRET, redis_url=NO_VALKEY)).endpoints()


def address(call: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: {"room": "demo", "purpose": "analytics"}.get(found[1], "nothing"), call)


def may(role: Role | None, call: str) -> bool:
    """Whether a role alone is enough: a host's tokens here run every room; whose they are is for test_ownership.py."""
    if NEEDED[call] is ANSWER and "{room}" in call and role not in (Role.HOST, Role.OPS, Role.ADMIN):
        return False
    if role is None and call in ABOUT_ONESELF:
        return False
    return NEEDED[call] in PERMISSIONS[role or Role.GUEST]


async def made(served: Served, call: str, role: Role | None) -> Answer:
    """The answer to a call with what it takes."""
    file = FILES.get(call)
    headers = {"Content-Type": "image/jpeg"} if file else None
    return await served.call(address(call), BODIES.get(call), role=role, raw=file, headers=headers)


@pytest.fixture
async def stocked(database_url: str, folder: Path) -> AsyncIterator[Served]:
    """A server with the stock engine, which some calls ask, and a place for pictures."""
    async with serving(database_url, has_stock=True, uploads_dir=str(folder)) as running:
        yield running


async def with_demo_room(served: Served) -> Served:
    await served.done("POST /api/rooms", {"id": "demo", "title": "Farm day"})
    return served


def test_every_endpoint_asks_for_what_the_table_says() -> None:
    assert {f"{e.method} {e.path}": e.may for e in endpoints()} == NEEDED


def test_who_may_do_what() -> None:
    assert {role: {permission.value for permission in PERMISSIONS[role]} for role in Role} == {
        Role.GUEST: {"watch"},
        Role.VIEWER: VIEWER,
        Role.PICKER: VIEWER | {"pick", "record_steps", "repack", "ship"},
        Role.COURIER: VIEWER | {"courier", "record_steps"},
        Role.FARM: VIEWER | {"farm", "record_steps", "repack"},
        Role.CARE: VIEWER | {"care", "refund", "see_orders", "see_people"},
        Role.HOST: HOST,
        Role.OPS: HOST | OPS,
        Role.ADMIN: HOST | OPS | {"courier", "see_people", "export", "configure", "give_roles", "see_audit"},
    }
    assert {kind.value: {permission.value for permission in ROOM_RIGHTS[kind]} for kind in RoomKind} == {
        "host": {"answer_questions", "run_shows", "moderate", "name_hosts"},
        "cohost": {"answer_questions", "run_shows", "moderate"},
        "expert": {"answer_questions"},
    }


def test_a_role_says_what_and_a_room_where() -> None:
    def who(role: Role, *, every: bool = False) -> Identity:
        return Identity(id="p", name="P", role=role, runs_every_room=every)

    may_run = {
        (role, kind): who(role).may_in(Permission.RUN_SHOWS, kind) for role in Role for kind in (None, *RoomKind)
    }
    run_all = {(role, kind) for role in (Role.OPS, Role.ADMIN) for kind in (None, *RoomKind)}
    assert {place for place, may in may_run.items() if may} == run_all | {
        (Role.HOST, RoomKind.HOST),
        (Role.HOST, RoomKind.COHOST),
    }
    assert who(Role.HOST, every=True).may_in(Permission.RUN_SHOWS, None)
    assert not who(Role.VIEWER, every=True).may_in(Permission.RUN_SHOWS, None)
    assert who(Role.VIEWER).may_in(Permission.ANSWER_QUESTIONS, RoomKind.EXPERT)
    assert not who(Role.VIEWER).may_in(Permission.ANSWER_QUESTIONS, None)
    assert not who(Role.VIEWER).may_in(Permission.MODERATE, RoomKind.EXPERT)
    assert not who(Role.VIEWER).may_in(Permission.ANSWER_QUESTIONS, RoomKind.COHOST)  # is a host no more


def test_refunds_exports_and_roles_always_want_a_fresh_sign_in() -> None:
    async def handler(_call: Call[None]) -> Nothing:
        """Nothing."""
        return Nothing()

    wanted = {p for p in Permission if get("/x/{room}", handler, reply=Nothing, may=p).is_fresh}
    assert wanted == {Permission.REFUND, Permission.EXPORT, Permission.GIVE_ROLES}
    assert get("/x", handler, reply=Nothing, may=WATCH, fresh=True).is_fresh


@pytest.mark.parametrize("may", sorted(IN_ROOMS, key=str), ids=str)
def test_a_call_with_a_right_of_rooms_says_of_which_room_it_is(may: Permission) -> None:
    async def handler(_call: Call[None]) -> Nothing:
        """Nothing."""
        return Nothing()

    with pytest.raises(ValueError, match="of_no_room"):
        get("/api/things", handler, reply=Nothing, may=may)
    assert get("/api/things", handler, reply=Nothing, may=may, of_no_room=True).room_by is None
    assert get("/api/rooms/{room}/things/{thing}", handler, reply=Nothing, may=may).room_by == "room"
    assert get("/api/things/{thing}", handler, reply=Nothing, may=may).room_by == "thing"
    assert get("/api/things/{thing}", handler, reply=Nothing, may=WATCH).room_by is None
    edge = Application(app.settings(secret=SECRET, redis_url=NO_VALKEY)).get(HttpEdge)
    with pytest.raises(ValueError, match="nothing says which room"):
        edge.add(edge.application(), get("/api/things/{thing}", handler, reply=Nothing, may=may))


def test_which_calls_with_a_right_of_rooms_are_of_none() -> None:
    of_none = {f"{e.method} {e.path}" for e in endpoints() if e.may in IN_ROOMS and e.room_by is None}
    assert of_none == {
        "POST /api/rooms", "GET /api/products", "GET /api/products/{product}/stock", "GET /api/products/{product}/prices",
        "POST /api/claims",
    }  # fmt: skip


async def test_whoever_may_not_is_refused_and_nothing_changes(served: Served) -> None:
    await with_demo_room(served)
    before = await served.contents()
    refused = [(role, call) for role in ASKERS for call in NEEDED if not may(role, call)]
    assert len(refused) > 80  # three kinds of people without a role, by nearly all calls
    for role, call in refused:
        answer = await made(served, call, role)
        expected = (401, "unauthenticated") if role in (None, Role.GUEST) else (403, "forbidden")
        if expected[0] == 403 and NEEDED[call] is ANSWER:
            expected = (403, "not_your_room")  # anybody may be an expert, of some room
        assert (answer.status, answer.body["name"]) == expected, (role, call)
    assert await served.contents() == before


@pytest.mark.parametrize("role", ASKERS, ids=str)
async def test_whoever_may_is_served(stocked: Served, role: Role | None) -> None:
    served = await with_demo_room(stocked)
    statuses = {f"{e.method} {e.path}": e.status for e in endpoints()}
    for call in NEEDED:
        if may(role, call):
            answer = await made(served, call, role)
            expected = (
                422
                if call in NOT_OFFERED
                else 404
                if call in NAMES_NOTHING
                else 403
                if call in SWITCHED_OFF
                else statuses[call]
            )
            if (role, call) == (Role.ADMIN, "POST /api/me/erase"):
                expected = 409  # the last admin stays one
            assert answer.status == expected, (call, answer.body)


@pytest.mark.parametrize(
    ("signed_in_s", "status"), [(NOW_S, 200), (NOW_S - 1_800, 200), (NOW_S - 1_801, 401), (0, 401), (NOW_S + 1, 200)]
)
async def test_what_wants_a_fresh_sign_in_is_refused_after_half_an_hour(signed_in_s: float, status: int) -> None:
    async def export(_call: Call[None]) -> Nothing:
        """Everything."""
        return Nothing()

    config = Config(secret=SECRET)
    edge = HttpEdge(config, Database(config), Tokens(SECRET), clock=Clock(lambda: NOW_S))
    application = edge.application()
    edge.add(application, get("/api/everything", export, reply=Nothing, may=Permission.EXPORT))
    admin = Identity(id="ann", name="Ann", role=Role.ADMIN, signed_in_s=int(signed_in_s))
    header = {"Authorization": f"Bearer {Tokens(SECRET).sign(admin, now_s=NOW_S, ttl_s=60)}"}
    async with TestClient(TestServer(application)) as client, client.get("/api/everything", headers=header) as answer:
        assert answer.status == status
        if status == 401:
            refusal = await answer.json()
            assert (refusal["code"], refusal["name"]) == (1110, "signin_too_old")


async def test_the_rest_is_open_to_all(served: Served) -> None:
    for path in ("/healthz", "/metrics", "/api/openapi.json"):
        assert (await served.call(f"GET {path}", role=None)).status == 200


# --- tokens ---

GOOD = {
    "iss": "livehub", "sub": "ann", "name": "Ann", "role": "host", "iat": int(NOW_S), "exp": int(NOW_S) + 60,
}  # fmt: skip


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt(claims, secret, algorithm)


def resigned(header: object) -> str:
    """A good token under another header, with the signature it had."""
    _, claims, signature = signed().split(".")
    return f"{part(header)}.{claims}.{signature}"


FALSE_TOKENS = {
    "another secret": signed("another secret of 32 characters or so"),
    "no algorithm": f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(GOOD)}.",
    "no algorithm, with a signature": resigned({"alg": "none", "typ": "JWT"}),
    "another algorithm": signed(algorithm="HS384"),
    "another role put in": ".".join((signed().split(".")[0], part({**GOOD, "role": "admin"}), signed().split(".")[2])),
    "no signature": signed().rsplit(".", 1)[0] + ".",
    "over": signed(exp=int(NOW_S) - 1),
    "over just now": signed(exp=int(NOW_S)),
    "without an end": signed(exp=None),
    "an end that is no number": signed(exp="tomorrow"),
    "an end that is not a number": signed(exp=float("nan")),
    "an end that never comes": signed(exp=float("inf")),
    "an end in a year that no calendar has": signed(exp=1e15),
    "an end beyond any": signed(exp=10**400),
    "of another issuer": signed(iss="somebody"),
    "without an issuer": signed(iss=None),
    "without a person": signed(sub=None),
    "with a number for a name": signed(name=5),
    "with a list for a name": signed(name=["Ann"]),
    "with an object for a name": signed(name={"first": "Ann"}),
    "with true for a name": signed(name=True),
    "without a role": signed(role=None),
    "of a role that is not there": signed(role="owner"),
    "too long": signed(name="x" * 5000),
    "of a person whose id is too long": signed(sub="x" * 256),
    "of a person whose id is too long in UTF-8": signed(sub="字" * 86),
    "of nobody": signed(sub=""),
    "with U+0000 in the id": signed(sub="a\0b"),
    "with half a surrogate pair in the id": signed(sub="\udfff"),
    "with a control in the id": signed(sub="a\x1bb"),
    "with a line break in the id": signed(sub="a\nb"),
    "with an override of direction in the id": signed(sub="a\u202eb"),
    "with something invisible in the id": signed(sub="a\u200bb"),
    "of nobody to be seen": signed(sub="\u200d"),
    "with a filler after the id": signed(sub="admin\u3164"),
    "with a joiner after the id": signed(sub="admin\u200d"),
    "with a joiner before the id": signed(sub="\u200dadmin"),
    "with a mark of direction in the id": signed(sub="admin\u200e"),
    "with a variation selector in the id": signed(sub="admin\ufe0f"),
    "with a blank after the id": signed(sub="admin\u2800"),
    "with a space at the end of the id": signed(sub="a "),
    "not a token": "ann",
    "nothing": "",
    "not base 64": "a.b.c",
    "another language": "票.据.字",
}


@pytest.mark.parametrize("token", FALSE_TOKENS.values(), ids=FALSE_TOKENS.keys())
def test_a_token_that_is_not_ours_whole_and_running_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        Tokens(SECRET).read(token, now_s=NOW_S)


async def test_a_server_refuses_false_tokens_even_where_nobody_need_ask_and_says_how(served: Served) -> None:
    before = await served.contents()
    schemes = [f"Bearer {token}" for token in FALSE_TOKENS.values() if token.isascii()]
    for header in [*schemes, "Bearer", "Basic YW5uOmFubg==", f"Token {signed()}", signed()]:
        for call in ("POST /api/rooms", "GET /api/rooms"):
            answer = await served.call(call, {"title": "x"}, role=None, headers={"Authorization": header})
            assert (answer.status, answer.body["name"]) == (401, "bad_token"), header
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert await served.contents() == before


def test_a_token_of_ours_is_believed_until_its_end() -> None:
    ann = Identity(id="ann", name="安 Ann", role=Role.OPS)
    token = Tokens(SECRET).sign(ann, now_s=NOW_S, ttl_s=60)
    assert Tokens(SECRET).read(token, now_s=NOW_S + 59.9) == replace(ann, ends_s=NOW_S + 60)
    with pytest.raises(BadToken, match="The token is over"):
        Tokens(SECRET).read(token, now_s=NOW_S + 60)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("x" * 256, "Ann"),
        ("", "Ann"),
        ("a\0", "Ann"),
        ("a\u202e", "Ann"),
        ("ann", "\ud800"),
        ("ann", "x" * 201),
        ("ann", "\0"),
        ("ann", ""),
        ("ann", "\u200b"),
    ],
)
def test_what_could_not_be_read_is_not_signed(id_: str, name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (any)
        Tokens(SECRET).sign(Identity(id=id_, name=name, role=Role.VIEWER), now_s=NOW_S, ttl_s=60)


def test_the_longest_name_and_id_are_believed() -> None:
    for id_ in ("x" * 255, "字" * 85, "auth0|64f\u00e9", "a b"):
        longest = Identity(id=id_, name="😀" * 200, role=Role.VIEWER)
        assert Tokens(SECRET).read(Tokens(SECRET).sign(longest, now_s=NOW_S, ttl_s=60), now_s=NOW_S) == replace(
            longest, ends_s=NOW_S + 60
        )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mei \ud83e", "Mei"),  # "Mei 🩷".slice(0, 5) in JavaScript
        ("Me\0i", "Mei"),
        ("Mei\x07\x1b", "Mei"),
        ("  Mei \n Li ", "Mei Li"),
        ("ieM\u202e", "ieM"),
        ("🩷", "🩷"),
        ("سارا\u200cجان", "سارا\u200cجان"),
        ("x" * 201, "x" * 200),
        ("x" * 199 + "👩\u200d🌾", "x" * 199),
        ("", "ann"),
        ("\u200b\u2060", "ann"),
    ],
)
def test_a_name_in_a_token_is_kept_as_any_text_is_and_without_one_the_id_is_shown(name: str, shown: str) -> None:
    assert Tokens(SECRET).read(signed(name=name), now_s=NOW_S) == Identity(
        id="ann", name=shown, role=Role.HOST, ends_s=NOW_S + 60
    )


@pytest.mark.parametrize("claims", [{**GOOD, "name": None}, {n: v for n, v in GOOD.items() if n != "name"}])
async def test_of_a_token_without_a_name_the_id_is_shown(served: Served, claims: dict[str, object]) -> None:
    token = jwt(claims, SECRET, "HS256")
    who = await served.call("GET /api/session", role=None, headers={"Authorization": f"Bearer {token}"})
    assert (who.status, who.body) == (200, {"id": "ann", "name": "ann", "role": "host"})


async def test_a_token_ends_while_the_server_runs(served: Served) -> None:
    header = {"Authorization": f"Bearer {served.token(Role.VIEWER, 'ann', ttl_s=60)}"}
    here = await served.call("GET /api/session", role=None, headers=header)
    assert (here.status, here.body) == (200, {"id": "ann", "name": "The viewer", "role": "viewer"})
    served.clock.now_s += 60
    assert (await served.call("GET /api/session", role=None, headers=header)).status == 401


async def test_a_guest_gets_a_guests_token_and_a_name_a_viewers(served: Served) -> None:
    for body, role in (({}, "guest"), ({"name": "  安  Ann "}, "viewer")):
        session = await served.done("POST /api/session", body, role=None)
        header = {"Authorization": f"Bearer {session['token']}"}
        who = await served.call("GET /api/session", role=None, headers=header)
        assert who.body == session["user"]
        assert session["user"]["role"] == role
        assert session["user"]["name"] == ("Guest" if role == "guest" else "安 Ann")


def test_a_permission_is_required_of_the_right_person() -> None:
    def person(role: Role) -> Identity:
        return Identity(id="p", name="P", role=role)

    require(None, Permission.WATCH)
    require(person(Role.VIEWER), Permission.SPEAK)
    for nobody in (None, person(Role.GUEST)):
        with pytest.raises(Unauthenticated):
            require(nobody, Permission.SPEAK)
    with pytest.raises(Forbidden):
        require(person(Role.COURIER), Permission.RUN_SHOWS)
    assert [role.value for role in Role if person(role).runs_all_rooms] == ["ops", "admin"]
