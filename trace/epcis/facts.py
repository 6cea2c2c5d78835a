"""What is kept of an event beside itself, so that it is found and traced: columns, things, values. Pure: no I/O.

Things are what is named by a URI: items, lots, classes, containers; GS1 keys are canonical Digital Links without their domain,
so that an EPC URN finds what was captured as a Digital Link. Values are all else that EPCIS 2.0, 8.2.7.1 lets queries ask for.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from math import isfinite
from typing import Any

from msgspec import Struct

from trace.epcis import vocabulary
from trace.epcis.context import prefixes_of
from trace.epcis.times import parsed_us
from trace.epcis.units import base_value
from trace.epcis.vocabulary import Vocabulary, expanded
from trace.gs1.epc_urns import DOMAIN, canonical_link

Prefixes = Mapping[str, str]

LOT_BYTES_MAX = 200  # GS1's have 20 characters
CLASS = 16  # added to a role: the thing is a class or lot, out of a list of quantities
_NOT_SHOWN = frozenset({"@context", "rdfs:comment", "comment"})
_LOT_AND_SERIAL = re.compile(
    r"/(?:01|gtin)/(\d{8}|\d{12,14})/(?:(?:22|cpv)/[^/?#]+/)?(?:10|lot)/([^/?#]+)/(?:21|ser)/([^/?#]+)", re.ASCII
)
_CERTAIN_FIELDS = frozenset({
    "type", "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "certificationInfo", "errorDeclaration", "epcList",
    "quantityList", "parentID", "childEPCs", "childQuantityList", "inputEPCList", "inputQuantityList", "outputEPCList",
    "outputQuantityList", "transformationID", "action", "bizStep", "disposition", "persistentDisposition", "readPoint",
    "bizLocation", "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "ilmd", *_NOT_SHOWN,
})  # fmt: skip


class Role(IntEnum):
    """As what an event is about a thing. With CLASS added, of a lot or class."""

    ITEM = 1
    PARENT = 2
    CHILD = 3
    INPUT = 4
    OUTPUT = 5
    PARENT_LEFT = 6  # of an aggregation that ends
    CHILD_LEFT = 7
    PARENT_OF_TRANSACTION = 8
    TRANSFORMATION_IN = 9  # a transformationID, into which inputs go
    TRANSFORMATION_OUT = 10


class Value(Struct, frozen=True):
    """`name`: see `values_of`."""

    name: str
    text: str | None = None
    num: float | None = None
    at_us: int | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """Of one event. `members`: (lot, item)."""

    type: str
    event_us: int
    action: str | None
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    links: list[tuple[int, str]]
    members: list[tuple[str, str]]
    values: list[Value]


def thing_of(uri: str) -> str:
    """As things are kept."""
    link = canonical_link(uri)
    return uri if link is None else link[len(DOMAIN) :]


def uri_of(thing: str) -> str:
    """A thing as it is shown."""
    return DOMAIN + thing if thing.startswith("/") else thing


def facts_of(event: Mapping[str, Any], outer: Prefixes) -> Facts:
    """Of a valid event; `outer`: the prefixes of its document."""
    prefixes = prefixes_of(event.get("@context"), outer)
    return Facts(
        type=event["type"],
        event_us=parsed_us(event["eventTime"]),
        action=event.get("action"),
        biz_step=_word(event, "bizStep", vocabulary.BIZ_STEPS, prefixes),
        disposition=_word(event, "disposition", vocabulary.DISPOSITIONS, prefixes),
        read_point=_place(event, "readPoint"),
        biz_location=_place(event, "bizLocation"),
        links=list(_links(event)),
        members=list(_members(event)),
        values=list(values_of(event, prefixes)),
    )


def _word(event: Mapping[str, Any], name: str, words: Vocabulary, prefixes: Prefixes) -> str | None:
    return expanded(words, event[name], prefixes) if name in event else None


def _place(event: Mapping[str, Any], name: str) -> str | None:
    return thing_of(event[name]["id"]) if name in event else None


# --- things ---


def _links(event: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    kind, is_left = event["type"], event.get("action") == "DELETE"
    yield from _each(event.get("epcList"), Role.ITEM)
    yield from _quantities(event.get("quantityList"), Role.ITEM)
    child = Role.CHILD_LEFT if is_left else Role.CHILD
    yield from _each(event.get("childEPCs"), child)
    yield from _quantities(event.get("childQuantityList"), child)
    if "parentID" in event:
        parent = Role.PARENT_LEFT if is_left else Role.PARENT
        yield Role.PARENT_OF_TRANSACTION if kind == "TransactionEvent" else parent, thing_of(event["parentID"])
    for name, role in (("input", Role.INPUT), ("output", Role.OUTPUT)):
        yield from _each(event.get(f"{name}EPCList"), role)
        yield from _quantities(event.get(f"{name}QuantityList"), role)
    if "transformationID" in event:
        yield Role.TRANSFORMATION_IN, thing_of(event["transformationID"])
        yield Role.TRANSFORMATION_OUT, thing_of(event["transformationID"])


def _each(epcs: Any, role: Role) -> Iterator[tuple[int, str]]:
    for each in epcs or ():
        yield role, thing_of(each)


def _quantities(quantities: Any, role: Role) -> Iterator[tuple[int, str]]:
    for each in quantities or ():
        yield role + CLASS, thing_of(each["epcClass"])


def _members(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Items whose Digital Link names their lot, and items that are commissioned with a lot number."""
    for name in ("epcList", "childEPCs", "inputEPCList", "outputEPCList"):
        for each in event.get(name, ()):
            found = _LOT_AND_SERIAL.search(each) if "/" in each else None
            if found is not None:
                gtin = found[1].zfill(14)
                yield f"/01/{gtin}/10/{found[2]}", f"/01/{gtin}/21/{found[3]}"
    lot = (event.get("ilmd") or {}).get("cbvmda:lotNumber")
    if isinstance(lot, str) and len(lot.encode()) <= LOT_BYTES_MAX and event["type"] == "ObjectEvent":
        for each in event.get("epcList", ()):
            item = thing_of(each)
            key, serial, _ = item.partition("/21/")
            if serial and key.startswith("/01/"):
                yield f"{key}/10/{lot}", item


