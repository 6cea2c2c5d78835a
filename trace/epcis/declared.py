"""The addresses of EPCIS 2.0 as our OpenAPI document lists them; what goes in and out is in the standard's. Pure: no I/O."""

from livehub.base.auth import Permission
from livehub.base.errors import LivehubError, UnsupportedMediaType
from livehub.base.raw_calls import RawCall
from trace.epcis import errors

ROOT = "/epcis/v2"
JSON = ("application/json", "application/ld+json")
SHEETS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
STANDARD = "https://ref.gs1.org/standards/epcis/openapi.json"
_PAGED = ("perPage", "nextPageToken")
_OF_QUERIES = (errors.QueryInvalid, errors.QueryTooLarge, errors.AddressTooLong, errors.PageTokenStale)
_OF_CAPTURES = (errors.EventsInvalid, errors.CaptureTooLarge, UnsupportedMediaType)


def _call(
    method: str,
    path: str,
    summary: str,
    *refuses: type[LivehubError],
    gives: dict[int, tuple[str, ...]] | None = None,
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
) -> RawCall:
    return RawCall(
        method, ROOT + path, summary, {200: JSON[:1]} if gives is None else gives, may=Permission.EXCHANGE_EVENTS,
        takes=JSON if method == "POST" else (), query=query, headers=headers, refuses=refuses, standard=STANDARD,
    )  # fmt: skip


CALLS = (
    _call(
        "POST", "/capture", "Capture a document of events; its job is told of in Location.", *_OF_CAPTURES, gives={202: ()},
        headers=("GS1-Capture-Error-Behaviour",),
    ),
    _call("GET", "/capture", "Captures, the latest first.", errors.QueryInvalid, query=_PAGED),
    _call("GET", "/capture/{job}", "What became of a capture.", errors.EpcisNotFound),
    _call(
        "POST", "/events", "Capture one event.", *_OF_CAPTURES, errors.EventCaptured, errors.EventTooLarge,
        gives={201: JSON[:1]},
    ),
    _call("GET", "/events", "Events that match all of the standard's parameters that are given.", *_OF_QUERIES,
          query=_PAGED, headers=("GS1-Extensions",)),
    _call("GET", "/events/{event}", "An event, and what declared it an error.", errors.EpcisNotFound),
    _call("GET", "", "What there is."),
    _call("GET", "/", "What there is."),
    _call("GET", "/{resource}", "What events have used of types, EPCs, steps, places or dispositions.", *_OF_QUERIES,
          query=_PAGED),
    _call("GET", "/{resource}/{value}", "That there are events below.", errors.EpcisNotFound),
    _call("GET", "/{resource}/{value}/events", "Events of one of them, with all parameters.", *_OF_QUERIES, query=_PAGED,
          headers=("GS1-Extensions",)),
    _call("GET", "/epcs/{value}/trace", "All events of a lot, forward and back; or the sheet of FSMA 204.",
          errors.EpcisNotFound, errors.LineageTooWide, gives={200: (*JSON[:1], *SHEETS)}),
)  # fmt: skip
