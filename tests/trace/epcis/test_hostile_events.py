"""Whatever stands anywhere in an event: it is refused with words, or taken, hashed and found out about; nothing breaks."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.base.decoding import has_nul
from tests.trace.epcis.documents import CONTEXT, box, lot
from trace.epcis import validation
from trace.epcis.capturing import prepared
from trace.epcis.context import prefixes_of
from trace.epcis.errors import EventsInvalid
from trace.epcis.validation import Document

FULL: dict[str, Any] = {
    "@context": CONTEXT,
    "type": "ObjectEvent",
    "eventTime": "2026-11-28T14:10:00.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "eventID": "urn:x:1",
    "recordTime": "2026-11-28T14:10:00.000+08:00",
    "certificationInfo": ["https://example.com/1"],
    "errorDeclaration": {
        "declarationTime": "2026-11-29T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:x:2"],
    },
    "action": "ADD",
    "epcList": [box(1), "urn:epc:id:sgtin:4012345.011111.9876"],
    "quantityList": [{"epcClass": lot("A"), "quantity": 2.5, "uom": "KGM"}],
    "bizStep": "commissioning",
    "disposition": "active",
    "persistentDisposition": {"set": ["recalled"], "unset": ["expired"]},
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "example:row": 7},
    "bizLocation": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po"}],
    "sourceList": [{"type": "location", "source": "urn:x:s"}],
    "destinationList": [{"type": "location", "destination": "urn:x:d"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-11-28T14:10:00.000+08:00", "deviceID": "urn:x:dev"},
            "sensorReport": [
                {"type": "Temperature", "value": 4.1, "uom": "CEL", "component": "x", "booleanValue": True}
            ],
        }
    ],
    "ilmd": {"cbvmda:lotNumber": "A", "example:deep": {"example:deeper": [1, {"example:deepest": None}]}},
    "example:grade": "A",
}

NASTY = (
    "urn:epc:id:sgtin:..",
    "https://x/01/1",
    "9999-99-99T00:00:00Z",
    "\0",
    "cbv:",
    "::",
    "https://x/10//21/",
    "1e999",
    "1e-999",
    {"\0": 1},
    {"example:x": {"\0": 1}},
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300, max_value=10**310),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(NASTY),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=3),
    st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.text(max_size=5)), max_size=3),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in it."""
    found = [at] if at else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in members:
        found += places(each, (*at, name))
    return found


PLACES = places(FULL)


def changed(place: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    event = copy.deepcopy(FULL)
    inner: Any = event
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = odd
    return event


def test_the_event_itself_is_right() -> None:
    assert validation.faults_of_event(FULL, is_alone=True) == []


def refusal(event: Any) -> str | None:
    """What is said to an event that is not taken."""
    try:
        made = prepared(event, Document(context=CONTEXT, prefixes=prefixes_of(CONTEXT)), 1_800_000_000_000_000)
    except EventsInvalid as refused:
        return refused.message
    assert len(made.digest) == 32
    assert not has_nul(bytes(made.event))  # PostgreSQL's JSON cannot have it
    return None


@settings(max_examples=1_500)
@given(st.sampled_from(PLACES), ODD)
def test_anything_anywhere_is_refused_with_words_or_taken(place: tuple[Any, ...], odd: Any) -> None:
    assert refusal(changed(place, odd)) != ""


@settings(max_examples=300)
@given(
    ODD, st.sampled_from(["@context", "type", "schemaVersion", "creationDate", "epcisBody", "epcisHeader", "sender"])
)
def test_any_document_is_refused_with_words_or_taken(odd: Any, member: str) -> None:
    good = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-28T14:10:00Z",
        "epcisBody": {"eventList": [FULL]},
    }
    assert all(validation.document({**good, member: odd}).faults) is True
