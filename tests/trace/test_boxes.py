"""A box has a serial that nobody can guess, a label that is printed, and one order line; who scans it is counted once."""

import asyncio
import html
import re
from typing import Any

from livehub.app import MODULES
from livehub.base.auth import Role
from tests.trace.farm import GTIN, NOW_MS, OTHER_GTIN, TraceFarm, farming
from trace.batches.labels import CSS, Label, printed, sheet
from trace.batches.saying import code_of
from trace.log.commitments import commitment

BASE = "https://shop.example"


async def boxes(farm: TraceFarm, count: int = 3, lot: str = "20261128A") -> tuple[str, list[str]]:
    batch = (await farm.batch(lot))["id"]
    made = await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": count})
    return batch, made["serials"]


async def test_boxes_are_made_in_sheets_with_serials_of_chance(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    made = await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 50})
    assert len(set(made["serials"])) == 50
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", each) for each in made["serials"])
    assert made["codes"][7] == f"{BASE}/01/{GTIN}/10/20261128A/21/{made['serials'][7]}"
    assert await farm.done(f"GET /api/batches/{batch}/sheets/{made['id']}") == made
    entry = (await farm.entries())[1]
    assert (entry["type"], entry["boxes"]) == ("batch_boxes", 50)
    assert (await farm.done(f"GET /api/batches/{batch}"))["boxes"] == 50


async def test_a_batch_has_only_so_many_boxes(database_url: str) -> None:
    async with farming(database_url, batch_boxes_max=4) as farm:
        batch, _ = await boxes(farm, 3)
        status, name, body = await farm.refused(f"POST /api/batches/{batch}/sheets", {"boxes": 2})
        assert (status, name, body["limit"], body["left"]) == (409, "boxes_full", 4, 1)
        assert (await farm.refused("POST /api/batches/nothing/sheets", {"boxes": 2}))[:2] == (404, "batch_not_found")


async def test_labels_are_printed_from_an_address_with_a_key(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    made = await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 25})
    page = await farm.call(f"GET {made['url']}", role=None)
    text = page.raw.decode()
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (text.count('<section class="label">'), text.count("<svg")) == (25, 25)
    assert f"(01){GTIN}(10)20261128A(21){made['serials'][0]}" in text
    assert "<script" not in text
    assert "style=" not in text
    single = await farm.call(f"GET {made['url']}&layout=single", role=None)
    assert '<body class="single">' in single.raw.decode()
    lot = await farm.done(f"GET /api/batches/{batch}/label")
    assert (lot["code"], lot["printed"]) == (
        f"{BASE}/01/{GTIN}/10/20261128A",
        f"HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/20261128A",
    )
    assert lot["svg"].startswith("<svg")
    copies = await farm.call(f"GET {lot['url']}&copies=12", role=None)
    assert copies.raw.decode().count("<svg") == 12
    css = await farm.call("GET /labels/sheet.css", role=None)
    assert (css.status, css.raw.decode()) == (200, CSS)


