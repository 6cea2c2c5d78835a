"""A document is captured wholly or, if asked, without what is wrong in it; each event comes in once, and into the log."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.trace.epcis.calls import ask, capture, events_in, job
from tests.trace.epcis.documents import CONTEXT, box, document, events_of, loaded, observed, others, vectors
from trace.epcis.capturing import entry_of
from trace.epcis.context import STANDARD
from trace.epcis.hashing import event_hash
from trace.epcis.settings import EpcisConfig
from trace.log import entries

URN = "urn:uuid:7d4b5c1e-6c2b-4b53-8d1c-1f2f3f4f5f6"
BAD = observed(box(0), bizStep="transforming")


async def stored(served: Served) -> tuple[int, int]:
    """Events, and entries of the log."""
    return await served.database.fetchval("SELECT count(*) FROM epcis_events"), await served.database.fetchval(
        'SELECT count(*) FROM log_entries WHERE entry LIKE \'%"type":"epcis"%\''
    )


async def test_an_event_gets_its_hash_as_id_and_an_entry_of_the_log(served: Served) -> None:
    event = observed(box(1))
    assert (await capture(served, event))["success"] is True
    assert await stored(served) == (1, 1)
    row = await served.database.fetchrow(
        "SELECT e.event_id, l.entry FROM epcis_events e JOIN log_entries l ON l.id = e.entry"
    )
    assert row is not None
    entry = json.loads(row["entry"])
    assert row["event_id"] == entry["hash"] == event_hash(event)
    kept = await served.database.fetchval("SELECT event::text FROM epcis_events")
    assert json.loads(kept) == {**event, "@context": CONTEXT, "eventID": event_hash(event)}
    # What others say may not be for everybody: the log has it by its hash alone.
    assert set(entry) == {"at", "type", "hash", "id", "sha256", "bytes"}


async def test_t23_t24_one_bad_event_takes_the_document_with_it(served: Served) -> None:
    found = await capture(served, *(observed(box(n)) for n in range(99)), BAD)
    assert await stored(served) == (0, 0)
    assert found == {
        "captureID": found["captureID"],
        "createdAt": "2027-01-15T08:00:00.000Z",
        "finishedAt": "2027-01-15T08:00:00.000Z",
        "running": False,
        "success": False,
        "captureErrorBehaviour": "rollback",
        "errors": [
            {
                "type": "epcisException:ValidationException",
                "title": "ValidationException",
                "status": 400,
                "detail": "bizStep: 'transforming' is no bizStep of the standard, and no URI",
                "code": 6040,
                "faults": ["bizStep: 'transforming' is no bizStep of the standard, and no URI"],
                "index": 99,
            }
        ],
    }


async def test_t23_t24_by_proceed_the_others_are_kept(served: Served) -> None:
    found = await capture(served, BAD, *(observed(box(n)) for n in range(99)), behaviour="proceed")
    assert await stored(served) == (99, 99)
    assert (found["success"], found["captureErrorBehaviour"], len(found["errors"])) == (False, "proceed", 1)


async def test_a_behaviour_that_is_none_is_refused(served: Served) -> None:
    answer = await served.call(
        "POST /epcis/v2/capture",
        document(observed(box(1))),
        role=Role.OPS,
        headers={"GS1-Capture-Error-Behaviour": "maybe"},
    )
    assert (answer.status, answer.body["type"]) == (400, "epcisException:ValidationException")
    assert await stored(served) == (0, 0)


NO_DOCUMENTS = (
    b"",
    b"{",
    b"[" * 100_000,
    b'{"type": "EPCISDocument"}',
    b'{"type": "EPCISDocument", "x": NaN}',
    b"\xff\xfe",
    json.dumps({**document(observed(box(1))), "creationDate": "yesterday"}).encode(),
)


async def test_what_is_no_document_is_refused_at_once(served: Served) -> None:
    for raw in NO_DOCUMENTS:
        answer = await served.call("POST /epcis/v2/capture", raw=raw, role=Role.OPS)
        assert (answer.status, answer.body["title"]) == (400, "ValidationException"), raw[:50]
    assert await served.database.fetchval("SELECT count(*) FROM epcis_jobs") == 0


async def test_t29_more_events_than_the_limit_are_refused_with_the_limits(served: Served) -> None:
    limit = served.application.context.config(EpcisConfig).epcis_capture_events_max
    answer = await served.call("POST /epcis/v2/capture", document(*[{}] * (limit + 1)), role=Role.OPS)
    assert (answer.status, answer.body["type"]) == (413, "epcisException:CaptureLimitExceededException")
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "10000"
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == "33554432"


async def test_t29_a_body_that_is_too_large_is_refused_with_the_limits(served: Served) -> None:
    limit = served.application.context.config(EpcisConfig).epcis_capture_bytes_max
    answer = await served.call("POST /epcis/v2/capture", raw=b" " * (limit + 1), role=Role.OPS)
    assert (answer.status, answer.body["title"]) == (413, "CaptureLimitExceededException")
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(limit)


async def test_an_event_that_was_captured_is_that_events_error_in_a_job(served: Served) -> None:
    await capture(served, observed(box(1)))
    again = await capture(served, observed(box(2)), observed(box(1)))
    assert await stored(served) == (1, 1)
    (error,) = again["errors"]
    assert (error["title"], error["status"], error["index"], error["event_id"]) == (
        "ResourceAlreadyExistsException",
        409,
        1,
        event_hash(observed(box(1))),
    )
    await capture(served, observed(box(2)), observed(box(1)), observed(box(2)), behaviour="proceed")
    assert await stored(served) == (2, 2)


async def test_one_event_is_captured_by_itself_once(served: Served) -> None:
    event = {**observed(box(1)), "@context": CONTEXT, "eventID": f"{URN}1"}
    first = await served.call("POST /epcis/v2/events", event, role=Role.OPS)
    assert (first.status, first.body) == (201, {"eventID": f"{URN}1"})
    assert first.headers["Location"] == "/epcis/v2/events/urn%3Auuid%3A7d4b5c1e-6c2b-4b53-8d1c-1f2f3f4f5f61"
    assert (await served.call(f"GET {first.headers['Location']}", role=Role.OPS)).status == 200
    second = await served.call("POST /epcis/v2/events", event, role=Role.OPS)
    assert (second.status, second.body["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    wrong = await served.call("POST /epcis/v2/events", {**BAD, "@context": CONTEXT}, role=Role.OPS)
    assert (wrong.status, wrong.body["type"]) == (400, "epcisException:ValidationException")
    assert await stored(served) == (1, 1)


LONG = "é" * 1_500
LONGEST = "é" * 995


async def test_what_no_index_could_hold_is_refused_and_all_else_is_stored(served: Served) -> None:
    for refused in (
        observed(f"urn:x:{LONG}"),
        {**observed(box(1)), "eventID": f"urn:x:{LONG}"},
        {**observed(box(1)), f"example:{LONG}": 1},
        {**observed(box(1)), "example:x": {LONG: 1}},
        {**observed(box(1)), "bizStep": f"https://example.com/{LONG}"},
        {**observed(box(1)), "example:x": "\0"},
        {**observed(box(1)), "example:x": {"\0": 1}},
    ):
        assert [each["title"] for each in (await capture(served, refused))["errors"]] == ["ValidationException"]
    kept = {
        **observed(f"urn:x:{LONGEST}"),
        "action": "ADD",
        "eventID": f"urn:x:{LONGEST}",
        "readPoint": {"id": f"urn:x:{LONGEST}"},
        "bizStep": f"urn:x:{LONGEST}",
        "example:x": {f"example:{'é' * 450}": LONG * 20},
        "ilmd": {"cbvmda:lotNumber": LONG},
    }
    assert (await capture(served, kept))["errors"] == []
    assert await stored(served) == (1, 1)


async def test_captures_of_the_same_events_at_once_store_each_once(served: Served) -> None:
    events = [observed(box(n)) for n in range(20)]
    found = await asyncio.gather(*(capture(served, *events[n:], *events[:n], behaviour="proceed") for n in range(6)))
    assert await stored(served) == (20, 20)
    assert sum(len(each["errors"]) for each in found) == 100
    event = {**observed(box(99)), "@context": CONTEXT}
    calls = [served.call("POST /epcis/v2/events", event, role=Role.OPS) for _ in range(6)]
    assert sorted(each.status for each in await asyncio.gather(*calls)) == [201, *[409] * 5]
    assert await stored(served) == (21, 21)


async def test_t22_an_error_declaration_is_no_duplicate_and_both_are_given_back(served: Served) -> None:
    event = observed(box(1))
    declaration = {
        **event,
        "errorDeclaration": {"declarationTime": "2026-11-29T08:00:00+08:00", "reason": "incorrect_data"},
    }
    await capture(served, event)
    assert (await capture(served, declaration))["success"] is True
    assert (await capture(served, declaration))["success"] is False  # the same one again is
    both = events_in(await ask(served, path="events/" + event_hash(event).replace("/", "%2F").replace("?", "%3F")))
    assert [each.get("errorDeclaration", {}).get("reason") for each in both] == [None, "incorrect_data"]
    assert {each["eventID"] for each in both} == {event_hash(event)}


async def test_t18_the_offset_is_given_back_as_it_was_captured(served: Served) -> None:
    event = {**observed(box(1)), "eventTime": "2026-11-28T11:00:00Z", "eventTimeZoneOffset": "+02:00"}
    await capture(served, event)
    (found,) = events_in(await ask(served))
    assert (found["eventTime"], found["eventTimeZoneOffset"]) == ("2026-11-28T11:00:00Z", "+02:00")


async def test_an_event_that_is_too_large_for_the_log_goes_in_by_its_hash(served: Served) -> None:
    event = observed(*(box(n) for n in range(2_000)))
    await capture(served, event)
    entry = json.loads(await served.database.fetchval("SELECT entry FROM log_entries WHERE entry LIKE '%\"epcis\"%'"))
    assert sorted(entry) == ["at", "bytes", "hash", "id", "sha256", "type"]
    assert entry["hash"] == event_hash(event)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_entry_is_written_as_the_log_writes_its_entries(text: str) -> None:
    raw = json.dumps({"eventID": "urn:x:1", "example:said": text}, ensure_ascii=False).encode()
    written = entries.encoded("epcis", 1_800_000_000_123, {"hash": "ni:///x", "event": raw.decode()})
    assert entry_of("ni:///x", "urn:x:1", raw, 1_800_000_000_123, is_ours=True) == written


async def test_an_event_brings_no_more_of_a_context_than_it_needs(served: Served) -> None:
    junk = {"@id": "https://example.org/", "junk": ["x" * 100] * 100}
    sent = document(observed(box(1), example__grade="A"))
    sent["@context"] = [STANDARD, {"example": junk, "@base": "y" * 10_000}]
    answer = await served.call("POST /epcis/v2/capture", sent, role=Role.OPS)
    assert answer.status == 202
    (found,) = events_in(await ask(served))
    assert found["@context"] == [STANDARD, {"example": "https://example.org/"}]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999Z"])
async def test_a_time_at_the_end_of_all_calendars_is_none(time: str, served: Served) -> None:
    event = observed(box(1)) | {"eventTime": time}
    answer = await served.call("POST /epcis/v2/events", event | {"@context": CONTEXT}, role=Role.OPS)
    assert answer.status == 400
    assert await stored(served) == (0, 0)


async def test_a_context_within_an_event_that_is_none_is_a_fault_of_the_event(served: Served) -> None:
    event = observed(box(1), example__a={"@context": 5})
    answer = await served.call("POST /epcis/v2/events", event | {"@context": CONTEXT}, role=Role.OPS)
    assert answer.status == 400


async def test_extensions_mean_the_same_when_they_come_back(served: Served) -> None:
    await capture(served, observed(box(1), example__grade="A"))
    (found,) = events_in(await ask(served))
    assert found["example:grade"] == "A"
    assert found["@context"] == CONTEXT


async def test_only_who_exchanges_events_may(served: Served) -> None:
    for role, status in ((None, 401), (Role.VIEWER, 403), (Role.FARM, 403)):
        for call in ("GET /epcis/v2/events", "GET /epcis/v2/capture", "POST /epcis/v2/capture", "GET /epcis/v2/epcs"):
            body = document(observed(box(1))) if call.startswith("POST") else None
            answer = await served.call(call, body, role=role)
            assert (answer.status, answer.body["type"]) == (status, "epcisException:SecurityException")
    assert await stored(served) == (0, 0)


async def test_what_an_address_takes_is_told(served: Served) -> None:
    answer = await served.call("OPTIONS /epcis/v2/events", role=None)
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert answer.headers["GS1-EPCIS-Version"] == answer.headers["GS1-EPCIS-Max"] == "2.0.0"
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "rollback"


async def test_jobs_are_listed_the_latest_first_and_in_pages(served: Served) -> None:
    made = []
    for n in range(5):
        served.clock.now_s += 1
        made.append((await capture(served, observed(box(n))))["captureID"])
    address, seen = "/epcis/v2/capture?perPage=2", []
    for _ in range(3):
        answer = await served.call(f"GET {address}", role=Role.OPS)
        seen += [each["captureID"] for each in answer.body]
        address = answer.headers.get("Link", "<>").partition(">")[0][1:]
    assert (seen, address) == (made[::-1], "")
    assert (await served.call("GET /epcis/v2/capture/none", role=Role.OPS)).body["title"] == "NoSuchResourceException"
    assert (await served.call("GET /epcis/v2/capture?perPage=x", role=Role.OPS)).status == 400


@others
async def test_every_document_of_gs1_is_captured_and_given_back(served: Served) -> None:
    left_out = ("@context", "recordTime", "eventID")
    seen = 0
    for path in vectors("epcis/JSON/**/*.jsonld"):
        value: Any = loaded(path.values[0])
        answer = await served.call(
            "POST /epcis/v2/capture", value, role=Role.OPS, headers={"GS1-Capture-Error-Behaviour": "proceed"}
        )
        assert answer.status == 202
        errors = (await job(served, answer.headers["Location"]))["errors"]
        again = {each["index"] for each in errors if each["title"] == "ResourceAlreadyExistsException"}
        assert len(again) == len(errors), path  # some events stand in several of the documents
        sent = [each for n, each in enumerate(events_of(value)) if n not in again]
        back = events_in(await ask(served, "perPage=1000"))[seen:]
        seen += len(back)
        assert [{k: v for k, v in each.items() if k not in left_out} for each in back] == [
            {k: v for k, v in each.items() if k not in left_out} for each in sent
        ]
    assert seen > 30


# --- large events ---


async def test_an_event_has_only_so_much_in_it(database_url: str) -> None:
    large, most = observed(*(box(n) for n in range(100))), observed(*(box(n) for n in range(92)))
    deep = observed(box(1), example__deep={f"example:{n}": [n] for n in range(50)})
    async with serving(database_url, epcis_event_members_max=100) as served:
        for event in (large, deep):
            found = await capture(served, observed(box(0)), event)
            (error,) = found["errors"]
            assert (error["code"], error["index"], error["members_max"]) == (6049, 1, 100)
            assert error["title"] == "CaptureLimitExceededException"
            assert await stored(served) == (0, 0)
        alone = await served.call("POST /epcis/v2/events", {**large, "@context": CONTEXT}, role=Role.OPS)
        assert (alone.status, alone.body["code"], alone.body["members_max"]) == (413, 6049, 100)
        assert await stored(served) == (0, 0)
        assert (await capture(served, large, most, behaviour="proceed"))["success"] is False
        assert await stored(served) == (1, 1)


async def test_others_are_answered_while_a_large_event_is_checked(served: Served) -> None:
    large = observed(*(box(n) for n in range(15_000)))
    capturing = asyncio.create_task(capture(served, large))
    answered = 0
    while not capturing.done() and answered < 5:
        await served.call("GET /healthz", role=None)
        answered += not capturing.done()
    assert answered == 5
    assert (await capturing)["success"] is True
    assert await served.database.fetchval("SELECT count(*) FROM epcis_links") == 15_000


async def test_who_took_events_in_is_in_the_audit_log_once(served: Served) -> None:
    job_ = (await capture(served, observed(box(1)), observed(box(2))))["captureID"]
    await capture(served, observed(box(3)), BAD)  # nothing of it
    alone = {**observed(box(4)), "@context": CONTEXT, "eventID": URN}
    for status in (201, 409):
        assert (await served.call("POST /epcis/v2/events", alone, role=Role.OPS)).status == status
    acts = (await served.done("GET /api/audit?type=epcis_captured", role=Role.ADMIN))["items"]
    assert [(act["by"]["id"], act["subject"], act["data"]) for act in acts] == [
        ("the-ops", URN, {"events": 1}),
        ("the-ops", job_, {"events": 2}),
    ]
    assert {len(act["network"]) for act in acts} == {16}
