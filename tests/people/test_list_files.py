"""Lists about people are files for who may take data out and signed in a moment ago, with the filter of the list, and it is
written down who took which."""

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from livehub.base import xlsx
from livehub.base.auth import Role
from livehub.people.list_headings import HEADINGS
from tests.base.served import Answer, Served
from tests.livehub.test_staff_actions import a_product
from tests.people.browser import Page
from tests.people.stage import a_room
from tests.people.test_staff import staff

ROOT = Path(__file__).parents[2]
PACKAGES = ("livehub", "commerce", "media", "fulfil", "trace")
CSV = {"Accept": "text/csv"}
XLSX = {"Accept": f"application/json;q=0.5, {xlsx.CONTENT_TYPE.upper()}; q=1"}
KINDS = {"csv": CSV, "xlsx": XLSX}
TYPES = {"csv": "text/csv", "xlsx": xlsx.CONTENT_TYPE}
LISTS = {
    "/api/people": "people",
    "/api/blocked": "blocked",
    "/api/audit": "audit",
    "/api/rooms/farm/events": "events",
    "/api/orders": "orders",
    "/api/products": "products",
    "/api/refunds": "refunds",
    "/api/payment-findings": "payment_findings",
    "/api/cases": "cases",
    "/api/fapiao": "fapiao",
    "/api/rooms/farm/sales": "sales",
    "/api/rooms/farm/coupons": "coupons",
    "/api/bills": "bills",
    "/api/books": "books",
    "/api/books/days": "book_days",
    "/api/delivery/areas": "delivery_areas",
    "/api/delivery/points": "delivery_points",
    "/api/delivery/patterns": "delivery_patterns",
    "/api/delivery/windows": "delivery_windows",
    "/api/products/honey/stock/changes": "stock_changes",
}


async def what_lists_are_of(served: Served) -> None:
    await a_room(served)
    await a_product(served)


async def file(served: Served, path: str, role: Role = Role.ADMIN, kind: str = "csv", **given: Any) -> Answer:
    return await served.call(f"GET {path}", role=None, headers=staff(served, role, **given) | KINDS[kind])


def rows(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer
    assert answer.raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", LISTS)
async def test_who_may_only_look_takes_no_file_and_an_old_sign_in_is_not_enough(
    served: Served, path: str, kind: str
) -> None:
    await what_lists_are_of(served)
    before = await served.rows("audit")
    for role in (Role.OPS, Role.CARE, Role.HOST):
        assert (await file(served, path, role, kind)).status == 403, role
    old = await file(served, path, kind=kind, signed_in_ago_s=1_801)
    assert (old.status, old.body["name"]) == (401, "signin_too_old")
    assert await served.rows("audit") == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "name"), LISTS.items())
