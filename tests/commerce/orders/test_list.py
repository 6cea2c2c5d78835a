"""Staff find orders by number, by a phone's end, by product, state, room and time, in pages, with sums, and as a file."""

import io
import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import openpyxl
import pytest

from commerce.orders import list_api
from livehub.base import xlsx
from livehub.base.auth import Role
from livehub.base.ids import ordered_id
from tests.base.served import NOW_S, Served
from tests.people.test_list_files import rows as of_csv
from tests.people.test_staff import staff

NOW_MS = int(NOW_S * 1000)
HOUR_MS = 3_600_000
_chances = count(1)


async def an_order(
    served: Served,
    number: str,
    *,
    ago_h: int = 0,
    state: str = "paid",
    room: str | None = "farm",
    person: str = "mei",
    phone: str | None = "+8613800138000",
    products: tuple[str, ...] = ("honey",),
    minor: int = 1_000,
    currency: str = "CNY",
    note: str | None = None,
) -> str:
    at_ms = NOW_MS - ago_h * HOUR_MS
    id_ = ordered_id(at_ms, next(_chances).to_bytes(6, "big"))
    address = None if phone is None else {"name": "Mei", "phone": phone, "region": "", "line": "1 Farm Road"}
    total = minor * len(products)
    is_paid = state not in ("unpaid", "cancelled")
    await served.database.execute(
        "INSERT INTO orders (id, number, person, key, fingerprint, state, room, currency, goods_minor, discount_minor,"
        " delivery_minor, delivery_discount_minor, total_minor, paid_minor, address, closes_ms, created_ms, paid_ms, note)"
        " VALUES ($1, $2, $3, $1, '', $4, $5, $6, $7, 0, 0, 0, $7, $8, $9::text::jsonb, $10, $10, $11, $12)",
        id_, number, person, state, room, currency, total, total if is_paid else 0,
        None if address is None else json.dumps(address), at_ms, at_ms if is_paid else None, note,
    )  # fmt: skip
    for position, product in enumerate(products):
        await served.database.execute(
            "INSERT INTO order_lines (id, order_id, position, product, title, titles, unit, qty, unit_price_minor,"
            " amount_minor, discount_minor, paid_minor, unit_shares_minor)"
            " VALUES ($1, $2, $3, $4, $4, $5::text::jsonb, 'jar', 1, $6, $6, 0, $6, ARRAY[$6::bigint])",
            f"{id_}-{position}", id_, position, product, json.dumps({"en": product.title()}), minor,
        )  # fmt: skip
    return id_


async def found(served: Served, query: str, role: Role = Role.CARE) -> list[str]:
    """The numbers, in the order in which they come."""
    answer = await served.call(f"GET /api/orders?{query}", role=role)
    assert answer.status == 200, answer
    return [each["number"] for each in answer.body["items"]]


async def some(served: Served) -> None:
    """Six, the latest first: 6 to 1."""
    await served.database.execute(
        "INSERT INTO products (id, farm, title, titles, price_minor, currency, unit) VALUES"
        " ('honey', 'f', '山花蜜', '{\"en\": \"Wild 100% honey\"}', 1, 'CNY', 'jar'),"
        " ('eggs', 'f', '土鸡蛋', NULL, 1, 'CNY', 'box')"
    )
    await an_order(
        served, "000000000001", ago_h=50, state="done", products=("eggs",), person="li", phone="+8613900139111"
    )
    await an_order(served, "000000000002", ago_h=40, state="cancelled", room=None, products=("eggs", "honey"))
    await an_order(served, "000000000003", ago_h=30, state="done", room="other", phone=None)
    await an_order(served, "000000000004", ago_h=20, state="dispatched", products=("honey", "honey"))
    await an_order(served, "000000000005", ago_h=10, state="unpaid", room="other", person="li", phone="+8613700138000")
    await an_order(served, "000000000006", state="paid", currency="JPY", note="=1+1")


