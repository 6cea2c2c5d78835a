"""What is EPCIS 2.0 is taken, what is not is refused with the place of each fault; the words and units count, too."""

from pathlib import Path
from typing import Any

import pytest

from tests.trace.epcis.documents import CONTEXT, VECTORS, box, document, loaded, made, observed, others, packed, vectors
from trace.epcis import validation
from trace.epcis.validation import EVENT_TYPES, faults_of_event

ODD = "SensorData_with_combined_events"  # a report without type: OpenEPCIS takes it, GS1's schema does not, nor do we


def faults(value: Any) -> list[str]:
    if isinstance(value, dict) and value.get("type") in EVENT_TYPES:
        return faults_of_event(value, is_alone=True)
    found = validation.document(value)
    return [*found.faults, *(fault for each in found.events for fault in faults_of_event(each, found.prefixes))]


def sensed(**report: Any) -> dict[str, Any]:
    return observed(
        box(1), sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4.1, "uom": "CEL", **report}]}]
    )


@others
@pytest.mark.parametrize("path", vectors("epcis/JSON/**/*.jsonld", "epcis-hash/*.jsonld"))
def test_every_document_of_gs1_is_taken(path: Path) -> None:
    assert faults(loaded(path)) == []


@others
@pytest.mark.parametrize(
    "path",
    [
        each
        for each in vectors("epcis-openepcis/Capture/Documents/*", "epcis-openepcis/Capture/Events/*")
        if ODD not in str(each)
    ],
)
def test_every_document_of_openepcis_that_the_standard_allows_is_taken(path: Path) -> None:
    assert faults(loaded(path)) == []


@others
@pytest.mark.parametrize("path", vectors("epcis-openepcis/Capture/Invalid/*"))
def test_t14_t15_every_document_of_openepcis_that_is_wrong_is_refused(path: Path) -> None:
    assert faults(loaded(path)) != []


@others
def test_t31_a_sensor_report_without_type_is_refused_as_the_schema_has_it() -> None:
    path = VECTORS / "epcis-openepcis" / "Capture" / "Documents" / f"{ODD}.json"
    assert "sensorElementList[0].sensorReport[0].type: is missing" in faults(loaded(path))


