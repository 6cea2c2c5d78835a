"""A lot on its way to others: its events as one EPCIS document, and the sheet that FSMA 204 asks for. Pure: no I/O.

21 CFR 1.1455(c)(3)(ii): within 24 hours an electronic sortable spreadsheet of the key data elements (1.1325 to 1.1350) of each
critical tracking event. Which event is which follows from its type and step; steps that the rule does not know have no row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from livehub.base.csv import Cell
from trace.epcis import vocabulary
from trace.epcis.contents import UNKNOWN, Amounts, Contents, add
from trace.epcis.context import STANDARD, prefixes_of
from trace.epcis.facts import thing_of, uri_of
from trace.epcis.times import in_utc
from trace.epcis.vocabulary import BIZ_STEPS, expanded

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
    """Cells of FSMA_COLUMNS; a row for each lot in each event that the rule knows. `events`: the earliest first.

    Items and containers are told as the lots that are in them at the time of the event, as far as these events say so; else by
    their own code.
    """
    listed = list(events)
    wrong = {each["eventID"] for each in listed if "errorDeclaration" in each}
    right = [each for each in listed if each["eventID"] not in wrong]
    contents = Contents(right)
    for event in right:
        contents.before(event)
        kind = tracking_event(event)
        for lot, quantity, uom in () if kind is None else _goods(event, contents):
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
        contents.after(event)


def tracking_event(event: Mapping[str, Any]) -> str | None:
    """What the rule calls it; None for a step it does not know."""
    if event["type"] == "TransformationEvent":
        return "Transformation"
    step = expanded(BIZ_STEPS, event.get("bizStep", ""), prefixes_of(event.get("@context")))
    kind = _OF_STEP.get(step.removeprefix(BIZ_STEPS.namespace))
    if kind == "Harvesting" and not (event["type"] == "ObjectEvent" and event["action"] == "ADD"):
        return None
    return None if kind == "Packing" and event.get("action") != "ADD" else kind


def _goods(event: Mapping[str, Any], contents: Contents) -> Iterator[tuple[str, float | None, str]]:
    items, quantities = _LISTS[event["type"]]
    counted: Amounts = defaultdict(float)
    for each in event.get(items, ()):
        add(counted, contents.of(thing_of(each)))
    for (lot, unit), amount in counted.items():
        yield lot, None if unit == UNKNOWN else amount, unit
    for each in event.get(quantities, ()):
        yield thing_of(each["epcClass"]), each.get("quantity"), each.get("uom", "")


def _inputs(event: Mapping[str, Any], contents: Contents) -> Iterable[str]:
    things = [thing_of(each["epcClass"]) for each in event.get("inputQuantityList", ())]
    things += [lot for each in event.get("inputEPCList", ()) for lot, _ in contents.of(thing_of(each))]
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
