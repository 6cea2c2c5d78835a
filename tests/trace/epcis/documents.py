"""Events for tests, and the documents of others where they lie beside the checkout."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[4] / "shared" / "vectors"
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
others = pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside the checkout")

GTIN = "https://id.gs1.org/01/09521141012344"


def vectors(*patterns: str) -> list[Any]:
    """Paths of others' documents, as parameters; a single one of nothing where they are not there, which is skipped."""
    found = sorted(path for pattern in patterns for path in VECTORS.glob(pattern)) if VECTORS.exists() else []
    return [pytest.param(path, id=path.stem) for path in found] or [Path()]


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def lot(name: str) -> str:
    return f"{GTIN}/10/{name}"


def box(serial: int | str) -> str:
    return f"{GTIN}/21/{serial}"


def observed(*epcs: str, at: str = "2026-11-28T14:10:00.000+08:00", **members: Any) -> dict[str, Any]:
    """An ObjectEvent; a member with two underscores in its name is an extension."""
    extensions = {name.replace("__", ":"): value for name, value in members.items()}
    return {
        "type": "ObjectEvent",
        "eventTime": at,
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "epcList": list(epcs),
        "bizStep": "inspecting",
        **extensions,
    }


def made(inputs: list[str], outputs: list[str], at: str = "2026-11-28T14:10:00.000+08:00") -> dict[str, Any]:
    """A TransformationEvent of lots."""
    return {
        "type": "TransformationEvent",
        "eventTime": at,
        "eventTimeZoneOffset": "+08:00",
        "inputQuantityList": [{"epcClass": each, "quantity": 1, "uom": "KGM"} for each in inputs],
        "outputQuantityList": [{"epcClass": each, "quantity": 1, "uom": "KGM"} for each in outputs],
        "bizStep": "commissioning",
    }


def packed(
    parent: str, *children: str, action: str = "ADD", at: str = "2026-11-28T14:10:00.000+08:00"
) -> dict[str, Any]:
    """An AggregationEvent."""
    return {
        "type": "AggregationEvent",
        "eventTime": at,
        "eventTimeZoneOffset": "+08:00",
        "parentID": parent,
        "childEPCs": list(children),
        "action": action,
        "bizStep": "packing",
    }


def document(*events: Any, context: Any = None) -> dict[str, Any]:
    return {
        "@context": CONTEXT if context is None else context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-28T14:10:00.000+08:00",
        "epcisBody": {"eventList": list(events)},
    }


def events_of(value: Any) -> Iterator[Any]:
    """Those of a document of either kind."""
    body = value["epcisBody"]
    yield from body.get("eventList") or body["queryResults"]["resultsBody"]["eventList"]