# --- values ---


def values_of(event: Mapping[str, Any], prefixes: Prefixes) -> Iterator[Value]:
    """By names that queries use (query.py): a field, or a letter for where it is and the URI of an extension.

    x: of the event, m: of its ilmd, d: of its errorDeclaration, s: of sensors, p: of places; with an i before, at any depth.
    """
    if "transformationID" in event:
        yield Value("transformationID", text=thing_of(event["transformationID"]))
    for each in _listed(event.get("certificationInfo")):
        yield Value("certificationInfo", text=thing_of(each))
    for name in ("set", "unset"):
        for each in (event.get("persistentDisposition") or {}).get(name, ()):
            yield Value(f"persistentDisposition_{name}", text=expanded(vocabulary.DISPOSITIONS, each, prefixes))
    for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        for each in event.get(name, ()):
            if "quantity" in each:
                yield Value("quantity", num=float(each["quantity"]))
    yield from _business(event, prefixes)
    if "errorDeclaration" in event:
        yield from _declared(event["errorDeclaration"], prefixes)
    for element in event.get("sensorElementList", ()):
        yield from _sensed(element, prefixes)
    for name in ("readPoint", "bizLocation"):
        yield from _extensions("p", event.get(name) or {}, prefixes, {"id"})
    yield from _extensions("m", event.get("ilmd") or {}, prefixes, frozenset())
    yield from _extensions("x", event, prefixes, _CERTAIN_FIELDS)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _business(event: Mapping[str, Any], prefixes: Prefixes) -> Iterator[Value]:
    for name, words in (
        ("bizTransaction", vocabulary.BIZ_TRANSACTIONS),
        ("source", vocabulary.SOURCES_AND_DESTINATIONS),
        ("destination", vocabulary.SOURCES_AND_DESTINATIONS),
    ):
        for each in event.get(f"{name}List", ()):
            kind = expanded(words, each["type"], prefixes) if "type" in each else ""
            yield Value(f"{name}_{kind}", text=thing_of(each[name]))


