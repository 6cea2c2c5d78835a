"""What is done with batches, as EPCIS 2.0 events (JSON binding). Pure: no I/O.

A batch is a class of the EPCs of its lot (`quantityList`), named by its GS1 Digital Link; a place without a GLN is a geo URI
(RFC 5870), which CBV 2.0 allows. Business steps and dispositions are CBV's; what CBV has no word for is `other`.

    batch made     ObjectEvent, ADD, commissioning
    step           ObjectEvent, OBSERVE; `destroyed`: DELETE
    split, merge,  TransformationEvent, repackaging
    repack
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from trace.batches.places import Place
from trace.batches.saying import AT_SOMEBODYS_DOOR, NewBatch, NewStep, code_of

# By the kind of a step: business step and disposition. CBV's `killing` is of tags and `collecting` of what lies at many places.
_STEPS: dict[str, tuple[str, str]] = {
    "inspected": ("inspecting", "in_progress"),
    "packed": ("packing", "in_progress"),
    "stored": ("storing", "in_progress"),
    "shipped": ("shipping", "in_transit"),
    "received": ("receiving", "in_progress"),
    "handed_over": ("accepting", "in_progress"),
    "delivered": ("arriving", "in_progress"),
    "recalled": ("holding", "recalled"),
    "destroyed": ("destroying", "destroyed"),
}
_OTHER = ("other", "in_progress")


def epcis_of_batch(new: NewBatch, base: str, zone: tzinfo) -> dict[str, Any]:
    """The event of a batch that was harvested, slaughtered or cooked. `base`: where codes are, `zone`: of the place."""
    return {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        **_when(new.made_ms, zone),
        "epcList": [],
        "quantityList": [_quantity(new.gtin, new.lot, new.units, base)],
        "readPoint": {"id": _where(new.place)},
        "bizLocation": {"id": _where(new.place)},
    }


def epcis_of(step: NewStep, gtin: str, lot: str, base: str, zone: tzinfo) -> dict[str, Any]:
    """The event of a step of the batch of this code."""
    biz_step, disposition = _STEPS.get(step.kind, _OTHER)
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "DELETE" if step.kind == "destroyed" else "OBSERVE",
        "bizStep": biz_step,
        "disposition": disposition,
        **_when(step.at_ms, zone),
        "epcList": [],
        "quantityList": [{"epcClass": code_of(gtin, lot).uri(base)}],
    }
    if step.place is not None and step.kind not in AT_SOMEBODYS_DOOR:
        event["readPoint"] = {"id": _where(step.place)}
    if step.celsius is not None:
        report = {"type": "Temperature", "value": step.celsius, "uom": "CEL"}
        event["sensorElementList"] = [{"sensorReport": [report]}]
    return event


def epcis_of_making(
    inputs: Mapping[tuple[str, str], int], outputs: Sequence[NewBatch], base: str, zone: tzinfo
) -> dict[str, Any]:
    """The event of a split, merge or repack. `inputs`: units by GTIN and lot; `outputs`: one or more, made at once."""
    first = outputs[0]
    return {
        "type": "TransformationEvent",
        "bizStep": "repackaging",
        "disposition": "active",
        **_when(first.made_ms, zone),
        "inputQuantityList": [_quantity(gtin, lot, units, base) for (gtin, lot), units in inputs.items()],
        "outputQuantityList": [_quantity(each.gtin, each.lot, each.units, base) for each in outputs],
        "readPoint": {"id": _where(first.place)},
    }


def _quantity(gtin: str, lot: str, units: int, base: str) -> dict[str, Any]:
    return {"epcClass": code_of(gtin, lot).uri(base), "quantity": units}


def _when(at_ms: int, zone: tzinfo) -> dict[str, str]:
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    text = at.isoformat(timespec="milliseconds")
    return {"eventTime": text, "eventTimeZoneOffset": text[-6:]}


def _where(place: Place) -> str:
    return f"geo:{place.lat:.6f},{place.lon:.6f}"
