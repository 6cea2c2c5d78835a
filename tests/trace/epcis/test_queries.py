"""A query finds what matches all its parameters and nothing else, page by page; what is no parameter is refused."""

import pytest

from livehub.base.auth import Role
from tests.base.served import Served
from tests.trace.epcis.calls import ask, capture, events_in, find, q
from tests.trace.epcis.documents import CONTEXT, GTIN, VECTORS, box, loaded, lot, made, observed, others, packed
from trace.epcis.errors import QueryInvalid
from trace.epcis.query import parsed
from trace.epcis.settings import EpcisConfig

PALLET = "urn:epc:id:sscc:4012345.3111111111"
HERE, THERE = "urn:epc:id:sgln:4012345.00005.0", "urn:epc:id:sgln:4012345.00005.122"
EXAMPLE = {"GS1-Extensions": "example=https://ns.example.com/epcis/"}

SEEN = {
    **observed("urn:epc:id:sgtin:4012345.011111.9876", at="2026-11-28T10:00:00+08:00"),
    "eventID": "urn:x:seen",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "persistentDisposition": {"set": ["recalled"]},
    "readPoint": {"id": HERE},
    "bizLocation": {"id": THERE},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po:1"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "destinationList": [{"type": "https://example.com/shop", "destination": "urn:x:shop"}],
    "certificationInfo": ["https://example.com/cert/1"],
    "example:grade": "A",
    "example:brix": 12.5,
    "example:picked": "2026-11-27T06:00:00+08:00",
    "example:field": {"example:row": 7},
}
GROWN = {
    **observed(at="2026-11-28T11:00:00+08:00"),
    "eventID": "urn:x:grown",
    "action": "ADD",
    "bizStep": "commissioning",
    "quantityList": [{"epcClass": lot("L1"), "quantity": 2.5, "uom": "KGM"}],
    "ilmd": {"cbvmda:lotNumber": "L1", "example:field": {"example:row": "9"}},
}
SENSED = {
    **observed(box(5), at="2026-11-28T12:00:00+08:00"),
    "eventID": "urn:x:sensed",
    "bizStep": "sensor_reporting",
    "sensorElementList": [
        {
            "sensorMetadata": {
                "time": "2026-11-28T11:59:00+08:00",
                "deviceID": "urn:epc:id:giai:4000001.111",
                "example:van": "3",
            },
            "sensorReport": [
                {"type": "Temperature", "value": 39.2, "uom": "FAH", "exception": "ALARM_CONDITION"},
                {"type": "RelativeHumidity", "minValue": 80, "maxValue": 90, "uom": "P1"},
                {"type": "gs1:Count", "value": 3},
            ],
        }
    ],
}
PACKED = {**packed(PALLET, box(5), at="2026-11-28T13:00:00+08:00"), "eventID": "urn:x:packed"}
MADE = {
    **made([lot("L1")], [lot("L2")], at="2026-11-28T14:00:00+08:00"),
    "eventID": "urn:x:made",
    "transformationID": "urn:x:t1",
}
WRONG = {
    **SEEN,
    "errorDeclaration": {
        "declarationTime": "2026-11-29T00:00:00Z",
        "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:x:other"],
        "example:by": "me",
    },
}

