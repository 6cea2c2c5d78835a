"""What the log says of batches. Pure: no I/O.

    {"type": "batch", "at": "2026-11-28T06:10:00.000Z", "batch": "...", "gtin": "...", "lot": "...", "units": 480, ...}

Numbers that are no integers are strings. Of people nothing is said, but for commitments: to who recorded a step and what they
noted, and to which order line a box was packed for.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from livehub.base.lists import iso
from trace.batches.places import Place
from trace.gs1.digital_links import DigitalLink, link
from trace.log.entries import encoded


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate of a batch. `sha256`: of its picture's file as it was uploaded."""

    kind: str
    number: str
    valid_until: date | None
    picture: str | None
    sha256: bytes | None


class NewBatch(Struct, frozen=True, kw_only=True):
    """A batch that is being made; its code is checked."""

    id: str
    product: str
    gtin: str
    lot: str
    made_by: str
    made_ms: int
    place: Place
    units: int
    certificates: tuple[Certificate, ...] = ()


class NewStep(Struct, frozen=True, kw_only=True):
    """Something that was done with a batch."""

    id: str
    batch: str
    kind: str
    at_ms: int
    place: Place | None
    celsius: float | None
    photo: str | None
    photo_sha256: bytes | None
    note: str


def code_of(gtin: str, lot: str, serial: str | None = None) -> DigitalLink:
    """The code of a batch, or of one of its boxes. Raises CodeUnreadable."""
    return link("01", gtin, ("10", lot), ("21", serial))


def batch(new: NewBatch, at_ms: int) -> bytes:
    """The entry of a batch that was told of at `at_ms`."""
    said: dict[str, Any] = {
        "batch": new.id,
        "product": new.product,
        "gtin": new.gtin,
        "lot": new.lot,
        "made_by": new.made_by,
        "made_at": iso(new.made_ms),
        "place": place(new.place),
        "units": new.units,
        "certificates": [_certificate(each) for each in new.certificates],
    }
    return encoded("batch", at_ms, said)


def making(
    id_: str, kind: str, made_ms: int, inputs: Mapping[str, int], outputs: Sequence[NewBatch], at_ms: int
) -> bytes:
    """The entry of a split, merge or repack; `inputs`: units by batch."""
    said = {
        "making": id_,
        "made_at": iso(made_ms),
        "inputs": [{"batch": batch, "units": units} for batch, units in inputs.items()],
        "outputs": [{"batch": new.id, "gtin": new.gtin, "lot": new.lot, "units": new.units} for new in outputs],
    }
    return encoded(f"batch_{kind}", at_ms, said)


AT_SOMEBODYS_DOOR = frozenset({"handed_over", "delivered"})
"""Steps whose place and photo are a person's own: neither the log nor what everybody sees has them."""


def step(new: NewStep, committed: Mapping[str, str], at_ms: int) -> bytes:
    """The entry of a step; `committed`: commitments, by what they are to."""
    said: dict[str, Any] = {
        "step": new.id,
        "batch": new.batch,
        "kind": new.kind,
        "done_at": iso(new.at_ms),
        **committed,
    }
    if new.place is not None and new.kind not in AT_SOMEBODYS_DOOR:
        said["place"] = place(new.place)
    if new.celsius is not None:
        said["celsius"] = decimal(new.celsius)
    if new.photo_sha256 is not None:
        said["photo_sha256"] = new.photo_sha256.hex()
    return encoded("batch_step", at_ms, said)


def sheet(id_: str, batch: str, serials: Sequence[str], at_ms: int) -> bytes:
    """The entry of new serials: how many, and a hash of them, so that none can be added later."""
    digest = hashlib.sha256("\n".join(serials).encode()).hexdigest()
    said = {"sheet": id_, "batch": batch, "boxes": len(serials), "serials_sha256": digest}
    return encoded("batch_boxes", at_ms, said)


def packed(batch: str, serial: str, packed_ms: int, order_line: str, at_ms: int) -> bytes:
    """The entry of a box that was packed; `order_line`: a commitment."""
    said = {"batch": batch, "serial": serial, "packed_at": iso(packed_ms), "order_line_commitment": order_line}
    return encoded("box_packed", at_ms, said)


def place(where: Place) -> dict[str, str]:
    """A place in WGS-84; six decimals are 11 cm."""
    return {"name": where.name, "lat": f"{where.lat:.6f}", "lon": f"{where.lon:.6f}"}


def decimal(number: float) -> str:
    """A number with two decimals at most: `4.1`."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _certificate(given: Certificate) -> dict[str, str]:
    said = {"kind": given.kind, "number": given.number}
    if given.valid_until is not None:
        said["valid_until"] = given.valid_until.isoformat()
    if given.sha256 is not None:
        said["sha256"] = given.sha256.hex()
    return said
