"""What is done with batches comes out as EPCIS 2.0 that GS1's own schema takes."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from livehub.base.auth import Role
from tests.trace.farm import BASE, GTIN, NOW_MS, TraceFarm
from trace.batches.epcis import epcis_of, epcis_of_batch, epcis_of_making
from trace.batches.places import Place
from trace.batches.saying import NewBatch, NewStep

SCHEMA = Path(__file__).parents[3] / "shared/vectors/epcis/EPCIS-JSON-Schema.json"
ZONE = ZoneInfo("Asia/Shanghai")
PLACE = Place(name="Farm", lat=30.12, lon=120.08, given_lat=30.12, given_lon=120.08, datum="wgs84")


def batch(lot: str, units: int) -> NewBatch:
    return NewBatch(
        id=lot, product="jam", gtin=GTIN, lot=lot, made_by="harvest", made_ms=NOW_MS, place=PLACE, units=units
    )


def step(kind: str = "received", *, celsius: float | None = None, place: Place | None = PLACE) -> NewStep:
    return NewStep(
        id="1",
        batch="A",
        kind=kind,
        at_ms=NOW_MS,
        place=place,
        celsius=celsius,
        photo=None,
        photo_sha256=None,
        note="secret",
    )


EVENTS: list[dict[str, Any]] = [
    epcis_of_batch(batch("A/1", 480), BASE, ZONE),
    epcis_of(step(celsius=4.1), GTIN, "A", BASE, ZONE),
    epcis_of(step("destroyed", place=None), GTIN, "A", BASE, ZONE),
    epcis_of(step("washed"), GTIN, "A", BASE, ZONE),
    epcis_of_making({(GTIN, "A"): 10}, [batch("A1", 4), batch("A2", 6)], BASE, ZONE),
]


def test_a_batch_a_step_and_a_split_are_events() -> None:
    made, received, destroyed, washed, split = EVENTS
    when = {"eventTime": "2027-01-15T16:00:00.000+08:00", "eventTimeZoneOffset": "+08:00"}
    assert made == when | {
        "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "disposition": "active", "epcList": [],
        "quantityList": [{"epcClass": f"{BASE}/01/{GTIN}/10/A%2F1", "quantity": 480}],
        "readPoint": {"id": "geo:30.120000,120.080000"}, "bizLocation": {"id": "geo:30.120000,120.080000"},
    }  # fmt: skip
    assert received == when | {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress", "epcList": [],
        "quantityList": [{"epcClass": f"{BASE}/01/{GTIN}/10/A"}], "readPoint": {"id": "geo:30.120000,120.080000"},
        "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4.1, "uom": "CEL"}]}],
    }  # fmt: skip
    assert (destroyed["action"], destroyed["bizStep"], washed["bizStep"]) == ("DELETE", "destroying", "other")
    assert split == when | {
        "type": "TransformationEvent", "bizStep": "repackaging", "disposition": "active",
        "inputQuantityList": [{"epcClass": f"{BASE}/01/{GTIN}/10/A", "quantity": 10}],
        "outputQuantityList": [
            {"epcClass": f"{BASE}/01/{GTIN}/10/A1", "quantity": 4}, {"epcClass": f"{BASE}/01/{GTIN}/10/A2", "quantity": 6},
        ],
        "readPoint": {"id": "geo:30.120000,120.080000"},
    }  # fmt: skip
    assert "secret" not in str(EVENTS)


@pytest.mark.skipif(not SCHEMA.is_file(), reason="GS1's schema is not beside the checkout")
def test_gs1s_schema_takes_them() -> None:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2027-01-15T08:00:00.000Z", "epcisBody": {"eventList": EVENTS},
    }  # fmt: skip
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))


async def test_what_is_done_with_batches_is_captured_with_it(farm: TraceFarm) -> None:
    a = (await farm.batch("A"))["id"]
    key = {"Idempotency-Key": "step-0001"}
    for _ in range(2):
        step_ = {"kind": "packed", "at": NOW_MS - 60_000, "celsius": 6}
        assert (await farm.call(f"POST /api/batches/{a}/steps", step_, headers=key)).status == 201
    making = {
        "kind": "split", "at": NOW_MS - 50_000, "inputs": [{"batch": a, "units": 480}],
        "outputs": [{"lot": "A1", "units": 200}, {"lot": "A2", "units": 280}],
    }  # fmt: skip
    await farm.done("POST /api/batch-makings", making)
    assert [each["bizStep"] for each in await farm.events()] == ["commissioning", "packing", "repackaging"]
    traced = await farm.call("GET /epcis/v2/events?EQ_bizStep=repackaging", role=Role.OPS)
    (event,) = traced.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [each["epcClass"] for each in event["outputQuantityList"]] == [
        f"{BASE}/01/{GTIN}/10/{lot}" for lot in ("A1", "A2")
    ]