async def test_labels_are_not_printed_without_the_key(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    for query in ["", "?k=", "?k=0123456789abcdef0123456789abcdef", "?k=%E4%B8%AD"]:
        assert (await farm.call(f"GET /labels/{batch}/lot{query}", role=None)).status == 404


async def test_labels_are_printed_so_often_and_in_layouts_that_there_are(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    url = (await farm.done(f"GET /api/batches/{batch}/label"))["url"]
    for query in ("copies=0", "copies=501", "copies=x", "layout=a5"):
        assert (await farm.call(f"GET {url}&{query}", role=None)).status == 400


async def test_a_label_has_the_identity_on_the_chain_that_there_is_when_it_is_printed(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    await farm.publish()
    url = (await farm.done(f"GET /api/batches/{batch}/label"))["url"]
    assert b'class="chain"' not in (await farm.call(f"GET {url}", role=None)).raw
    await farm.anchor(is_development=False)
    text = (await farm.call(f"GET {url}", role=None)).raw.decode()
    assert '<p class="chain">eip155:1/0xab/0</p>' in text
    await farm.served.database.execute("UPDATE anchorings SET is_development = true")
    text = (await farm.call(f"GET {url}", role=None)).raw.decode()
    assert '<p class="chain">eip155:1/0xab/0 (开发链: 不构成证明)</p>' in text


def test_a_label_of_capitals_is_smaller_and_escapes_what_people_wrote() -> None:
    link = code_of(GTIN, "A", "7")
    text = sheet([Label(link=link, lines=("<b>农场</b>",))], BASE, layout="a4", title="A&B")
    assert "&lt;b&gt;农场&lt;/b&gt;" in text
    assert "<title>A&amp;B</title>" in text
    assert printed(link, BASE) == f"HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/A/21/7"


async def test_a_box_is_packed_for_one_order_line_which_the_log_only_commits_to(farm: TraceFarm) -> None:
    _, (serial, *_) = await boxes(farm)
    line, other = await farm.order_line(), await farm.order_line("bo", "order-2-0")
    body = {
        "code": f"HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/20261128A/21/{serial}",
        "order_line": line,
        "at": NOW_MS - 5,
    }
    box = await farm.done("POST /api/boxes", body, role=Role.PICKER)
    assert box == {
        "batch": box["batch"], "lot": "20261128A", "serial": serial, "code": f"{BASE}/01/{GTIN}/10/20261128A/21/{serial}",
        "order_line": line, "packed_at": "2027-01-15T07:59:59.995Z", "leaf": None,
    }  # fmt: skip
    count = len(await farm.entries())
    assert await farm.done("POST /api/boxes", body, role=Role.PICKER) == box
    assert len(await farm.entries()) == count
    assert (await farm.refused("POST /api/boxes", body | {"order_line": other}))[:2] == (409, "box_taken")
    (row,) = await farm.served.database.fetch("SELECT * FROM log_salts")
    entry = (await farm.entries())[-1]
    assert entry["order_line_commitment"] == commitment(row["salt"], line) == row["commitment"]
    assert row["person"] == "mei"
    assert line not in str(entry)
    await farm.publish()
    assert await farm.done(f"GET /api/order-lines/{line}/boxes") == {"items": [box | {"leaf": 3}], "next": None}
    assert (await farm.done(f"GET /api/batches/{box['batch']}"))["packed"] == 1


async def test_what_is_no_box_or_no_order_line_is_refused(farm: TraceFarm) -> None:
    _, (serial, *_) = await boxes(farm)
    line = await farm.order_line()
    for fields, status, name in [
        ({"code": f"01{GTIN}10A"}, 404, "box_not_found"),
        ({"code": f"01{GTIN}1020261128A\x1d21NOSUCH"}, 404, "box_not_found"),
        ({"code": "hello"}, 400, "code_unreadable"),
        ({"order_line": "nothing"}, 404, "order_line_not_found"),
    ]:
        body = {"code": f"(01){GTIN}(10)20261128A(21){serial}", "order_line": line} | fields
        assert (await farm.refused("POST /api/boxes", body))[:2] == (status, name)


async def packs(farm: TraceFarm, serial: str, line: str, *, gtin: str = GTIN, lot: str = "20261128A") -> Any:
    return await farm.done("POST /api/boxes", {"code": f"01{gtin}10{lot}\x1d21{serial}", "order_line": line})


async def does_not_pack(farm: TraceFarm, serial: str, line: str) -> tuple[int, str, dict[str, Any]]:
    return await farm.refused("POST /api/boxes", {"code": f"01{GTIN}1020261128A\x1d21{serial}", "order_line": line})


async def test_a_box_is_not_packed_for_what_is_another_product(farm: TraceFarm) -> None:
    _, (serial, *_) = await boxes(farm)
    line = await farm.order_line(product="eggs")
    status, name, body = await does_not_pack(farm, serial, line)
    assert (status, name, body["code"], body["product"]) == (409, "box_of_other_product", 6030, "blueberries")


async def test_nothing_is_packed_for_an_order_that_is_not_paid_or_is_cancelled(farm: TraceFarm) -> None:
    _, (serial, *_) = await boxes(farm)
    for state in ("unpaid", "cancelled"):
        line = await farm.order_line(line=f"order-{state}-0", state=state)
        status, name, body = await does_not_pack(farm, serial, line)
        assert (status, name, body["code"], body["state"]) == (409, "order_not_to_pack", 6031, state)


async def test_no_more_boxes_are_packed_for_a_line_than_were_ordered(farm: TraceFarm) -> None:
    _, (one, two, three) = await boxes(farm)
    line = await farm.order_line(qty=2)
    for serial in (one, two, one):
        await packs(farm, serial, line)
    status, name, body = await does_not_pack(farm, three, line)
    assert (status, name, body["code"], body["limit"]) == (409, "line_packed", 6032, 2)


async def test_of_two_who_pack_the_last_box_of_a_line_at_once_one_does(farm: TraceFarm) -> None:
    _, serials = await boxes(farm, 4)
    line = await farm.order_line()
    bodies = [{"code": f"01{GTIN}1020261128A\x1d21{serial}", "order_line": line} for serial in serials]
    answers = await asyncio.gather(*(farm.call("POST /api/boxes", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert await farm.served.database.fetchval("SELECT count(*) FROM batch_boxes WHERE order_line = $1", line) == 1


async def test_a_bundle_is_packed_from_boxes_of_its_parts_so_many_of_each(farm: TraceFarm) -> None:
    _, serials = await boxes(farm, 5)
    line = await farm.order_line(product="fruit-box", qty=2, components=(("blueberries", 2), ("eggs", 1)))
    for serial in serials[:4]:
        await packs(farm, serial, line)
    assert (await does_not_pack(farm, serials[4], line))[2]["limit"] == 4
    eggs = (await farm.batch("EGGS", gtin=OTHER_GTIN, product="eggs"))["id"]
    (egg,) = (await farm.done(f"POST /api/batches/{eggs}/sheets", {"boxes": 1}))["serials"]
    assert (await packs(farm, egg, line, gtin=OTHER_GTIN, lot="EGGS"))["order_line"] == line


async def test_scans_are_counted_for_each_unit_and_each_person_and_not_for_staff(farm: TraceFarm) -> None:
    batch, (serial, *_) = await boxes(farm)
    code = f"{BASE}/01/{GTIN}/10/20261128A/21/{serial}?17=261205"
    for role, user in (
        (Role.VIEWER, "mei"),
        (Role.VIEWER, "mei"),
        (Role.GUEST, "guest-1"),
        (None, None),
        (Role.PICKER, None),
    ):
        answer = await farm.call("POST /api/scans", {"code": code}, role=role, user=user)
        assert answer.body == {
            "batch": batch, "gtin": GTIN, "lot": "20261128A", "serial": serial, "path": f"/01/{GTIN}/10/20261128A/21/{serial}",
            "says": {},
        }  # fmt: skip
    await farm.done("POST /api/scans", {"code": f"01{GTIN}1020261128A"}, role=Role.VIEWER)
    assert await farm.scans(5) == [
        ("20261128A", serial, None, "guest-1", 1), ("20261128A", serial, None, "mei", 2), ("20261128A", serial, None, None, 1),
        ("20261128A", None, None, "the-viewer", 1),
    ]  # fmt: skip


async def test_a_code_that_is_nobodys_is_not_counted(farm: TraceFarm) -> None:
    await boxes(farm)
    for code, name in (
        (f"01{GTIN}10OTHER", "batch_not_found"), (f"01{GTIN}1020261128A\x1d21X", "box_not_found"),
        ("010952012345678910A", "code_unreadable"),
    ):  # fmt: skip
        assert (await farm.refused("POST /api/scans", {"code": code}, role=Role.VIEWER))[1] == name
    product = await farm.done("POST /api/scans", {"code": GTIN}, role=Role.VIEWER)
    assert (product["batch"], product["path"]) == (None, f"/01/{GTIN}")


async def test_scans_move_with_a_guest_who_turned_out_to_be_somebody(farm: TraceFarm) -> None:
    _, (one, two, _) = await boxes(farm)
    for serial, user in ((one, "guest-1"), (two, "guest-1"), (two, "mei")):
        await farm.call("POST /api/scans", {"code": f"01{GTIN}1020261128A\x1d21{serial}"}, role=Role.VIEWER, user=user)
    await farm.scans(3)
    (table,) = (each for module in MODULES for each in module.person_tables if each.table == "batch_scans")
    assert table.merge is not None
    assert table.unmerge is not None
    moved = [row[0] for row in await farm.served.database.fetch(table.merge, "guest-1", "mei")]
    assert [row[1:4:2] for row in sorted(await farm.scans(3))] == sorted([(one, "mei"), (two, "guest-1"), (two, "mei")])
    await farm.served.database.fetch(table.unmerge, "guest-1", "mei", moved)
    assert sorted(row[1:4:2] for row in await farm.scans(3)) == sorted(
        [(one, "guest-1"), (two, "guest-1"), (two, "mei")]
    )


async def test_a_long_sheet_is_printed_in_parts_that_lead_to_each_other(database_url: str) -> None:
    async with farming(database_url, label_sheet_max=10) as farm:
        batch = (await farm.batch())["id"]
        made = await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 25})
        parts = [(await farm.call(f"GET {made['url']}&from={first}", role=None)).raw.decode() for first in (0, 10, 20)]
        assert [part.count('<section class="label">') for part in parts] == [10, 10, 5]
        found = [serial for part in parts for serial in re.findall(r"<p>([0-9A-Z]{8})</p>", part)]
        assert found == made["serials"]
        links = re.findall('<a href="([^"]+)">([^<]+)</a>', parts[0])
        assert [which for _, which in links] == ["11-20", "21-25"]
        assert (await farm.call(f"GET {html.unescape(links[1][0])}", role=None)).raw.decode() == parts[2]
        assert (await farm.call(f"GET {made['url']}&from=25", role=None)).status == 400
        assert "nav { display: none }" in CSS  # when it is printed


async def test_others_are_answered_while_labels_are_drawn(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    url = (await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 120}))["url"]
    drawing = asyncio.create_task(farm.call(f"GET {url}", role=None))
    answered = 0
    while not drawing.done() and answered < 5:
        await farm.call("GET /healthz", role=None)
        answered += not drawing.done()
    assert answered == 5
    assert (await drawing).raw.decode().count("<svg") == 120
