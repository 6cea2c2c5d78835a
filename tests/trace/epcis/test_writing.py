"""Our own steps are valid EPCIS, written with the step or not at all; a lot goes out as a document that GS1's schema takes."""

import io
import json
from zoneinfo import ZoneInfo

import jsonschema
import openpyxl
import pytest

from livehub.base.auth import Role
from tests.base.served import NOW_S, Served
from tests.trace.epcis.calls import ask, capture, find, q
from tests.trace.epcis.documents import VECTORS, box, lot, made, observed, packed
from trace.epcis import validation
from trace.epcis.errors import EventsInvalid
from trace.epcis.writing import record, record_all, when

NOW_MS = int(NOW_S * 1000)
FARM, SHOP = "https://id.gs1.org/414/4012345000054", "https://id.gs1.org/414/4012345000115"
HARVESTED = {
    "type": "ObjectEvent",
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    **when(NOW_MS, ZoneInfo("Asia/Shanghai")),
    "bizLocation": {"id": FARM},
    "quantityList": [{"epcClass": lot("L1"), "quantity": 12.5, "uom": "KGM"}],
    "ilmd": {"cbvmda:lotNumber": "L1", "livehub:place": "Row 7"},
}


def test_a_moment_is_written_in_the_time_of_its_place() -> None:
    assert when(NOW_MS, ZoneInfo("Asia/Shanghai")) == {
        "eventTime": "2027-01-15T16:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
    }
    assert when(NOW_MS, ZoneInfo("America/St_Johns"))["eventTimeZoneOffset"] == "-03:30"


async def test_a_step_of_ours_is_an_event_that_can_be_asked_for(served: Served) -> None:
    database = served.application.database
    async with database.transaction() as tx:
        made_id = await record(tx, HARVESTED, now_ms=NOW_MS)
        assert await record(tx, HARVESTED, now_ms=NOW_MS) == made_id  # twice is once
    assert await find(served, f"MATCH_epcClass={q(lot('L1'))}") == [made_id]
    assert await served.database.fetchval("SELECT count(*) FROM log_entries WHERE entry LIKE '%\"epcis\"%'") == 1


async def test_with_a_step_that_fails_its_event_is_not_there(served: Served) -> None:
    async def step() -> None:
        async with served.application.database.transaction() as tx:
            await record(tx, HARVESTED, now_ms=NOW_MS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await step()
    assert await find(served) == []


async def test_an_event_of_ours_that_is_wrong_is_a_defect(served: Served) -> None:
    async with served.application.database.transaction() as tx:
        with pytest.raises(EventsInvalid, match="transforming"):
            await record_all(tx, [HARVESTED, {**HARVESTED, "bizStep": "transforming"}], now_ms=NOW_MS)
    assert await find(served) == []


async def history(served: Served) -> None:
    async with served.application.database.transaction() as tx:
        await record(tx, HARVESTED, now_ms=NOW_MS)
    shipped = {
        **observed("urn:epc:id:sscc:4012345.3111111111", at="2027-01-15T19:00:00+08:00"),
        "bizStep": "shipping",
        "readPoint": {"id": FARM},
        "sourceList": [{"type": "location", "source": FARM}],
        "destinationList": [{"type": "location", "destination": SHOP}],
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:x:d:1"}],
        "example:van": "3",
    }
    born = {**observed(box(1), at="2027-01-15T17:30:00+08:00"), "action": "ADD", "ilmd": {"cbvmda:lotNumber": "L2"}}
    found = await capture(
        served,
        made([lot("L1")], [lot("L2")], at="2027-01-15T17:00:00+08:00"),
        {**born, "bizStep": "encoding"},
        packed("urn:epc:id:sscc:4012345.3111111111", box(1), at="2027-01-15T18:00:00+08:00"),
        shipped,
        observed(box(9)),
    )
    assert found["errors"] == []


async def test_a_lot_goes_out_as_a_document_with_all_its_events(served: Served) -> None:
    await history(served)
    answer = await ask(served, path=f"epcs/{q(lot('L1'))}/trace")
    taken = validation.document(answer.body)
    assert taken.faults == ()
    assert [each["bizStep"] for each in taken.events] == [
        "commissioning",
        "commissioning",
        "encoding",
        "packing",
        "shipping",
    ]
    assert [fault for each in taken.events for fault in validation.faults_of_event(each, taken.prefixes)] == []
    assert "example" in json.dumps(taken.events[-1]["@context"])
    if VECTORS.exists():
        jsonschema.validate(answer.body, json.loads((VECTORS / "epcis" / "EPCIS-JSON-Schema.json").read_text()))


async def test_the_document_of_a_lot_can_be_captured_elsewhere(served: Served) -> None:
    await history(served)
    body = (await ask(served, path=f"epcs/{q(lot('L1'))}/trace")).body
    answer = await served.call("POST /epcis/v2/capture", body, role=Role.OPS)
    errors = (await served.call(f"GET {answer.headers['Location']}", role=Role.OPS)).body["errors"]
    assert [each["title"] for each in errors] == ["ResourceAlreadyExistsException"] * 5  # each is one that is there


async def test_the_sheet_of_fsma_204_has_a_row_for_each_tracking_event(served: Served) -> None:
    await history(served)
    path = f"GET /epcis/v2/epcs/{q(lot('L1'))}/trace"
    text = await served.call(path, role=Role.OPS, headers={"Accept": "text/csv"})
    lines = [line.split(",") for line in text.raw.decode("utf-8-sig").splitlines()]
    gtin = "09521141012344"
    assert [line[:7] for line in lines[1:]] == [
        ["Harvesting", f"{gtin} L1", gtin, "12.5", "KGM", "2027-01-15T16:00:00.000+08:00", FARM],
        ["Transformation", f"{gtin} L2", gtin, "1", "KGM", "2027-01-15T17:00:00+08:00", ""],
        ["Packing", f"{gtin} L2", gtin, "1.0", "C62", "2027-01-15T18:00:00+08:00", ""],
        ["Shipping", f"{gtin} L2", gtin, "1.0", "C62", "2027-01-15T19:00:00+08:00", FARM],
    ]
    assert lines[2][9] == f"{gtin} L1"
    assert lines[4][7:9] == [FARM, SHOP]
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file = await served.call(path, role=Role.OPS, headers={"Accept": sheet_type})
    sheet = openpyxl.load_workbook(io.BytesIO(file.raw)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [
        "Harvesting",
        "Transformation",
        "Packing",
        "Shipping",
    ]


async def test_a_lot_that_nobody_knows_has_no_trace(served: Served) -> None:
    answer = await ask(served, path=f"epcs/{q(lot('none'))}/trace")
    assert (answer.status, answer.body["type"]) == (404, "epcisException:NoSuchResourceException")
