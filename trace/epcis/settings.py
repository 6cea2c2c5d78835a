"""Settings of EPCIS."""

from typing import Annotated

from livehub.base.config import Config, described


class EpcisConfig(Config, frozen=True, kw_only=True):
    """What EPCIS reads, on top of what everybody does."""

    epcis_capture_events_max: Annotated[int, described("events in one EPCIS capture", ge=1, le=100_000)] = 10_000
    epcis_capture_bytes_max: Annotated[int, described("bytes of one EPCIS capture", ge=1_024, le=268_435_456)] = (
        33_554_432
    )
    epcis_event_members_max: Annotated[
        int, described("things, values and names in one EPCIS event that somebody sends", ge=100, le=1_000_000)
    ] = 20_000
    epcis_captures_at_once_max: Annotated[
        int, described("EPCIS captures that are checked at a time, each in a thread; others wait", ge=1, le=64)
    ] = 2
    epcis_page_events_max: Annotated[int, described("events on one page of an EPCIS query", ge=1, le=10_000)] = 1_000
    epcis_page_token_ttl_s: Annotated[
        float, described("how long an EPCIS query can be continued", ge=1, le=604_800)
    ] = 3_600.0
    epcis_address_chars_max: Annotated[
        int, described("characters in the address of an EPCIS query", ge=100, le=8_000)
    ] = 6_000
    epcis_lineage_things_max: Annotated[
        int, described("lots, boxes and containers that a trace of one lot follows", ge=10, le=1_000_000)
    ] = 50_000
    epcis_lineage_steps_max: Annotated[
        int, described("steps that a trace of one lot goes, forward or back", ge=1, le=1_000)
    ] = 64