CASES = [
    ("", "seen grown sensed packed made seen"),
    ("eventType=ObjectEvent", "seen grown sensed seen"),
    ("eventType=AggregationEvent,TransformationEvent", "packed made"),
    ("GE_eventTime=2026-11-28T05:00:00Z", "packed made"),
    ("LT_eventTime=2026-11-28T11:00:00%2B08:00", "seen seen"),
    ("GE_recordTime=2027-01-15T08:00:00Z", "seen grown sensed packed made seen"),
    ("LT_recordTime=2027-01-15T08:00:00Z", ""),
    ("EQ_action=ADD", "grown packed"),
    ("EQ_action=ADD,OBSERVE&eventType=ObjectEvent", "seen grown sensed seen"),
    ("EQ_bizStep=shipping", "seen seen"),
    ("EQ_bizStep=https://ref.gs1.org/cbv/BizStep-shipping", "seen seen"),
    ("EQ_bizStep=urn:epcglobal:cbv:bizstep:shipping,packing", "seen packed seen"),
    ("EQ_disposition=in_transit&EXISTS_errorDeclaration=false", "seen"),
    ("EXISTS_errorDeclaration=true", "seen"),
    ("GE_errorDeclarationTime=2026-11-29T00:00:00Z", "seen"),
    ("LT_errorDeclarationTime=2026-11-29T00:00:00Z", ""),
    ("EQ_errorReason=did_not_occur", "seen"),
    ("EQ_correctiveEventID=urn:x:other", "seen"),
    ("EQ_ERROR_DECLARATION_example:by=me", "seen"),
    ("EQ_persistentDisposition_set=recalled", "seen seen"),
    ("EQ_persistentDisposition_unset=recalled", ""),
    ("EQ_certificationInfo=https://example.com/cert/1", "seen seen"),
    ("EQ_eventID=urn:x:made", "made"),  # T20: exactly
    ("EQ_eventID=urn:x:mad", ""),
    ("EQ_readPoint=https://id.gs1.org/414/4012345000054", "seen seen"),
    ("EQ_bizLocation=" + q(HERE), ""),
    ("WD_bizLocation=" + q(HERE), "seen seen"),
    ("MATCH_epc=urn:epc:id:sgtin:4012345.011111.9876", "seen seen"),
    ("MATCH_epc=https://other.example/01/04012345111118/21/9876", "seen seen"),
    ("MATCH_epc=urn:epc:idpat:sgtin:4012345.011111.*", "seen seen"),
    ("MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*", "seen seen"),
    ("MATCH_epc=urn:epc:idpat:sgtin:4012346.*.*", ""),
    ("MATCH_epc=" + q(box(5)), "sensed packed"),
    ("MATCH_parentID=" + q(PALLET), "packed"),
    ("MATCH_parentID=urn:epc:idpat:sscc:4012345.*", "packed"),
    ("MATCH_anyEPC=" + q(PALLET) + "," + q(box(5)), "sensed packed"),
    ("MATCH_epcClass=" + q(lot("L1")), "grown"),
    ("MATCH_inputEPCClass=" + q(lot("L1")), "made"),
    ("MATCH_outputEPCClass=" + q(lot("L2")), "made"),
    ("MATCH_anyEPCClass=" + q(lot("L1")), "grown made"),
    ("MATCH_epcClass=" + q(GTIN), ""),
    ("MATCH_epc=" + q(box(5)) + "&MATCH_parentID=" + q(PALLET), "packed"),
    ("MATCH_epc=" + q(box(5)) + "&MATCH_inputEPC=" + q(box(5)), ""),
    ("EQ_transformationID=urn:x:t1", "made"),
    ("EQ_quantity=2.5", "grown"),  # T25: a decimal
    ("GT_quantity=2.5", ""),
    ("GE_quantity=2.5", "grown"),
    ("LT_quantity=2.5", "made"),
    ("LE_quantity=2.5&GT_quantity=1", "grown"),
    ("EQ_bizTransaction_po=urn:x:po:1", "seen seen"),
    ("EQ_bizTransaction_inv=urn:x:po:1", ""),
    ("EQ_source_owning_party=https://id.gs1.org/417/4012345000009", "seen seen"),
    ("EQ_destination_https://example.com/shop=urn:x:shop", "seen seen"),
    ("EQ_example:grade=A,B", "seen seen"),
    ("EQ_example:grade=B", ""),
    ("EQ_https://ns.example.com/epcis/grade=A", "seen seen"),
    ("EQ_https://ns.example.com/epcis/%23grade=A", "seen seen"),
    ("EQ_example:brix=12.50", "seen seen"),
    ("GT_example:brix=12", "seen seen"),
    ("LT_example:brix=12", ""),
    ("GE_example:picked=2026-11-26T22:00:00Z", "seen seen"),
    ("LT_example:picked=2026-11-26T22:00:00Z", ""),
    ("EXISTS_example:grade=true", "seen seen"),
    ("EXISTS_example:grade=false&eventType=ObjectEvent", "grown sensed"),
    ("EQ_INNER_example:row=7", "seen seen"),
    ("EXISTS_INNER_example:row=true", "seen seen"),
    ("EQ_ILMD_cbvmda:lotNumber=L1", "grown"),
    ("EXISTS_ILMD_example:field=true", "grown"),
    ("EQ_INNER_ILMD_example:row=9", "grown"),
    ("GE_INNER_ILMD_example:row=9", "grown"),
    ("EQ_SENSORMETADATA_example:van=3", "sensed"),
    ("EQ_type=Temperature", "sensed"),
    ("EQ_type=gs1:Count", "sensed"),
    ("EQ_exception=ALARM_CONDITION", "sensed"),
    ("EQ_deviceID=https://id.gs1.org/8004/4000001111", "sensed"),
    ("GE_time=2026-11-28T03:59:00Z", "sensed"),
    ("LT_time=2026-11-28T03:59:00Z", ""),
    ("EQ_value_CEL=4", "sensed"),  # 39.2 degrees Fahrenheit
    ("GE_value_KEL=277.15", "sensed"),
    ("GT_value_CEL=4", ""),
    ("LT_value_CEL=4.01&GT_value_CEL=3.99", "sensed"),
    ("GE_minValue_P1=80&LE_maxValue_P1=90", "sensed"),
    ("EQ_value=3", "sensed"),
    ("HASATTR_bizLocation=urn:x:y", ""),
    ("EQATTR_bizLocation_urn:x:y=z", ""),
    ("orderBy=eventTime&orderDirection=ASC", "seen seen grown sensed packed made"),
    ("orderBy=eventTime", "made packed sensed grown seen seen"),
    ("orderBy=recordTime&orderDirection=DESC", "seen made packed sensed grown seen"),
    ("eventCountLimit=2&orderBy=eventTime&orderDirection=DESC", "made packed"),
    ("maxEventCount=6", "seen grown sensed packed made seen"),
]


