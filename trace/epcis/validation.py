"""Whether a document, or an event, is one of EPCIS 2.0 in JSON: its shape, and the words it uses. Pure: no I/O.

GS1's JSON schema is followed, and gone beyond where it lets pass what the standard forbids:
times are real times, URIs are URIs, words of CBV are in its tables, units in UN/CEFACT's, and measure what they are said to.
Extensions are members with a prefix or a full URI; what is in them is the sender's, as long as it is not nested too deeply.

A fault is one sentence that begins with where it is: `sensorElementList[0].sensorReport[2].uom: ...`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from msgspec import Struct, field

from trace.epcis import units, vocabulary
from trace.epcis.context import ContextError, prefixes_of
from trace.epcis.times import OFFSET, parsed_us
from trace.epcis.vocabulary import ACTIONS, PREFIXES, URI, URI_BYTES_MAX, Vocabulary, expanded, fault_of

EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
FAULTS_MAX = 20  # of one event; who sends more of them has seen enough
DEPTH_MAX = 24
NUMBER_MAX = 1e300
TEXT_CHARS_MAX = 65_536
NAME_BYTES_MAX = 1_000  # of a member

_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_HEX = re.compile(r"[0-9A-Fa-f]+")

Prefixes = Mapping[str, str]


class Document(Struct, frozen=True, kw_only=True):
    """`context`: as it stands; `faults`: of the document itself, without any of which its events can be looked at."""

    events: Sequence[Any] = ()
    context: Any = None
    prefixes: Prefixes = field(default_factory=lambda: PREFIXES)
    faults: tuple[str, ...] = ()


def document(value: Any) -> Document:
    """An EPCISDocument or EPCISQueryDocument, taken apart. Its events are not checked yet."""
    check = _Check(PREFIXES)
    if not isinstance(value, dict) or value.get("type") not in ("EPCISDocument", "EPCISQueryDocument"):
        return Document(faults=("type: a document is an EPCISDocument or an EPCISQueryDocument",))
    prefixes = _prefixes(value, check, is_required=True)
    check.prefixes = prefixes
    is_query = value["type"] == "EPCISQueryDocument"
    check.members(
        value, "", _QUERY_DOCUMENT if is_query else _DOCUMENT, () if is_query else ("schemaVersion", "creationDate")
    )
    events = _event_list(value.get("epcisBody"), is_query=is_query)
    if not isinstance(events, list):
        check.fault("epcisBody", "has no eventList")
        events = []
    return Document(events=events, context=value.get("@context"), prefixes=prefixes, faults=tuple(check.faults))


def faults_of_event(event: Any, prefixes: Prefixes = PREFIXES, *, is_alone: bool = False) -> list[str]:
    """What is wrong with an event; nothing if it is right. `is_alone`: in no document, so that it has to bring its context."""
    check = _Check(prefixes)
    if not isinstance(event, dict):
        return ["an event is an object"]
    kind = event.get("type")
    if kind not in EVENT_TYPES:
        return [f"type: {str(kind)[:80]!r} is no type of event"]
    check.prefixes = _prefixes(event, check, is_required=is_alone)
    check.members(event, "", _FIELDS[kind], ("eventTime", "eventTimeZoneOffset", *_REQUIRED[kind]))
    if not check.faults:
        _RULES[kind](event, check)
    return check.faults


def _prefixes(value: Mapping[str, Any], check: "_Check", *, is_required: bool) -> Prefixes:
    context = value.get("@context")
    if is_required and (context is None or context == []):
        check.fault("@context", "is missing")
    try:
        return prefixes_of(context, check.prefixes)
    except ContextError as error:
        check.faults.append(str(error))
        return check.prefixes


def _event_list(body: Any, *, is_query: bool) -> Any:
    for name in ("queryResults", "resultsBody") if is_query else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body.get("eventList") if isinstance(body, dict) else None


class _Check:
    """Collects faults."""

    def __init__(self, prefixes: Prefixes) -> None:
        self.prefixes = prefixes
        self.faults: list[str] = []

    def fault(self, at: str, what: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(f"{at}: {what}" if at else what)

    def members(
        self, value: Any, at: str, fields: "Fields", required: Sequence[str] = (), *, is_closed: bool = False
    ) -> bool:
        """An object with these members; others have a prefix, unless it is closed."""
        if not isinstance(value, dict):
            self.fault(at, "has to be an object")
            return False
        for name in required:
            if name not in value:
                self.fault(_in(at, name), "is missing")
        for name, each in value.items():
            rule = fields.get(name)
            if rule is not None:
                rule(self, each, _in(at, name))
            elif is_closed or not _is_extension(name):
                self.fault(_in(at, name[:80]), "is no member of it; extensions have a prefix")
            else:
                self.extension(each, _in(at, name[:80]), 1)
        return True

    def _nested_context(self, context: Any, at: str) -> None:
        try:
            prefixes_of(context, self.prefixes)
        except ContextError as error:
            self.fault(at, str(error))

    def extension(self, value: Any, at: str, depth: int) -> None:
        if depth > DEPTH_MAX:
            self.fault(at, f"is nested more than {DEPTH_MAX} deep")
        elif isinstance(value, dict):
            for name, each in value.items():
                if name == "@context":
                    self._nested_context(each, at)
                    continue
                if "\0" in name or len(name.encode()) > NAME_BYTES_MAX:
                    self.fault(
                        at, f"has a member whose name has more than {NAME_BYTES_MAX:,} bytes, or none to be read"
                    )
                self.extension(each, at, depth + 1)
        elif isinstance(value, list):
            for each in value:
                self.extension(each, at, depth + 1)
        elif isinstance(value, str):
            _text(self, value, at)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            _number(self, value, at)


Rule = Callable[[_Check, Any, str], None]
Fields = Mapping[str, Rule]


def _in(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _is_extension(name: str) -> bool:
    return len(name.encode()) <= NAME_BYTES_MAX and URI.fullmatch(name) is not None


# --- single values ---


def _any(check: _Check, value: Any, at: str) -> None:
    check.extension(value, at, 1)


def _text(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or "\0" in value:
        check.fault(at, f"has to be a text of at most {TEXT_CHARS_MAX:,} characters")


def _uri(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, str) or len(value.encode()) > URI_BYTES_MAX or not URI.fullmatch(value):
        check.fault(at, f"{str(value)[:80]!r} is no URI")


def _time(check: _Check, value: Any, at: str) -> None:
    try:
        parsed_us(value if isinstance(value, str) else "")
    except ValueError as error:
        check.fault(at, str(error))


def _offset(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, str) or not OFFSET.fullmatch(value):
        check.fault(at, f"{str(value)[:20]!r} is no offset, such as +08:00")


def _number(check: _Check, value: Any, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > NUMBER_MAX or not isfinite(value):
        check.fault(at, "has to be a number")


def _boolean(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, bool):
        check.fault(at, "has to be true or false")


def _matches(form: re.Pattern[str], what: str) -> Rule:
    def rule(check: _Check, value: Any, at: str) -> None:
        if not isinstance(value, str) or not form.fullmatch(value):
            check.fault(at, f"{str(value)[:80]!r} is no {what}")

    return rule


def _action(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, str) or value not in ACTIONS:
        check.fault(at, f"{str(value)[:80]!r} is none of ADD, OBSERVE, DELETE")


def _word(words: Vocabulary) -> Rule:
    def rule(check: _Check, value: Any, at: str) -> None:
        if not isinstance(value, str):
            check.fault(at, "has to be a text")
        elif (fault := fault_of(words, value, check.prefixes)) is not None:
            check.fault(at, fault)

    return rule


def _counted(check: _Check, value: Any, at: str) -> None:
    if not isinstance(value, str) or not _UOM.fullmatch(value) or not units.is_counted_in(value):
        check.fault(at, f"{str(value)[:20]!r} is no unit of UN/CEFACT Recommendation 20 that goods are counted in")


# --- lists and objects ---


def _list(rule: Rule, *, least: int = 0, is_set: bool = False) -> Rule:
    def listed(check: _Check, value: Any, at: str) -> None:
        if not isinstance(value, list):
            check.fault(at, "has to be a list")
            return
        if len(value) < least:
            check.fault(at, "has to have something in it")
        before = len(check.faults)
        for n, each in enumerate(value):
            rule(check, each, f"{at}[{n}]")
            if len(check.faults) >= FAULTS_MAX:
                return
        if is_set and len(check.faults) == before and len(set(value)) < len(value):
            check.fault(at, "has something twice")

    return listed


def _one_or_list(rule: Rule) -> Rule:
    listed = _list(rule)

    def either(check: _Check, value: Any, at: str) -> None:
        (listed if isinstance(value, list) else rule)(check, value, at)

    return either


def _object(fields: Fields, required: Sequence[str] = (), *, is_closed: bool = False) -> Rule:
    def rule(check: _Check, value: Any, at: str) -> None:
        check.members(value, at, fields, required, is_closed=is_closed)

    return rule


def _persistent(check: _Check, value: Any, at: str) -> None:
    words = _list(_word(vocabulary.DISPOSITIONS), least=1, is_set=True)
    if check.members(value, at, {"set": words, "unset": words}, is_closed=True) and not value:
        check.fault(at, "has neither set nor unset")


def _report(check: _Check, value: Any, at: str) -> None:
    if not check.members(value, at, _REPORT, ("type",)):
        return
    uom, kind = value.get("uom"), value.get("type")
    if uom is None or not isinstance(kind, str):
        return
    if not isinstance(uom, str) or not units.is_known(uom):
        check.fault(
            _in(at, "uom"), f"{str(uom)[:20]!r} is no unit of UN/CEFACT Recommendation 20 that sensors measure in"
        )
    else:
        measure = expanded(vocabulary.MEASUREMENTS, kind, check.prefixes).removeprefix(vocabulary.VOC)
        if not units.measures(uom, measure):
            check.fault(_in(at, "uom"), f"{uom!r} is no unit of {kind[:80]}")


_QUANTITY = _object({"epcClass": _uri, "quantity": _number, "uom": _counted}, ("epcClass",), is_closed=True)
_PLACE = _object({"id": _uri}, ("id",))
_SDT = _word(vocabulary.SOURCES_AND_DESTINATIONS)
_METADATA: Fields = {
    **dict.fromkeys(("time", "startTime", "endTime"), _time),
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _uri),
}
_REPORT: Fields = {
    "type": _word(vocabulary.MEASUREMENTS),
    "exception": _word(vocabulary.ALERTS),
    "component": _word(vocabulary.COMPONENTS),
    "time": _time,
    **dict.fromkeys(
        ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance",
         "coordinateReferenceSystem", "uriValue"),
        _uri,
    ),
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), _number),
    "stringValue": _text,
    "booleanValue": _boolean,
    "hexBinaryValue": _matches(_HEX, "hexadecimal number"),
    "uom": _text,
}  # fmt: skip
_SENSOR = _object({"sensorMetadata": _object(_METADATA), "sensorReport": _list(_report, least=1)}, ("sensorReport",))
_DECLARATION = _object(
    {"declarationTime": _time, "reason": _word(vocabulary.ERROR_REASONS), "correctiveEventIDs": _list(_uri)},
    ("declarationTime",),
)

_EPCS = _list(_uri, is_set=True)
_QUANTITIES = _list(_QUANTITY)
_COMMON: Fields = {
    "@context": _any,  # what it means is looked at before
    "type": lambda _check, _value, _at: None,
    "eventTime": _time,
    "recordTime": _time,
    "eventTimeZoneOffset": _offset,
    "eventID": _uri,
    "certificationInfo": _one_or_list(_uri),
    "errorDeclaration": _DECLARATION,
    "bizStep": _word(vocabulary.BIZ_STEPS),
    "disposition": _word(vocabulary.DISPOSITIONS),
    "persistentDisposition": _persistent,
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list(
        _object(
            {"type": _word(vocabulary.BIZ_TRANSACTIONS), "bizTransaction": _uri}, ("bizTransaction",), is_closed=True
        )
    ),
    "sourceList": _list(_object({"type": _SDT, "source": _uri}, ("type", "source"), is_closed=True)),
    "destinationList": _list(_object({"type": _SDT, "destination": _uri}, ("type", "destination"), is_closed=True)),
    "sensorElementList": _list(_SENSOR),
}
_ILMD = _object({})
_PARENT: Fields = {"parentID": _uri, "childEPCs": _EPCS, "childQuantityList": _QUANTITIES, "action": _action}
_OF_TYPE: dict[str, Fields] = {
    "ObjectEvent": {"epcList": _EPCS, "quantityList": _QUANTITIES, "action": _action, "ilmd": _ILMD},
    "AggregationEvent": _PARENT,
    "AssociationEvent": _PARENT,
    "TransactionEvent": {"parentID": _uri, "epcList": _EPCS, "quantityList": _QUANTITIES, "action": _action},
    "TransformationEvent": {
        "inputEPCList": _EPCS, "inputQuantityList": _QUANTITIES, "outputEPCList": _EPCS, "outputQuantityList": _QUANTITIES,
        "transformationID": _uri, "ilmd": _ILMD,
    },
}  # fmt: skip
_FIELDS: dict[str, Fields] = {kind: {**_COMMON, **fields} for kind, fields in _OF_TYPE.items()}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "ObjectEvent": ("action",),
    "AggregationEvent": ("action",),
    "TransactionEvent": ("action", "bizTransactionList"),
    "TransformationEvent": (),
    "AssociationEvent": ("action", "parentID"),
}


# --- what has to be there together ---


def _of_objects(event: Mapping[str, Any], check: _Check) -> None:
    is_sensed = bool(event.get("sensorElementList")) and "readPoint" in event
    if "epcList" not in event and not event.get("quantityList") and not is_sensed:
        check.fault("", "an ObjectEvent has an epcList, a quantityList, or a sensorElementList and a readPoint")
    if "ilmd" in event and event["action"] != "ADD":
        check.fault("ilmd", "goes with the action ADD alone")


def _of_children(event: Mapping[str, Any], check: _Check) -> None:
    if event["action"] != "DELETE" and not event.get("childEPCs") and not event.get("childQuantityList"):
        check.fault("", f"this {event['type']} names no children")
    if event["action"] != "OBSERVE" and "parentID" not in event:
        check.fault("parentID", "is missing")


def _of_transactions(event: Mapping[str, Any], check: _Check) -> None:
    if not event["bizTransactionList"]:
        check.fault("bizTransactionList", "has to have something in it")
    if event["action"] != "DELETE" and "epcList" not in event and not event.get("quantityList"):
        check.fault("", "a TransactionEvent has an epcList or a quantityList")


def _of_transformations(event: Mapping[str, Any], check: _Check) -> None:
    has_input = bool(event.get("inputEPCList") or event.get("inputQuantityList"))
    has_output = bool(event.get("outputEPCList") or event.get("outputQuantityList"))
    if not (has_input and has_output) and not ("transformationID" in event and (has_input or has_output)):
        check.fault("", "a TransformationEvent has inputs and outputs, or one of them and a transformationID")


_RULES: dict[str, Callable[[Mapping[str, Any], _Check], None]] = {
    "ObjectEvent": _of_objects,
    "AggregationEvent": _of_children,
    "AssociationEvent": _of_children,
    "TransactionEvent": _of_transactions,
    "TransformationEvent": _of_transformations,
}

_BODY: Fields = {"eventList": lambda _check, _value, _at: None}
_HEAD: Fields = {
    "@context": _any,
    "type": lambda _check, _value, _at: None,
    "id": _uri,
    "schemaVersion": _matches(_VERSION, "version"),
    "creationDate": _time,
}
_DOCUMENT: Fields = {
    **_HEAD,
    **dict.fromkeys(("instanceIdentifier", "sender", "receiver"), _text),
    "epcisHeader": _any,
    "epcisBody": _object(_BODY),
}
_QUERY_DOCUMENT: Fields = {**_HEAD, "epcisBody": _object({"queryResults": lambda _check, _value, _at: None})}