def at(ago_h: int) -> str:
    return datetime.fromtimestamp(NOW_S - ago_h * 3_600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", "654321"),
        ("state=done", "31"),
        ("state=unpaid,paid,cancelled", "652"),
        ("room=farm", "641"),
        ("room=other&state=done", "3"),
        ("room=nowhere", ""),
        ("product=eggs", "21"),
        ("product=honey", "65432"),
        ("product=honey&state=dispatched,unpaid", "54"),
        ("product=honey&state=done", "3"),
        ("product=eggs&room=farm", "1"),
        ("product=nothing", ""),
        ("person=li", "51"),
        ("person=li&state=done&room=farm", "1"),
        ("person=li&product=honey", "5"),
        (f"from={at(30)}", "6543"),
        (f"to={at(30)}", "21"),
        (f"from={at(40)}&to={at(10)}", "432"),
        (f"from={at(40)}&to={at(10)}&product=eggs", "2"),
        (f"from={at(40)}&to={at(10)}&room=other", "3"),
        ("q=000000000004", "4"),
        ("q=0000%200000%200004", "4"),
        (f"q={'%EF%BC%90' * 11}%EF%BC%94", "4"),
        ("q=000000000004&state=done", ""),
        ("q=000000000007", ""),
        ("q=8000", "6542"),
        ("q=38000&room=farm", "64"),
        ("q=13700138000", "5"),
        ("q=%2B86%20137-0013-8000", "5"),
        ("q=9111", "1"),
        ("q=8001", ""),
        ("q=8000&person=li", "5"),
        ("q=8000&product=eggs", "2"),
        ("q=honey", "65432"),
        ("q=%E8%9C%82%E8%9C%9C", ""),
        ("q=%E5%B1%B1%E8%8A%B1%E8%9C%9C", "65432"),
        ("q=eggs", "21"),
        ("q=100%25", "65432"),
        ("q=1%25h", ""),
        ("q=hone_", ""),
        ("q=honey&product=eggs", ""),
        ("q=123", ""),
    ],
)  # fmt: skip
async def test_a_filter_finds_what_is_meant(served: Served, query: str, numbers: str) -> None:
    await some(served)
    assert await found(served, query) == [f"00000000000{each}" for each in numbers]
    sums = await served.call(f"GET /api/orders/sums?{query}", role=Role.CARE)
    assert sum(each["orders"] for each in sums.body["items"]) == len(numbers)


@pytest.mark.parametrize(
    "query", ["", "product=honey", "room=farm", "person=mei", "q=8000", "state=done,paid,dispatched", f"from={at(45)}"]
)
async def test_pages_of_one_are_the_whole_list(served: Served, query: str) -> None:
    await some(served)
    whole, paged, after = await found(served, query), [], ""
    while True:
        answer = await served.call(f"GET /api/orders?limit=1&{query}{after}", role=Role.CARE)
        paged += [each["number"] for each in answer.body["items"]]
        if answer.body["next"] is None:
            break
        after = f"&after={answer.body['next']}"
    assert paged == whole
    assert len(whole) >= 3


async def test_an_order_is_shown_with_what_tells_it_from_others_and_a_masked_phone(served: Served) -> None:
    await some(served)
    answer = await served.call("GET /api/orders?q=000000000004", role=Role.CARE)
    (order,) = answer.body["items"]
    assert order == {
        "id": order["id"], "number": "000000000004", "state": "dispatched", "room": "farm", "person": "mei", "person_name": "",
        "phone": "138****8000", "currency": "CNY", "goods_minor": 2_000, "discount_minor": 0, "delivery_minor": 0,
        "delivery_discount_minor": 0, "total_minor": 2_000, "paid_minor": 2_000, "refunded_minor": 0, "delivery": None,
        "note": "", "created_at": at(20).replace("Z", ".000Z"), "paid_at": at(20).replace("Z", ".000Z"), "cancelled_at": None,
        "cancel_reason": None, "version": 1, "replaces": None,
        "lines": [
            {
                "product": "honey", "title": "honey", "titles": {"en": "Honey"}, "variant": "", "image": None, "qty": 1,
                "is_gift": False,
            }
        ] * 2,
    }  # fmt: skip
    assert "138000" not in answer.raw.decode().replace("****8000", "")