async def test_each_parameter_finds_what_it_says(served: Served) -> None:
    assert (await capture(served, SEEN, GROWN, SENSED, PACKED, MADE, WRONG))["errors"] == []
    found = {query: await find(served, query, headers=EXAMPLE) for query, _ in CASES}
    assert found == {query: [f"urn:x:{each}" for each in ids.split()] for query, ids in CASES}


async def test_events_below_a_resource_are_those_of_it(served: Served) -> None:
    await capture(served, SEEN, GROWN, SENSED, PACKED, MADE)
    for path, ids in (
        ("bizSteps/shipping/events", ["urn:x:seen"]),
        ("eventTypes/AggregationEvent/events", ["urn:x:packed"]),
        (f"epcs/{q(box(5))}/events", ["urn:x:sensed", "urn:x:packed"]),
        (f"readPoints/{q(HERE)}/events", ["urn:x:seen"]),
        (f"bizLocations/{q(THERE)}/events", ["urn:x:seen"]),
        ("dispositions/in_transit/events", ["urn:x:seen"]),
        ("dispositions/recalled/events", []),
    ):
        assert [each["eventID"] for each in events_in(await ask(served, path=path))] == ids, path


async def test_resources_are_what_events_have_used(served: Served) -> None:
    await capture(served, SEEN, GROWN, SENSED, PACKED, MADE)
    for resource, members in (
        ("bizSteps", ["commissioning", "packing", "sensor_reporting", "shipping"]),
        ("eventTypes", ["AggregationEvent", "ObjectEvent", "TransformationEvent"]),
        ("dispositions", ["in_transit"]),
        ("readPoints", ["https://id.gs1.org/414/4012345000054"]),
        ("bizLocations", ["https://id.gs1.org/414/4012345000054/254/122"]),
    ):
        answer = await ask(served, path=resource)
        assert (answer.body["type"], answer.body["member"]) == ("Collection", members)
    assert (await ask(served, path="bizSteps/packing")).body["@set"] == ["events"]
    assert (await ask(served, path=f"epcs/{q(box(5))}")).body["@set"] == ["events"]
    assert (await ask(served, path=f"epcs/{q(box(6))}")).body["type"] == "epcisException:NoSuchResourceException"
    assert (await ask(served, path="")).body["@set"][:2] == ["capture", "events"]


async def test_epcs_are_listed_once_and_in_pages(served: Served) -> None:
    await capture(served, *(observed(box(n % 7), box(100 + n)) for n in range(20)))
    seen: list[str] = []
    query = "perPage=4"
    for _ in range(10):
        answer = await ask(served, query, path="epcs")
        seen += answer.body["member"]
        query = answer.headers.get("Link", "<?>").partition(">")[0].partition("?")[2]
        if not query:
            break
    assert sorted(seen) == sorted({*(box(n) for n in range(7)), *(box(100 + n) for n in range(20))})


def parameters(name: str) -> list[tuple[str, list[str]]]:
    """Of a query of OpenEPCIS."""
    value = loaded(VECTORS / "epcis-openepcis" / "Query" / "Queries" / f"{name}.json")
    return [(key, each if isinstance(each, list) else [str(each)]) for key, each in value.items() if key != "@context"]


WRONG_QUERIES = [
    "GE_eventDate=2026-01-01T00:00:00Z",  # T17
    "EQ_action=SHIPPED",
    "orderDirection=SIDEWAYS",
    "GE_eventTime=not-a-date",
    "orderBy=weight",
    "perPage=0",
    "perPage=x",
    "eventCountLimit=1&maxEventCount=1",
    "EQ_quantity=much",
    "GE_quantity=1,2",
    "GE_value_C=4",
    "EQ_unknown:grade=A",
    "EXISTS_errorDeclaration=maybe",
    "MATCH_epc=urn:epc:idpat:nothing:*",
    "eventType=SaleEvent",
    "EQ_bizStep=%FF",
    "EQ_eventID=a%00b",
]


