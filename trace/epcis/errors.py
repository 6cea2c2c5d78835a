"""Refusals of EPCIS: codes 6040 to 6059, each with the name that the standard has for it. Pure: no I/O."""

from typing import ClassVar

from livehub.base.errors import LivehubError


class EpcisError(LivehubError):
    """Base of what the standard has a name for: `exception`, which stands in the problem's `type`."""

    exception: ClassVar[str] = "ImplementationException"


class EventsInvalid(EpcisError):
    """What was sent is no EPCIS 2.0. `faults`: what is wrong, each with its place. Correct it; nothing was stored."""

    code, name, status, text = 6040, "events_invalid", 400, "This is no EPCIS 2.0 document."
    exception = "ValidationException"


class EventCaptured(EpcisError):
    """There is an event with this id, `event_id`, already. An error declaration is sent with the id of what it declares."""

    code, name, status, text = 6041, "event_captured", 409, "This event was captured before."
    exception = "ResourceAlreadyExistsException"


class CaptureTooLarge(EpcisError):
    """More than one capture takes: `events_max` events, `bytes_max` bytes. Send it in parts."""

    code, name, status, text = 6042, "capture_too_large", 413, "This is more than one capture takes."
    exception = "CaptureLimitExceededException"


class QueryInvalid(EpcisError):
    """`parameter` is none of the standard's, or its value cannot be one."""

    code, name, status, text = 6043, "query_invalid", 400, "A parameter of the query is not right."
    exception = "QueryParameterException"


class QueryTooLarge(EpcisError):
    """More events match than `maxEventCount` allows. Ask for less, or in pages."""

    code, name, status, text = 6044, "query_too_large", 413, "More events match than were asked for at most."
    exception = "QueryTooLargeException"


class EpcisNotFound(EpcisError):
    """There is no such event, job or resource."""

    code, name, status, text = 6045, "epcis_not_found", 404, "There is no such event or resource."
    exception = "NoSuchResourceException"


class AddressTooLong(EpcisError):
    """The query is longer than an address may be. Ask for fewer values at a time."""

    code, name, status, text = 6046, "address_too_long", 414, "The query is too long for an address."
    exception = "URITooLongException"


class PageTokenStale(EpcisError):
    """The nextPageToken is too old, of another query, or none of ours. Ask for the first page again."""

    code, name, status, text = 6047, "page_token_stale", 400, "This page can't be continued."
    exception = "QueryParameterException"


class EventTooLarge(EpcisError):
    """More things, values and names than one event may have: `members_max`. Send it in several events."""

    code, name, status, text = 6049, "event_too_large", 413, "This event has more in it than one may have."
    exception = "CaptureLimitExceededException"


class LineageTooWide(EpcisError):
    """So much comes of this lot, or goes into it, that it cannot be shown at once: more than `limit`."""

    code, name, status, text = 6048, "lineage_too_wide", 413, "Too much belongs to this lot to trace it at once."
    exception = "QueryTooLargeException"