async def test_sums_are_those_of_the_filter_by_currency(served: Served) -> None:
    await some(served)
    await served.database.execute("UPDATE orders SET refunded_minor = 300 WHERE number = '000000000004'")
    answer = await served.call("GET /api/orders/sums", role=Role.CARE)
    assert answer.body["items"] == [
        {"currency": "CNY", "orders": 5, "total_minor": 7_000, "paid_minor": 4_000, "refunded_minor": 300},
        {"currency": "JPY", "orders": 1, "total_minor": 1_000, "paid_minor": 1_000, "refunded_minor": 0},
    ]
    assert (await served.call("GET /api/orders/sums?state=done&limit=1", role=Role.CARE)).body["items"] == [
        {"currency": "CNY", "orders": 2, "total_minor": 2_000, "paid_minor": 2_000, "refunded_minor": 0},
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("query", ["", "product=honey", "room=farm", "state=done", "q=8000"])
async def test_a_file_is_exactly_the_filter_every_page_of_it(
    served: Served, monkeypatch: pytest.MonkeyPatch, query: str, kind: str
) -> None:
    monkeypatch.setattr(list_api, "ROWS_PER_QUERY", 2)
    await some(served)
    accept = "text/csv" if kind == "csv" else xlsx.CONTENT_TYPE
    answer = await served.call(
        f"GET /api/orders?limit=1&{query}", role=None, headers=staff(served, Role.ADMIN) | {"Accept": accept}
    )
    read: list[Any]
    if kind == "csv":
        read = [row["number"] for row in of_csv(answer)]
    else:
        read = [row[0] for row in openpyxl.load_workbook(io.BytesIO(answer.raw)).active.iter_rows(2, values_only=True)]
    assert read == await found(served, query)


async def test_a_file_has_amounts_as_numbers_times_as_times_and_no_formula(served: Served) -> None:
    await some(served)
    headers = staff(served, Role.ADMIN)
    answer = await served.call("GET /api/orders?state=paid", role=None, headers=headers | {"Accept": xlsx.CONTENT_TYPE})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.raw)).active
    row = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert [(row[name].value, row[name].data_type) for name in ("number", "total", "note", "phone")] == [
        ("000000000006", "s"), (1000, "n"), ("=1+1", "s"), ("138****8000", "s"),
    ]  # fmt: skip
    assert row["total"].number_format == "#,##0"
    assert row["created_at (Asia/Shanghai)"].is_date
    answer = await served.call("GET /api/orders?q=000000000004", role=None, headers=headers | {"Accept": "text/csv"})
    (told,) = of_csv(answer)
    assert (told["total"], told["currency"], told["items"], told["units"]) == (
        "20.00",
        "CNY",
        "honey × 1; honey × 1",
        "2",
    )
    answer = await served.call("GET /api/orders?state=paid", role=None, headers=headers | {"Accept": "text/csv"})
    assert of_csv(answer)[0]["note"] == "'=1+1"


@pytest.mark.parametrize(
    "query",
    ["state=gone", "state=", "state=paid,", "from=2026-01-01T00:00:00", "from=yesterday", "limit=0", "q=", "q=%00"],
)
async def test_what_is_no_filter_is_refused(served: Served, query: str) -> None:
    assert (await served.call(f"GET /api/orders?{query}", role=Role.CARE)).status in (400, 422)
    assert (await served.call(f"GET /api/orders/sums?{query}", role=Role.CARE)).status in (400, 422)


async def test_who_may_not_see_orders_sees_none(served: Served) -> None:
    for role in (Role.VIEWER, Role.HOST):
        for path in ("/api/orders", "/api/orders/sums"):
            assert (await served.call(f"GET {path}", role=role)).status == 403, (role, path)


async def test_a_search_by_a_whole_phone_is_in_the_audit_log_and_by_its_end_or_a_number_is_not(served: Served) -> None:
    await some(served)
    for query in ("8000", "000000000004", "honey", "13700138000"):
        await found(served, f"q={query}")
    acts = await served.database.fetch("SELECT type, about_id, data FROM audit")
    assert [(act["type"], act["about_id"], json.loads(act["data"])) for act in acts] == [
        ("people_searched", "li", {"what": "orders", "phone": "137****8000", "found": 1}),
    ]