async def test_t17_what_is_no_parameter_or_value_is_refused(served: Served) -> None:
    for query in WRONG_QUERIES:
        answer = await ask(served, query)
        assert (answer.status, answer.body["type"]) == (400, "epcisException:QueryParameterException"), query


async def test_a_parameter_without_a_value_is_of_what_is_empty(served: Served) -> None:
    await capture(served, SEEN)
    assert events_in(await ask(served, "EQ_bizStep")) == []


@others
@pytest.mark.parametrize("name", ["Query_with_invalid_values", "Query_with_unknown_parameter"])
def test_t17_queries_that_openepcis_refuses_are_refused(name: str) -> None:
    with pytest.raises(QueryInvalid):
        parsed(parameters(f"Invalid/{name}"))


@others
def test_a_query_that_openepcis_takes_is_taken() -> None:
    found = parsed(parameters("SimpleEventQuery"))
    assert (found.limit, found.is_descending, len(found.vals), len(found.things)) == (100, True, 2, 1)


async def test_t29_an_address_that_is_too_long_is_refused(served: Served) -> None:
    limit = served.application.context.config(EpcisConfig).epcis_address_chars_max
    answer = await ask(served, "EQ_eventID=" + "x" * limit)
    assert (answer.status, answer.body["type"]) == (414, "epcisException:URITooLongException")


async def test_more_events_than_were_allowed_are_refused(served: Served) -> None:
    await capture(served, SEEN, GROWN)
    answer = await ask(served, "maxEventCount=1")
    assert (answer.status, answer.body["type"]) == (413, "epcisException:QueryTooLargeException")


async def test_t30_pages_have_every_event_once_whatever_is_captured_meanwhile(served: Served) -> None:
    await capture(served, *(observed(box(n), at=f"2026-11-28T10:00:{n // 5:02}+08:00") for n in range(50)))
    later = 1_000
    for order in ("", "&orderBy=eventTime&orderDirection=ASC", "&orderBy=eventTime", "&orderDirection=DESC"):
        there = set(await find(served, "perPage=1000"))
        seen: list[str] = []
        query = "perPage=9" + order
        for _ in range(20):
            answer = await ask(served, query)
            seen += [each["eventID"] for each in events_in(answer)]
            later += 1
            await capture(served, observed(box(later), at="2026-11-28T10:00:04+08:00"))
            query = answer.headers.get("Link", "<?>").partition(">")[0].partition("?")[2]
            if not query:
                break
        assert len(seen) == len(set(seen))
        assert there <= set(seen)


async def test_eventcountlimit_holds_over_pages(served: Served) -> None:
    await capture(served, *(observed(box(n)) for n in range(12)))
    first = await ask(served, "perPage=4&eventCountLimit=6")
    second = await ask(served, first.headers["Link"].partition(">")[0].partition("?")[2])
    assert (len(events_in(first)), len(events_in(second)), "Link" in second.headers) == (4, 2, False)


async def test_t30_a_token_of_another_query_or_time_is_refused(served: Served) -> None:
    await capture(served, *(observed(box(n)) for n in range(12)))
    first = await ask(served, "perPage=4")
    assert first.headers["GS1-Next-Page-Token-Expires"] == "2027-01-15T09:00:00.000Z"
    token = first.headers["Link"].partition("nextPageToken=")[2].partition(">")[0]
    tokens = (token[:-2] + "AA", "x", "%C3%A9")
    for query in (f"EQ_action=OBSERVE&nextPageToken={token}", *(f"nextPageToken={each}" for each in tokens)):
        answer = await ask(served, query)
        told = (answer.status, answer.body["type"], answer.body["code"])
        assert told == (400, "epcisException:QueryParameterException", 6047)
    served.clock.now_s += 3_601
    assert (await ask(served, f"perPage=4&nextPageToken={token}")).body["code"] == 6047


async def test_an_event_nobody_captured_is_not_there(served: Served) -> None:
    answer = await ask(served, path="events/urn%3Ax%3Anone")
    assert (answer.status, answer.body["type"]) == (404, "epcisException:NoSuchResourceException")
    assert (await served.call("GET /epcis/v2/events", role=Role.ADMIN)).body["@context"] == [CONTEXT[0]]