def _declared(declaration: Mapping[str, Any], prefixes: Prefixes) -> Iterator[Value]:
    yield Value("errorDeclaration", at_us=parsed_us(declaration["declarationTime"]))
    if "reason" in declaration:
        yield Value("errorReason", text=expanded(vocabulary.ERROR_REASONS, declaration["reason"], prefixes))
    for each in declaration.get("correctiveEventIDs", ()):
        yield Value("correctiveEventID", text=each)
    known = {"declarationTime", "reason", "correctiveEventIDs"}
    yield from _extensions("d", declaration, prefixes, known)


_METADATA = frozenset({
    "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
})  # fmt: skip
_NUMBERS = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percValue"})
_WORDS = {"type": vocabulary.MEASUREMENTS, "exception": vocabulary.ALERTS, "component": vocabulary.COMPONENTS}
_REPORT = _METADATA | _NUMBERS | frozenset({
    *_WORDS, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "stringValue", "booleanValue", "hexBinaryValue",
    "uriValue", "percRank", "uom",
})  # fmt: skip
_TIMES = frozenset({"time", "startTime", "endTime"})


def _sensed(element: Mapping[str, Any], prefixes: Prefixes) -> Iterator[Value]:
    metadata = element.get("sensorMetadata") or {}
    for name in _METADATA & metadata.keys():
        yield _of_sensor(name, metadata[name])
    yield from _extensions("s", metadata, prefixes, _METADATA)
    yield from _extensions("s", element, prefixes, {"sensorMetadata", "sensorReport"})
    for report in element["sensorReport"]:
        kind = expanded(vocabulary.MEASUREMENTS, report["type"], prefixes)
        measure = kind.removeprefix(vocabulary.VOC)
        for name in _REPORT & report.keys():
            if name in _NUMBERS:
                yield _measured(name, float(report[name]), report.get("uom"), measure)
            elif name in _WORDS:
                yield Value(name, text=expanded(_WORDS[name], report[name], prefixes))
            elif name != "uom":
                yield _of_sensor(name, report[name])
        yield from _extensions("s", report, prefixes, _REPORT)


def _of_sensor(name: str, value: Any) -> Value:
    if name in _TIMES:
        return Value(name, at_us=parsed_us(value))
    if isinstance(value, bool):
        return Value(name, text="true" if value else "false")
    if isinstance(value, (int, float)):
        return Value(name, num=float(value))
    return Value(name, text=thing_of(value))


def _measured(name: str, value: float, uom: str | None, measure: str) -> Value:
    """A number of a report, in the base unit; the spread of a temperature is a difference, so it has no zero point."""
    based = None if uom is None else base_value(uom, value, measure)
    if based is None or uom is None:
        return Value(f"{name}_", num=value)
    if name == "sDev":
        zero = base_value(uom, 0.0, measure)
        return Value(f"sDev_{based[0]}", num=based[1] - (zero[1] if zero else 0.0))
    return Value(f"{name}_{based[0]}", num=based[1])


def extension_uri(name: str, prefixes: Prefixes) -> str:
    """The URI of a member that is an extension."""
    prefix, colon, local = name.partition(":")
    namespace = prefixes.get(prefix) if colon else None
    return name if namespace is None else namespace + local


def _extensions(
    where: str, value: Mapping[str, Any], outer: Prefixes, known: "frozenset[str] | set[str]", *, depth: int = 0
) -> Iterator[Value]:
    prefixes = prefixes_of(value.get("@context"), outer) if depth and "@context" in value else outer
    letter = f"i{where}" if depth else where
    for name, each in value.items():
        if name in known or name in _NOT_SHOWN or ":" not in name:
            continue
        full = f"{letter}:{extension_uri(name, prefixes)}"
        for single in _listed(each) or [None]:
            if isinstance(single, Mapping):
                yield Value(full)
                yield from _extensions(where, single, prefixes, frozenset(), depth=depth + 1)
            elif isinstance(single, bool):
                yield Value(full, text="true" if single else "false")
            elif isinstance(single, (int, float)):
                yield Value(full, text=str(single), num=float(single))
            else:
                yield _of_text(full, single)


def _of_text(full: str, value: Any) -> Value:
    """A text that is a number or a time is one for the parameters that compare."""
    if not isinstance(value, str):
        return Value(full)
    try:
        return Value(full, text=value, at_us=parsed_us(value))
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return Value(full, text=value)
    return Value(full, text=value, num=number if isfinite(number) else None)
