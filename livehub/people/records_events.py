"""Domain events about people: what other packages react to."""

from msgspec import Struct


class PersonErased(Struct, frozen=True, kw_only=True, tag_field="event", tag="person_erased"):
    """Somebody was erased: forget whatever PostgreSQL does not have (files, copies with others). `person` stands in this
    event until it is looked after (LIVEHUB_ERASE_SWEEP_S), then only what stands in its place.
    """

    person: str
    erasure: str


class ConsentChanged(Struct, frozen=True, kw_only=True, tag_field="event", tag="consent_changed"):
    """Somebody agreed to a purpose, or no longer does."""

    person: str
    purpose: str
    granted: bool
    version: str


class ExportReady(Struct, frozen=True, kw_only=True, tag_field="event", tag="export_ready"):
    """Somebody's export can be fetched until `ends_ts` (Unix ms)."""

    person: str
    export: str
    bytes: int
    ends_ts: int
