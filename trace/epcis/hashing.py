"""The event hash of CBV 2.0, 8.9: an id that follows from what an event says, however it is written. Pure: no I/O.

    ni:///sha-256;6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7?ver=CBV2.0

The pre-hash string joins name=value in a fixed order. Lists are sorted, instants are in UTC with milliseconds, numbers without
useless digits, GS1 keys as canonical Digital Links, words of the standard as URIs, extensions under their namespace. Not in it:
eventID, recordTime, errorDeclaration, comments (so that an event and the declaration that it was an error have one id).

The text of the standard leaves gaps, and programs differ in them. Where it does, this is what the program that the standard's
authors keep (RalphTro/epcis-event-hash-generator 1.9) does: its vectors are tests. Numbers of any length keep all their digits.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from trace.epcis import vocabulary
from trace.epcis.context import full_name, prefixes_of
from trace.epcis.times import in_utc, parsed_ms
from trace.epcis.vocabulary import PREFIXES, Vocabulary
from trace.gs1.epc_urns import canonical_link

Prefixes = Mapping[str, str]
Event = Mapping[str, Any]

_LEFT_OUT = frozenset({
    "@context", "type", "eventID", "recordTime", "errorDeclaration", "rdfs:comment", "comment",
})  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
NUMBER_CHARS_MAX = 64
_URNS = tuple(
    (each.urn, each.namespace)
    for each in (
        vocabulary.BIZ_STEPS,
        vocabulary.DISPOSITIONS,
        vocabulary.BIZ_TRANSACTIONS,
        vocabulary.SOURCES_AND_DESTINATIONS,
        vocabulary.ERROR_REASONS,
    )
)
_STANDARD = ("https://ref.gs1.org", "https://gs1.org")


def event_hash(event: Event, prefixes: Prefixes = PREFIXES) -> str:
    """`prefixes`: of the document's context; the event's own is added. The event has been found valid."""
    return f"ni:///sha-256;{sha256(prehash(event, prefixes).encode()).hexdigest()}?ver=CBV2.0"


def prehash(event: Event, prefixes: Prefixes = PREFIXES) -> str:
    """The string that is hashed."""
    known = prefixes_of(event.get("@context"), prefixes)
    parts = [f"eventType={event['type']}"]
    for name, write in _FIELDS:
        if name in event:
            parts.append(write(name, event[name], known))
    parts.append(_rest(event, known, _NAMES))
    return "".join(parts)


# --- values ---


def _canonical(value: Any, prefixes: Prefixes) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).strip()
    prefix, colon, rest = text.partition(":")
    if colon and prefix in prefixes and prefixes[prefix].startswith(_STANDARD):
        text = prefixes[prefix] + rest
    if text.startswith("urn:epcglobal:cbv:"):
        for urn, namespace in _URNS:
            text = text.replace(urn, namespace)
    if len(text) <= NUMBER_CHARS_MAX and _NUMBER.fullmatch(text):
        return _shortest(text)
    return canonical_link(text) or text


def _shortest(number: str) -> str:
    text = format(Decimal(number), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# --- how each field is written: name, value, prefixes -> text ---

Writer = Callable[[str, Any, Prefixes], str]


def _value(name: str, value: Any, prefixes: Prefixes) -> str:
    """name=value; of a list, for each."""
    if isinstance(value, list):
        return "".join(sorted(_value(name, each, prefixes) for each in value))
    text = _canonical(value, prefixes)
    return f"{name}={text}" if text else ""


def _exact(name: str, value: Any, _prefixes: Prefixes) -> str:
    return f"{name}={value}"


def _time(name: str, value: Any, _prefixes: Prefixes) -> str:
    return f"{name}={in_utc(parsed_ms(value))}"


def _word(words: Vocabulary) -> Writer:
    def write(name: str, value: Any, prefixes: Prefixes) -> str:
        if isinstance(value, list):
            return "".join(sorted(write(name, each, prefixes) for each in value))
        if value in words.words:
            return f"{name}={words.namespace}{value}"
        standard = {each: uri for each, uri in prefixes.items() if uri.startswith(_STANDARD)}
        return f"{name}={vocabulary.expanded(words, value, standard)}"

    return write


def _keys(name: str, value: Any, prefixes: Prefixes) -> str:
    text = "".join(sorted(f"epc={_canonical(each, prefixes)}" for each in value))
    return name + text if text else ""


def _list_of(element: str, write: Writer) -> Writer:
    def listed(name: str, value: Any, prefixes: Prefixes) -> str:
        text = "".join(sorted(write(element, each, prefixes) for each in value))
        return name + text if text else ""

    return listed


def _each(write: Writer) -> Writer:
    def listed(name: str, value: Any, prefixes: Prefixes) -> str:
        return "".join(sorted(write(name, each, prefixes) for each in value))

    return listed


def _members(*fields: tuple[str, Writer]) -> Writer:
    """Of an object: its fields in this order, then its extensions."""
    names = frozenset(name for name, _ in fields)

    def write(name: str, value: Any, prefixes: Prefixes) -> str:
        known = prefixes_of(value.get("@context"), prefixes) if "@context" in value else prefixes
        parts = [write_field(each, value[each], known) for each, write_field in fields if each in value]
        text = "".join(parts) + _rest(value, known, names, left_out=_NOTES)
        return name + text if text else ""

    return write


_NOTES = frozenset({"@context", "rdfs:comment", "comment"})


def _rest(
    value: Mapping[str, Any], prefixes: Prefixes, names: frozenset[str], left_out: frozenset[str] = _LEFT_OUT
) -> str:
    """What is of no field: extensions, sorted."""
    parts: list[str] = []
    for name, each in value.items():
        if name not in names and name not in left_out:
            parts += _extension(full_name(name, prefixes), each, prefixes)
    return "".join(sorted(parts))


def _extension(name: str, value: Any, prefixes: Prefixes) -> list[str]:
    if isinstance(value, list):
        return [part for each in value for part in _extension(name, each, prefixes)]
    if isinstance(value, Mapping):
        known = prefixes_of(value.get("@context"), prefixes) if "@context" in value else prefixes
        return [name + _rest(value, known, frozenset(), left_out=_NOTES)]
    if value is None:
        return [name]
    text = _canonical(value, prefixes)
    return [f"{name}={text}" if text else name]


_MEASURE = _word(vocabulary.MEASUREMENTS)
_QUANTITIES = _list_of("quantityElement", _members(("epcClass", _value), ("quantity", _value), ("uom", _value)))
_PLACE = _members(("id", _value))


def _typed(member: str, words: Vocabulary) -> Writer:
    return _list_of("", _members(("type", _word(words)), (member, _value)))


_METADATA = _members(
    ("time", _time), ("startTime", _time), ("endTime", _time), ("deviceID", _value), ("deviceMetadata", _value),
    ("rawData", _value), ("dataProcessingMethod", _value), ("bizRules", _value),
)  # fmt: skip
_REPORT = _members(
    ("type", _MEASURE), ("exception", _word(vocabulary.ALERTS)), ("deviceID", _value), ("deviceMetadata", _value),
    ("rawData", _value), ("dataProcessingMethod", _value), ("time", _time), ("microorganism", _value),
    ("chemicalSubstance", _value), ("value", _value), ("component", _word(vocabulary.COMPONENTS)), ("stringValue", _value),
    ("booleanValue", _value), ("hexBinaryValue", _value), ("uriValue", _value), ("minValue", _value), ("maxValue", _value),
    ("meanValue", _value), ("sDev", _value), ("percRank", _value), ("percValue", _value), ("uom", _value),
    ("coordinateReferenceSystem", _value),
)  # fmt: skip
_SENSORS = _list_of("sensorElement", _members(("sensorMetadata", _METADATA), ("sensorReport", _each(_REPORT))))
_DISPOSITION = _word(vocabulary.DISPOSITIONS)

_FIELDS: tuple[tuple[str, Writer], ...] = (
    ("eventTime", _time),
    ("eventTimeZoneOffset", _exact),
    ("certificationInfo", _value),
    ("parentID", _value),
    ("epcList", _keys),
    ("inputEPCList", _keys),
    ("childEPCs", _keys),
    ("quantityList", _QUANTITIES),
    ("childQuantityList", _QUANTITIES),
    ("inputQuantityList", _QUANTITIES),
    ("outputEPCList", _keys),
    ("outputQuantityList", _QUANTITIES),
    ("action", _exact),
    ("transformationID", _value),
    ("bizStep", _word(vocabulary.BIZ_STEPS)),
    ("disposition", _DISPOSITION),
    ("persistentDisposition", _members(("set", _DISPOSITION), ("unset", _DISPOSITION))),
    ("readPoint", _PLACE),
    ("bizLocation", _PLACE),
    ("sensorElementList", _SENSORS),
    ("bizTransactionList", _typed("bizTransaction", vocabulary.BIZ_TRANSACTIONS)),
    ("destinationList", _typed("destination", vocabulary.SOURCES_AND_DESTINATIONS)),
    ("ilmd", _members()),
    ("sourceList", _typed("source", vocabulary.SOURCES_AND_DESTINATIONS)),
)
_NAMES = frozenset(name for name, _ in _FIELDS)
