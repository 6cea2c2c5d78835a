"""Queries: the parameters of EPCIS 2.0, 8.2.7.1 (SimpleEventQuery), read. Pure: no I/O.

    EQ_bizStep=shipping&MATCH_epc=urn:epc:id:sgtin:4012345.011111.9876&GE_value_CEL=4&EXISTS_ILMD_example:grade

Conditions are all met by an event that is found; of the values of one parameter any is. What is no parameter is refused, never
passed over. Extensions are named by a prefix that the header GS1-Extensions gives, or by their whole URI. There is no master
data here: HASATTR_ and EQATTR_ find nothing, and below a place (WD_) are its own extensions (GLN with 254).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from msgspec import UNSET

from trace.epcis import units, vocabulary
from trace.epcis.asked import Query, Things, Vals, compared, count, moment_us, number_of, refused, single, timed
from trace.epcis.errors import QueryInvalid
from trace.epcis.facts import CLASS, Role, thing_of
from trace.epcis.validation import EVENT_TYPES
from trace.epcis.vocabulary import ACTIONS, PREFIXES, Vocabulary, expanded

VALUES_MAX = 1_000  # of one parameter
CONDITIONS_MAX = 64

Parameters = Sequence[tuple[str, Sequence[str]]]


def parsed(parameters: Parameters, prefixes: Mapping[str, str] = PREFIXES) -> Query:
    """`parameters`: (name, values), decoded. Raises QueryInvalid."""
    query = Query()
    merged: dict[str, list[str]] = {}
    for name, values in parameters:
        merged.setdefault(name, []).extend(values)
    for name, values in merged.items():
        if not values or len(values) > VALUES_MAX or any("\0" in each for each in values):
            raise refused(name, f"has to have a value, and at most {VALUES_MAX:,}")
        _read(query, name, values, prefixes)
    if len(query.things) + len(query.vals) > CONDITIONS_MAX:
        raise QueryInvalid("There are too many conditions.", details={"parameter": "", "limit": CONDITIONS_MAX})
    if query.limit is not None and query.most is not None:
        raise refused("maxEventCount", "does not go with eventCountLimit")
    if "orderBy" in merged and "orderDirection" not in merged:
        query.is_descending = True  # the standard's default
    told = sorted((name, values) for name, values in merged.items() if name not in ("nextPageToken", "perPage"))
    query.digest = sha256(repr((told, sorted(prefixes.items()))).encode()).digest()
    return query


def _read(query: Query, name: str, values: list[str], prefixes: Mapping[str, str]) -> None:
    plain = _PLAIN.get(name)
    if plain is not None:
        plain(query, name, values)
        return
    for form, read in _FORMS:
        found = form.fullmatch(name)
        if found is not None:
            read(query, name, values, found, prefixes)
            return
    raise refused(name, "is no parameter of the standard")


# --- parameters with one name ---

Plain = Callable[[Query, str, list[str]], None]


def _of_times(which: str) -> Plain:
    def read(query: Query, name: str, values: list[str]) -> None:
        setattr(query, which, moment_us(name, values))

    return read


def _among(which: str, allowed: Sequence[str] | frozenset[str]) -> Plain:
    def read(query: Query, name: str, values: list[str]) -> None:
        for each in values:
            if each not in allowed:
                raise refused(name, f"{each[:40]!r} is none of {', '.join(sorted(allowed))}")
        setattr(query, which, values)

    return read


def _words(which: str, words: Vocabulary) -> Plain:
    def read(query: Query, _name: str, values: list[str]) -> None:
        setattr(query, which, [expanded(words, each) for each in values])

    return read


def _places(which: str) -> Plain:
    def read(query: Query, _name: str, values: list[str]) -> None:
        setattr(query, which, [thing_of(each) for each in values])

    return read


def _ids(query: Query, _name: str, values: list[str]) -> None:
    query.ids = values


def _texts(name_of_value: str, words: Vocabulary | None = None) -> Plain:
    def read(query: Query, _name: str, values: list[str]) -> None:
        texts = [thing_of(each) if words is None else expanded(words, each) for each in values]
        query.vals.append(Vals(names=[name_of_value], texts=texts))

    return read


def _linked(*roles: int) -> Plain:
    def read(query: Query, name: str, values: list[str]) -> None:
        things: list[str] = []
        prefixes: list[str] = []
        for each in values:
            things.append(thing_of(each))
            if each.startswith("urn:epc:idpat:") and not roles[0] >= CLASS:
                prefixes += _patterns(name, each)
        query.things.append(Things(list(roles), things, prefixes))

    return read


_PATTERN = re.compile(r"urn:epc:idpat:(sgtin|sscc|sgln|giai|grai|gdti|gsrn):(\d{6,12})(?:\.\*)+", re.ASCII)
_BELOW = {"/01/": "/21/", "/8006/": "/21/", "/8010/": "/8011/"}


def _patterns(name: str, pattern: str) -> list[str]:
    """With what the things begin that a pattern means."""
    whole = thing_of(pattern)
    if whole.startswith("/"):
        return [whole + next((below for key, below in _BELOW.items() if whole.startswith(key)), "")]
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        raise refused(name, f"{pattern[:80]!r} is a pattern that is not understood")
    scheme, prefix = found.groups()
    if scheme in ("sgtin", "sscc"):
        key = "01" if scheme == "sgtin" else "00"
        return [f"/{key}/{digit}{prefix}" for digit in range(10)]
    key = {"sgln": "414", "giai": "8004", "grai": "8003", "gdti": "253", "gsrn": "8018"}[scheme]
    return [f"/{key}/{'0' if scheme == 'grai' else ''}{prefix}"]


def _declaration_time(comparison: str) -> Plain:
    def read(query: Query, name: str, values: list[str]) -> None:
        query.vals.append(Vals(names=["errorDeclaration"], **timed(name, comparison, values)))

    return read


def _is_declared(query: Query, name: str, values: list[str]) -> None:
    _exists(query, name, values, ["errorDeclaration"])


def _exists(query: Query, name: str, values: list[str], names: list[str]) -> None:
    text = single(name, values)
    if text in ("true", ""):
        query.vals.append(Vals(names=names))
    elif text == "false":
        query.absent += names
    else:
        raise refused(name, "is true or false")


def _paging(query: Query, name: str, values: list[str]) -> None:
    if name == "orderBy":
        query.order_by = single(name, values)
        if query.order_by not in ("eventTime", "recordTime"):
            raise refused(name, "is eventTime or recordTime")
    elif name == "orderDirection":
        direction = single(name, values)
        if direction not in ("ASC", "DESC"):
            raise refused(name, "is ASC or DESC")
        query.is_descending = direction == "DESC"
    elif name == "nextPageToken":
        query.token = single(name, values)
    else:
        setattr(
            query,
            {"perPage": "per_page", "eventCountLimit": "limit", "maxEventCount": "most"}[name],
            count(name, values),
        )


_ITEMS = (Role.ITEM, Role.CHILD, Role.CHILD_LEFT)
_PARENTS = (Role.PARENT, Role.PARENT_LEFT, Role.PARENT_OF_TRANSACTION)
_CLASSES = tuple(role + CLASS for role in _ITEMS)
ANY_EPC = (*_ITEMS, *_PARENTS, Role.INPUT, Role.OUTPUT)
ANY_CLASS = (*_CLASSES, Role.INPUT + CLASS, Role.OUTPUT + CLASS)

_PLAIN: dict[str, Plain] = {
    "eventType": _among("types", EVENT_TYPES),
    "GE_eventTime": _of_times("from_us"),
    "LT_eventTime": _of_times("before_us"),
    "GE_recordTime": _of_times("recorded_from_us"),
    "LT_recordTime": _of_times("recorded_before_us"),
    "EQ_action": _among("actions", ACTIONS),
    "EQ_bizStep": _words("steps", vocabulary.BIZ_STEPS),
    "EQ_disposition": _words("dispositions", vocabulary.DISPOSITIONS),
    "EQ_readPoint": _places("read_points"),
    "WD_readPoint": _places("read_points_below"),
    "EQ_bizLocation": _places("locations"),
    "WD_bizLocation": _places("locations_below"),
    "EQ_eventID": _ids,
    "EQ_transformationID": _texts("transformationID"),
    "EQ_certificationInfo": _texts("certificationInfo"),
    "EQ_persistentDisposition_set": _texts("persistentDisposition_set", vocabulary.DISPOSITIONS),
    "EQ_persistentDisposition_unset": _texts("persistentDisposition_unset", vocabulary.DISPOSITIONS),
    "MATCH_epc": _linked(*_ITEMS),
    "MATCH_parentID": _linked(*_PARENTS),
    "MATCH_inputEPC": _linked(Role.INPUT),
    "MATCH_outputEPC": _linked(Role.OUTPUT),
    "MATCH_anyEPC": _linked(*ANY_EPC),
    "MATCH_epcClass": _linked(*_CLASSES),
    "MATCH_inputEPCClass": _linked(Role.INPUT + CLASS),
    "MATCH_outputEPCClass": _linked(Role.OUTPUT + CLASS),
    "MATCH_anyEPCClass": _linked(*ANY_CLASS),
    "EXISTS_errorDeclaration": _is_declared,
    "GE_errorDeclarationTime": _declaration_time("GE"),
    "LT_errorDeclarationTime": _declaration_time("LT"),
    "GE_errorDeclaration_Time": _declaration_time("GE"),
    "LT_errorDeclaration_Time": _declaration_time("LT"),
    "EQ_errorReason": _texts("errorReason", vocabulary.ERROR_REASONS),
    "EQ_correctiveEventID": _texts("correctiveEventID"),
    "EQ_type": _texts("type", vocabulary.MEASUREMENTS),
    "EQ_exception": _texts("exception", vocabulary.ALERTS),
    "EQ_component": _texts("component", vocabulary.COMPONENTS),
    **{
        f"EQ_{name}": _texts(name)
        for name in (
            "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance",
            "coordinateReferenceSystem", "stringValue", "booleanValue", "hexBinaryValue", "uriValue",
        )
    },
    **dict.fromkeys(("orderBy", "orderDirection", "nextPageToken", "perPage", "eventCountLimit", "maxEventCount"), _paging),
}  # fmt: skip


# --- parameters with a part that is the query's ---


def _quantity(query: Query, name: str, values: list[str], found: re.Match[str], _prefixes: Mapping[str, str]) -> None:
    query.vals.append(Vals(names=["quantity"], **compared(name, found[1], values)))


def _business(query: Query, _name: str, values: list[str], found: re.Match[str], prefixes: Mapping[str, str]) -> None:
    words = vocabulary.BIZ_TRANSACTIONS if found[1] == "bizTransaction" else vocabulary.SOURCES_AND_DESTINATIONS
    kind = expanded(words, found[2], prefixes) if found[2] else ""
    query.vals.append(Vals(names=[f"{found[1]}_{kind}"], texts=[thing_of(each) for each in values]))


def _sensor_time(
    query: Query, name: str, values: list[str], found: re.Match[str], _prefixes: Mapping[str, str]
) -> None:
    query.vals.append(Vals(names=[found[2]], **timed(name, found[1], values)))


def _rank(query: Query, name: str, values: list[str], found: re.Match[str], _prefixes: Mapping[str, str]) -> None:
    query.vals.append(Vals(names=["percRank"], **compared(name, found[1], values)))


def _measured(query: Query, name: str, values: list[str], found: re.Match[str], _prefixes: Mapping[str, str]) -> None:
    """In the base unit of whatever the unit measures, which all reports of it are kept in."""
    comparison, which, uom = found.groups()
    if not uom:
        query.vals.append(Vals(names=[f"{which}_"], **compared(name, comparison, values)))
        return
    if not units.is_known(uom):
        raise refused(name, f"{uom!r} is no unit of UN/CEFACT Recommendation 20")
    numbers = [number_of(name, each) for each in values]
    based = [dict(units.base_values(uom, number)) for number in numbers]
    if which == "sDev":  # a difference has no zero point
        zero = dict(units.base_values(uom, 0.0))
        based = [{measure: value - zero[measure] for measure, value in each.items()} for each in based]
    names = [f"{which}_{measure}" for measure in based[0]]
    bases = [float(next(iter(each.values()))) for each in based]
    query.vals.append(Vals(names=names, **compared(name, comparison, [repr(each) for each in bases])))


def _attribute(
    query: Query, _name: str, _values: list[str], _found: re.Match[str], _prefixes: Mapping[str, str]
) -> None:
    query.vals.append(Vals(names=["attribute"]))  # of master data, of which there is none


_WHERE = {
    "": "x", "ILMD_": "m", "ERROR_DECLARATION_": "d", "ERRORDECLARATION_": "d", "SENSORELEMENT_": "s", "SENSORMETADATA_": "s",
    "SENSORREPORT_": "s", "READPOINT_": "p", "BIZLOCATION_": "p", "readPoint_": "p", "bizLocation_": "p",
}  # fmt: skip


def _extension(query: Query, name: str, values: list[str], found: re.Match[str], prefixes: Mapping[str, str]) -> None:
    comparison, inner, where, named = found.groups()
    letter = ("i" if inner else "") + _WHERE[where or ""]
    names = [f"{letter}:{uri}" for uri in _uris(name, named, prefixes)]
    if comparison == "EXISTS":
        _exists(query, name, values, names)
    elif comparison == "EQ":
        numbers = [float(each) for each in values if _NUMBER.fullmatch(each)]
        query.vals.append(Vals(names=names, texts=values, nums=numbers if len(numbers) == len(values) else UNSET))
    else:
        text = single(name, values)
        if _NUMBER.fullmatch(text):
            query.vals.append(Vals(names=names, **compared(name, comparison, values)))
        else:
            query.vals.append(Vals(names=names, **timed(name, comparison, values)))


_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


def _uris(name: str, named: str, prefixes: Mapping[str, str]) -> list[str]:
    """`namespace#local`, as EPCIS 1.2 writes it, is that of `namespace` followed by `local`, too."""
    prefix, _, local = named.partition(":")
    if prefix in prefixes:
        return [prefixes[prefix] + local]
    if not local.startswith("//") and prefix != "urn":
        raise refused(
            name, f"nothing says what {prefix[:40]!r} stands for; the header GS1-Extensions does, as PREFIX=URI"
        )
    namespace, mark, after = named.rpartition("#")
    return [named, namespace + after] if mark else [named]


_COMPARISON = "(EQ|GT|GE|LT|LE)"
_FORMS: tuple[
    tuple[re.Pattern[str], Callable[[Query, str, list[str], re.Match[str], Mapping[str, str]], None]], ...
] = (
    (re.compile(rf"{_COMPARISON}_quantity"), _quantity),
    (re.compile("EQ_(bizTransaction|source|destination)(?:_(.+))?"), _business),
    (re.compile("(GT|GE|LT|LE)_(time|startTime|endTime)"), _sensor_time),
    (re.compile(rf"{_COMPARISON}_percRank"), _rank),
    (
        re.compile(rf"{_COMPARISON}_(value|minValue|maxValue|meanValue|sDev|percValue)(?:_([A-Z0-9]{{1,3}}))?"),
        _measured,
    ),
    (re.compile("HASATTR_.+|EQATTR_.+"), _attribute),
    (re.compile(rf"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?({'|'.join(filter(None, _WHERE))})?([^\s:]+:\S+)"), _extension),
)