async def test_whoever_takes_one_is_written_down_with_the_filter(
    served: Served, path: str, name: str, kind: str
) -> None:
    await what_lists_are_of(served)
    answer = await file(served, f"{path}?limit=7", kind=kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-2027-01-15.{kind}"'
    (act,) = await served.database.fetch("SELECT type, by_id, data FROM audit WHERE type LIKE '%_export'")
    assert (act["type"], act["by_id"], json.loads(act["data"])) == (
        f"{name}_export", "the-admin", {"filter": {"limit": "7"}},
    )  # fmt: skip


async def test_people_are_in_it_page_by_page_with_masked_numbers(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livehub.people.staff_api.ROWS_PER_QUERY", 2)
    for n in range(5):
        await Page(served).sign_in(f"+861380013800{n}", name=f"Mei {n}")
        served.clock.now_s += 1
    await Page(served).open(name="Bo")
    found = rows(await file(served, "/api/people?search=mei"))
    assert [(row["name"], row["phone"]) for row in found] == [(f"Mei {n}", f"138****800{n}") for n in (4, 3, 2, 1, 0)]


async def test_blocks_are_in_it_and_a_formula_is_none(served: Served) -> None:
    for person in ("ann", "mei"):
        await served.done(
            "POST /api/blocked", {"person": person, "has_no_account": True, "reason": "=1+1"}, role=Role.OPS
        )
    found = rows(await file(served, "/api/blocked?search=ann"))
    assert [(row["person"], row["by_what"], row["reason"], row["until"]) for row in found] == [
        ("ann", "person", "'=1+1", ""),
    ]  # fmt: skip


OF_PEOPLE = ("/api/people", "/api/blocked", "/api/audit", "/api/rooms/farm/events")


@pytest.mark.parametrize("path", OF_PEOPLE)
async def test_each_list_is_the_same_as_a_spreadsheet_with_its_times_as_times(served: Served, path: str) -> None:
    await a_room(served)
    await Page(served).sign_in("+8613800138000", name="=1+1")
    await served.done("POST /api/blocked", {"person": "ann", "has_no_account": True, "reason": "=1+1"}, role=Role.OPS)
    await served.done("POST /api/rooms/farm/moderation/slow-mode", {"seconds": 5}, role=Role.OPS)
    as_csv = rows(await file(served, path))
    answer = await file(served, path, kind="xlsx")
    assert answer.headers["Content-Type"] == xlsx.CONTENT_TYPE
    heading, *found = openpyxl.load_workbook(io.BytesIO(answer.raw)).active.iter_rows(values_only=True)
    found = found[-len(as_csv) :] if path == "/api/audit" else found  # which has the file before in it, too
    assert [name.removesuffix(" (Asia/Shanghai)") for name in heading] == list(as_csv[0])
    assert len(found) == len(as_csv) > 0
    for row, told in zip(found, as_csv, strict=True):
        for value, text in zip(row, told.values(), strict=True):
            if isinstance(value, datetime):
                assert value.replace(tzinfo=ZoneInfo("Asia/Shanghai")) == datetime.fromisoformat(text)
            else:
                assert ("" if value is None else str(value)) == text.removeprefix("'")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "name"), LISTS.items())
