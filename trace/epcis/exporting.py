"""A lot on its way to others: its events as one EPCIS document, and the sheet that FSMA 204 asks for. Pure: no I/O.

21 CFR 1.1455(c)(3)(ii): within 24 hours an electronic sortable spreadsheet of the key data elements (1.1325 to 1.1350) of each
critical tracking event. Which event is which follows from its type and step; steps that the rule does not know have no row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from livehub.base.csv import Cell
from trace.epcis import vocabulary
from trace.epcis.context import STANDARD, prefixes_of
from trace.epcis.facts import CLASS, Role, facts_of, thing_of, uri_of
from trace.epcis.times import in_utc
from trace.epcis.vocabulary import BIZ_STEPS, PREFIXES, expanded

FSMA_COLUMNS = (
    "Critical tracking event",
    "Traceability lot code",
    "Product",
    "Quantity",
    "Unit of measure",
    "Date",
    "Location",
    "From",
    "To",
    "Made of (traceability lot codes)",
    "Traceability lot code source",
    "Reference document type",
    "Reference document number",
    "Event",
)


_OF_STEP = {
    "shipping": "Shipping",
    "departing": "Shipping",
    "receiving": "Receiving",
    "accepting": "Receiving",
    "packing": "Packing",
    "commissioning": "Harvesting",
    "creating_class_instance": "Harvesting",
}
_LISTS = {
    "ObjectEvent": ("epcList", "quantityList"),
    "TransactionEvent": ("epcList", "quantityList"),
    "AggregationEvent": ("childEPCs", "childQuantityList"),
    "AssociationEvent": ("childEPCs", "childQuantityList"),
    "TransformationEvent": ("outputEPCList", "outputQuantityList"),
}


def document(events: Iterable[Mapping[str, Any]], now_ms: int) -> dict[str, Any]:
    """An EPCISDocument of events as they are kept, each of which brings its own context where it needs one."""
    return {
        "@context": [STANDARD],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": in_utc(now_ms),
        "epcisBody": {"eventList": list(events)},
    }


def fsma_rows(events: Iterable[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    """Cells of FSMA_COLUMNS; a row for each lot in each event that the rule knows.

    Items and containers are told as the lots that are in them, as far as these events say so; else by their own code.
    """
    listed = list(events)
    wrong = {each["eventID"] for each in listed if "errorDeclaration" in each}
    right = [each for each in listed if each["eventID"] not in wrong]
    contents = _Contents(_parts(right))
    for event in right:
        kind = tracking_event(event)
        if kind is None:
            continue
        for lot, quantity, uom in _goods(event, contents):
            yield [
                kind,
                _lot_code(lot),
                _gtin(lot),
                quantity,
                uom,
                event["eventTime"],
                _place(event),
                _party(event, "source"),
                _party(event, "destination"),
                " ".join(_lot_code(each) for each in _inputs(event, contents)),
                _place(event) if kind in ("Harvesting", "Packing", "Transformation") else "",
                *_reference(event),
                event["eventID"],
            ]


def tracking_event(event: Mapping[str, Any]) -> str | None:
    """What the rule calls it; None for a step it does not know."""
    if event["type"] == "TransformationEvent":
        return "Transformation"
    step = expanded(BIZ_STEPS, event.get("bizStep", ""), prefixes_of(event.get("@context")))
    kind = _OF_STEP.get(step.removeprefix(BIZ_STEPS.namespace))
    if kind == "Harvesting" and not (event["type"] == "ObjectEvent" and event["action"] == "ADD"):
        return None
    return None if kind == "Packing" and event.get("action") != "ADD" else kind


Parts = Mapping[str, Sequence[str]]
"""What is in a container, and which lots an item is of."""


def _parts(events: Iterable[Mapping[str, Any]]) -> Parts:
    found: dict[str, list[str]] = {}
    for event in events:
        facts = facts_of(event, PREFIXES)
        for lot, item in facts.members:
            found.setdefault(item, []).append(lot)
        of_role: dict[int, list[str]] = {}
        for role, thing in facts.links:
            of_role.setdefault(role % CLASS, []).append(thing)
        for whole, part in ((Role.PARENT, Role.CHILD), (Role.OUTPUT, Role.INPUT)):
            for each in of_role.get(whole, ()):
                if "/10/" not in each:
                    found.setdefault(each, []).extend(of_role.get(part, ()))
    return found


class _Contents:
    """Which lots a thing is of, or has in it. Each thing is looked at once, however many have it in them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[str, Counter[str]] = {}

    def lots_in(self, thing: str) -> Counter[str]:
        """Once for each item; itself where nothing says so."""
        if "/10/" in thing or thing not in self._parts:
            return Counter([thing])
        if thing not in self._known:
            self._known[thing] = Counter([thing])  # while it is looked at, for one that has itself in it
            found: Counter[str] = Counter()
            for each in dict.fromkeys(self._parts[thing]):
                found.update(self.lots_in(each))
            self._known[thing] = found
        return self._known[thing]


def _goods(event: Mapping[str, Any], contents: _Contents) -> Iterator[tuple[str, float | None, str]]:
    items, quantities = _LISTS[event["type"]]
    counted: Counter[str] = Counter()
    for each in event.get(items, ()):
        counted.update(contents.lots_in(thing_of(each)))
    for lot, count in counted.items():
        yield lot, float(count), "C62"
    for each in event.get(quantities, ()):
        yield thing_of(each["epcClass"]), each.get("quantity"), each.get("uom", "")


def _inputs(event: Mapping[str, Any], contents: _Contents) -> Iterable[str]:
    things = [thing_of(each["epcClass"]) for each in event.get("inputQuantityList", ())]
    things += [lot for each in event.get("inputEPCList", ()) for lot in contents.lots_in(thing_of(each))]
    return dict.fromkeys(things)


def _lot_code(thing: str) -> str:
    """GTIN and lot, as the rule's code."""
    key, _, lot = thing.partition("/10/")
    return f"{key.rpartition('/')[2]} {lot}" if lot else uri_of(thing)


def _gtin(thing: str) -> str:
    return thing.split("/")[2] if thing.startswith("/01/") else ""


def _place(event: Mapping[str, Any]) -> str:
    place = event.get("bizLocation") or event.get("readPoint") or {}
    return str(place.get("id", ""))


def _party(event: Mapping[str, Any], which: str) -> str:
    """The place goods come from or go to, else who has them then."""
    listed = {
        expanded(vocabulary.SOURCES_AND_DESTINATIONS, each["type"]).rpartition("-")[2]: each[which]
        for each in event.get(f"{which}List", ())
    }
    return str(listed.get("location") or listed.get("possessing_party") or listed.get("owning_party") or "")


def _reference(event: Mapping[str, Any]) -> tuple[str, str]:
    for each in event.get("bizTransactionList", ()):
        return each.get("type", ""), each["bizTransaction"]
    return "", ""
