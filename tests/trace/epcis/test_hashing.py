"""An event has one hash however it is written, that of CBV 2.0; whatever of it is changed, the hash is another."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.trace.epcis.documents import events_of, loaded, observed, others, vectors
from trace.epcis.context import prefixes_of
from trace.epcis.hashing import event_hash, prehash

EXAMPLE = {"example": "https://ns.example.com/epcis/"}
SSCCS = ["urn:epc:id:sscc:4012345.0000000333", "urn:epc:id:sscc:4012345.0000000111"]
PREHASH = (
    "eventType=ObjectEventeventTime=2026-11-28T06:10:00.000ZeventTimeZoneOffset=+08:00"
    "epcListepc=https://id.gs1.org/00/040123450000001112epc=https://id.gs1.org/00/040123450000003338"
    "action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-inspecting"
    "{https://ns.example.com/epcis/}sweetness=12.5"
)


def event(**members: Any) -> dict[str, Any]:
    return {**observed(*SSCCS, example__sweetness="12.50"), **members}


def test_the_string_that_is_hashed_names_everything_in_one_order_and_form() -> None:
    assert prehash(event(), prefixes_of(EXAMPLE)) == PREHASH


def test_the_hash_is_a_named_information_uri() -> None:
    digest = sha256(PREHASH.encode()).hexdigest()
    assert event_hash(event(), prefixes_of(EXAMPLE)) == f"ni:///sha-256;{digest}?ver=CBV2.0"


@pytest.mark.parametrize(
    "written",
    [
        event(eventTime="2026-11-28T06:10:00Z"),
        event(eventTime="2026-11-28T01:10:00.0000-05:00"),  # T11: another offset of the same instant
        dict(reversed(event().items())),  # T11: another order
        event(epcList=SSCCS[::-1]),
        event(bizStep="https://ref.gs1.org/cbv/BizStep-inspecting"),
        event(bizStep="cbv:BizStep-inspecting"),
        event(bizStep="urn:epcglobal:cbv:bizstep:inspecting"),
        event(eventID="urn:uuid:7d4b5c1e-6c2b-4b53-8d1c-1f2f3f4f5f6f"),  # T8
        event(recordTime="2026-11-28T14:11:00+08:00"),
        event(errorDeclaration={"declarationTime": "2026-11-29T14:10:00+08:00", "reason": "incorrect_data"}),  # T7
        event(**{"rdfs:comment": "of no account"}),
        event(**{"example:sweetness": 12.5}),
    ],
)
def test_t7_t8_t11_an_event_written_otherwise_has_the_same_hash(written: dict[str, Any]) -> None:
    assert prehash(written, prefixes_of(EXAMPLE)) == PREHASH


def test_t11_the_offset_itself_is_hashed() -> None:
    assert event_hash(event(eventTimeZoneOffset="+09:00"), prefixes_of(EXAMPLE)) != event_hash(
        event(), prefixes_of(EXAMPLE)
    )


@pytest.mark.parametrize(("written", "hashed"), [("05.1230Z", "05.123Z"), ("05.1235Z", "05.124Z"), ("59.9996Z", "60")])
def test_t6_times_of_sensors_are_in_milliseconds(written: str, hashed: str) -> None:
    report = {"type": "Temperature", "value": 4.10, "uom": "CEL"}
    element = {"sensorMetadata": {"time": f"2026-11-28T06:10:{written}"}, "sensorReport": [report]}
    sensed = event(sensorElementList=[element])
    expected = "2026-11-28T06:11:00.000Z" if hashed == "60" else f"2026-11-28T06:10:{hashed}"
    assert f"sensorMetadatatime={expected}sensorReporttype=https://gs1.org/voc/Temperaturevalue=4.1uom=CEL" in prehash(
        sensed
    )


@pytest.mark.parametrize(
    ("written", "hashed"),
    [
        ("007", "7"),
        ("+1.50", "1.5"),
        ("-0", "0"),
        (2.0, "2"),
        ("12345678901234567890", "12345678901234567890"),
        (True, "true"),
    ],
)
def test_numbers_lose_digits_that_say_nothing_and_no_others(written: Any, hashed: str) -> None:
    assert prehash({**event(), "example:n": written}, prefixes_of(EXAMPLE)).count(f"}}n={hashed}{{") == 1


@others
@pytest.mark.parametrize("path", [each for each in vectors("epcis-hash/*.jsonld") if "IgnoreFields" not in str(each)])
def test_others_compute_the_same_hashes(path: Path) -> None:
    value = loaded(path)
    prefixes = prefixes_of(value["@context"])
    found = [event_hash(each, prefixes) for each in events_of(value)]
    assert found == path.with_suffix(".hashes").read_text().split()


@others
@pytest.mark.parametrize("path", [each for each in vectors("epcis-hash/*.jsonld") if "IgnoreFields" not in str(each)])
def test_others_hash_the_same_strings(path: Path) -> None:
    """Where their file has the string at all that gives their hash; in two of them it is damaged."""
    value, strings = loaded(path), path.with_suffix(".prehashes")
    theirs = strings.read_text().splitlines() if strings.exists() else []
    hashes = path.with_suffix(".hashes").read_text().split()
    ours = [prehash(each, prefixes_of(value["@context"])) for each in events_of(value)]
    for string, hash_, our in zip(theirs, hashes, ours, strict=False):
        if sha256(string.encode()).hexdigest() in hash_:
            assert our == string


@others
@pytest.mark.parametrize("path", vectors("epcis-hash/epcisQueryDoc*.jsonld"))
def test_t12_events_of_a_query_document_are_found(path: Path) -> None:
    assert len(list(events_of(json.loads(path.read_text())))) == 2