async def test_the_columns_are_called_in_the_language_of_whoever_reads_them(
    served: Served, path: str, name: str, kind: str
) -> None:
    await what_lists_are_of(served)

    async def columns(language: str) -> list[str]:
        headers = staff(served, Role.ADMIN) | KINDS[kind] | ({"Accept-Language": language} if language else {})
        raw = (await served.call(f"GET {path}", role=None, headers=headers)).raw
        if kind == "csv":
            return next(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
        return [str(cell.value).removesuffix(" (Asia/Shanghai)") for cell in next(sheet.iter_rows(max_row=1))]

    fields = await columns("")
    assert await columns("fr-FR") == fields
    for at, languages in enumerate((("en", "en-GB,zh;q=0.5"), ("zh-CN", "zh;q=0.9,en;q=0.8"))):
        for language in languages:
            wanted = [(HEADINGS.get(f"{name}.{field}") or HEADINGS[field])[at] for field in fields]
            assert await columns(language) == wanted
            assert len(set(wanted)) == len(wanted)


def test_headings_are_for_columns_that_there_are() -> None:
    columns = {
        name.removesuffix("_minor")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "_files.begin(" in path.read_text() or path.name == "lists.py"
        for found in re.findall(r"^(?:[A-Z]+_)?COLUMNS = \(([^)]*)\)", path.read_text(), re.M)
        for name in re.findall(r'"(\w+)"', found)
    }
    assert {name.rpartition(".")[2] for name in HEADINGS} == columns
    assert all(re.search("[\u4e00-\u9fff]|SKU|GTIN", zh) and en for en, zh in HEADINGS.values())


async def test_events_are_in_it_and_a_room_that_is_not_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livehub.hub.chat.event_log.ROWS_PER_QUERY", 2)
    await a_room(served)
    for seconds in (5, 0, 5):
        await served.done("POST /api/rooms/farm/moderation/slow-mode", {"seconds": seconds}, role=Role.OPS)
    found = rows(await file(served, "/api/rooms/farm/events"))
    assert [row["type"] for row in found] == ["slow_mode", "slow_mode", "slow_mode", "room_create"]
    assert {row["by_name"] for row in found[:3]} == {"The ops"}
    assert (await file(served, "/api/rooms/nowhere/events")).status == 404


async def test_of_all_calls_those_lists_alone_are_files_and_none_for_who_may_not_export(served: Served) -> None:
    await what_lists_are_of(served)
    await Page(served).sign_in("+8613800138000", name="Mei")
    paths = {
        re.sub(r"\{\w+\}", "x", each.path.replace("{room}", "farm").replace("{product}", "honey"))
        for each in served.application.endpoints()
        if each.method == "GET"
    }
    assert set(LISTS) < paths

    async def files(role: Role, kind: str = "csv", **given: Any) -> set[str]:
        found = {path: (await file(served, path, role, kind, **given)).headers["Content-Type"] for path in paths}
        return {path for path, type_ in found.items() if type_.startswith(TYPES[kind])}

    for kind in KINDS:
        assert await files(Role.ADMIN, kind) == set(LISTS), kind
        assert await files(Role.ADMIN, kind, signed_in_ago_s=1_801) == set(), kind
    for role in set(Role) - {Role.ADMIN, Role.GUEST}:
        assert await files(role) == set(), role


def test_a_file_of_a_list_is_made_in_one_place_which_asks_for_the_right_and_the_fresh_sign_in() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\b(csv|xlsx)\.pieces\(|\bbase\.(csv|xlsx) import\b.*\bpieces\b|\"text/csv", path.read_text())
    }
    # The last one makes a sheet of one lot, with nobody in it, for whoever exchanges events; beside it that is declared.
    of_lots = {"trace/epcis/trace_api.py", "trace/epcis/declared.py"}
    assert makers == {"livehub/base/csv.py", "livehub/people/list_files.py", *of_lots}


async def test_a_number_that_was_searched_for_is_masked_wherever_the_search_is_written_down(served: Served) -> None:
    mei = (await Page(served).sign_in("+8613800138000", name="Mei"))["person"]["id"]
    await file(served, "/api/people?search=138%200013%208000")
    for typed in ("13800138000", "%EF%BC%91%EF%BC%93800138000", "13900139000"):
        await served.done(f"GET /api/people?search={typed}", role=Role.CARE)
    await served.done("GET /api/blocked?search=13900139000", role=Role.OPS)
    await served.done("GET /api/people?search=Mei", role=Role.CARE)
    acts = await served.database.fetch("SELECT type, by_role, about_id, data FROM audit ORDER BY id")
    assert [(act["type"], act["by_role"], act["about_id"], json.loads(act["data"])) for act in acts] == [
        ("people_export", "admin", None, {"filter": {"search": "****8000"}}),
        ("people_searched", "care", mei, {"what": "people", "phone": "138****8000", "found": 1}),
        ("people_searched", "care", mei, {"what": "people", "phone": "138****8000", "found": 1}),
        ("people_searched", "care", None, {"what": "people", "phone": "139****9000", "found": 0}),
        ("people_searched", "ops", None, {"what": "blocked", "phone": "139****9000", "found": 0}),
    ]
    assert "0138000" not in str(acts)


async def test_a_look_at_somebody_says_why(served: Served) -> None:
    mei = (await Page(served).sign_in("+8613800138000", name="Mei"))["person"]["id"]
    await served.done(f"GET /api/people/{mei}?reason=she%20asks%20for%20it", role=Role.CARE)
    await served.done(f"GET /api/people/{mei}", role=Role.CARE)
    acts = await served.database.fetch("SELECT type, about_id, why FROM audit ORDER BY id")
    assert [tuple(act) for act in acts] == [("person_look", mei, "she asks for it"), ("person_look", mei, "")]