GOOD = observed(box(1))


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({**GOOD, "bizStep": "transforming"}, "bizStep: 'transforming' is no bizStep of the standard, and no URI"),
        (
            {**GOOD, "bizStep": "cbv:BizStep-transforming"},
            "bizStep: 'cbv:BizStep-transforming' is no bizStep of the standard",
        ),
        (
            {**GOOD, "bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
            "bizStep: 'urn:epcglobal:cbv:bizstep:shipping' is a word of the standard, which stands bare in JSON",
        ),
        (
            {**GOOD, "disposition": "in_transport"},
            "disposition: 'in_transport' is no disposition of the standard, and no URI",
        ),
        ({**GOOD, "action": "SHIPPED"}, "action: 'SHIPPED' is none of ADD, OBSERVE, DELETE"),
        (
            {**GOOD, "eventTime": "22-07-2026"},
            "eventTime: '22-07-2026' is no time with its offset, such as 2026-11-28T14:10:00.000+08:00",
        ),
        ({**GOOD, "eventTime": "2026-02-30T00:00:00Z"}, "eventTime: '2026-02-30T00:00:00Z': there is no such day"),
        ({**GOOD, "eventTimeZoneOffset": "+15:00"}, "eventTimeZoneOffset: '+15:00' is no offset, such as +08:00"),
        ({**GOOD, "epcList": ["box 1"]}, "epcList[0]: 'box 1' is no URI"),
        ({**GOOD, "epcList": [box(1), box(1)]}, "epcList: has something twice"),
        ({**GOOD, "weight": 5}, "weight: is no member of it; extensions have a prefix"),
        ({**GOOD, "ilmd": {"example:harvested": "x"}}, "ilmd: goes with the action ADD alone"),
        (
            {**GOOD, "action": "ADD", "ilmd": {"materialType": "x"}},
            "ilmd.materialType: is no member of it; extensions have a prefix",
        ),
        (
            {**GOOD, "quantityList": [{"epcClass": box(1), "quantity": 1, "uom": "QQ"}]},
            "quantityList[0].uom: 'QQ' is no unit of UN/CEFACT Recommendation 20 that goods are counted in",
        ),
        (
            {**GOOD, "quantityList": [{"epcClass": box(1), "weight": 5}]},
            "quantityList[0].weight: is no member of it; extensions have a prefix",
        ),
        ({**GOOD, "persistentDisposition": {}}, "persistentDisposition: has neither set nor unset"),
        (
            {**GOOD, "sourceList": [{"type": "place", "source": box(1)}]},
            "sourceList[0].type: 'place' is no type of a source or destination of the standard, and no URI",
        ),
        (
            {**GOOD, "errorDeclaration": {"declarationTime": "2026-11-28T14:10:00Z", "reason": "typo"}},
            "errorDeclaration.reason: 'typo' is no reason of an error declaration of the standard, and no URI",
        ),
        ({**GOOD, "type": "SaleEvent"}, "type: 'SaleEvent' is no type of event"),
        ({**GOOD, "example:x": float("inf")}, "example:x: has to be a number"),
        (
            {**made([box(1)], []), "outputQuantityList": []},
            "a TransformationEvent has inputs and outputs, or one of them and a transformationID",
        ),
        (packed(box(1)), "this AggregationEvent names no children"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(event: Any, fault: str) -> None:
    assert faults(document(event)) == [fault]


@pytest.mark.parametrize("uom", ["C", "°C", "Celsius", "cel"])
def test_t27_units_are_codes_of_un_cefact(uom: str) -> None:
    place = "sensorElementList[0].sensorReport[0].uom"
    assert faults(document(sensed(uom=uom))) == [
        f"{place}: {uom!r} is no unit of UN/CEFACT Recommendation 20 that sensors measure in"
    ]


@pytest.mark.parametrize(
    ("measure", "uom", "is_right"),
    [
        ("Temperature", "CEL", True), ("Temperature", "FAH", True), ("Temperature", "KEL", True),
        ("AbsoluteHumidity", "A93", True), ("RelativeHumidity", "P1", True),
        ("RelativeHumidity", "A93", False), ("Temperature", "P1", False), ("gs1:Temperature", "A93", False),
        ("example:Ripeness", "P1", True),
    ],
)  # fmt: skip
def test_t27_a_unit_measures_what_it_is_said_to(measure: str, uom: str, is_right: bool) -> None:
    found = faults(document(sensed(type=measure, uom=uom)))
    assert found == ([] if is_right else [f"sensorElementList[0].sensorReport[0].uom: {uom!r} is no unit of {measure}"])


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([], "type: a document is an EPCISDocument or an EPCISQueryDocument"),
        ({"type": "ObjectEventList"}, "type: a document is an EPCISDocument or an EPCISQueryDocument"),
        ({**document(GOOD), "@context": None}, "@context: is missing"),
        ({**document(GOOD), "@context": [7]}, "@context: consists of addresses and definitions"),
        ({**document(GOOD), "schemaVersion": "two"}, "schemaVersion: 'two' is no version"),
        ({**document(), "epcisBody": {}}, "epcisBody: has no eventList"),
    ],
)
def test_a_document_that_is_none_is_refused(value: Any, fault: str) -> None:
    assert faults(value) == [fault]


def test_an_event_alone_brings_its_context() -> None:
    assert faults_of_event({**GOOD, "@context": CONTEXT}, is_alone=True) == []
    assert faults_of_event(GOOD, is_alone=True) == ["@context: is missing"]


def test_extensions_are_not_nested_for_ever() -> None:
    deep: Any = 1
    for _ in range(30):
        deep = {"example:x": deep}
    assert faults(document({**GOOD, "example:deep": deep})) == ["example:deep: is nested more than 24 deep"]


def test_of_many_faults_some_are_named() -> None:
    assert len(faults(document({**GOOD, "epcList": [f"box {n}" for n in range(1_000)]}))) == validation.FAULTS_MAX
