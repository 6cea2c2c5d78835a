"""Splits, merges and repacks: what may become of batches. Pure: no I/O.

    split    1 input,  2 or more outputs, one product, one GTIN
    merge    2 or more inputs, 1 output, one product, one GTIN
    repack   any inputs, any outputs; units of one need not be units of the other (a crate becomes twelve boxes)

Of a split and a merge no more comes out than went in; what is missing was lost. What went in is used, so that no unit goes
into two batches. Where several batches became several at once each output came of each input: that is what a recall has to go
by.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from trace.batches.errors import BatchNotFound, LineageWrong, UnitsExceeded
from trace.batches.schemas import MakingInput, MakingRequest
from trace.gs1.digital_links import of_14_digits


class Parent(Struct, frozen=True, kw_only=True):
    """A batch that goes into others, as it is."""

    id: str
    product: str
    gtin: str
    units: int
    used: int


class Child(Struct, frozen=True, kw_only=True):
    """A batch that comes out."""

    product: str
    gtin: str
    lot: str
    units: int


def used_of(inputs: Sequence[MakingInput]) -> dict[str, int]:
    """Units by batch. Raises LineageWrong for a batch that is there twice."""
    counted = Counter(each.batch for each in inputs)
    if any(count > 1 for count in counted.values()):
        raise _wrong("inputs", "A batch is there twice.")
    return {each.batch: each.units for each in inputs}


def children(request: MakingRequest, parents: Mapping[str, Parent]) -> list[Child]:
    """What comes out. Raises BatchNotFound, UnitsExceeded, LineageWrong."""
    used = used_of(request.inputs)
    for batch, units in used.items():
        if batch not in parents:
            raise BatchNotFound(details={"batch": batch})
        left = parents[batch].units - parents[batch].used
        if units > left:
            raise UnitsExceeded(details={"batch": batch, "left": left})
    first = parents[request.inputs[0].batch]
    made = [
        Child(
            product=each.product or first.product,
            gtin=of_14_digits(each.gtin or first.gtin),
            lot=each.lot,
            units=each.units,
        )
        for each in request.outputs
    ]
    if len({(each.gtin, each.lot) for each in made}) < len(made):
        raise _wrong("outputs", "A lot is there twice.")
    if request.kind == "repack":
        return made
    ins, outs = len(request.inputs), len(made)
    if (ins != 1) if request.kind == "split" else (ins < 2):
        raise _wrong(
            "inputs", f"A {request.kind} is of {'one batch' if request.kind == 'split' else 'several batches'}."
        )
    if (outs < 2) if request.kind == "split" else (outs != 1):
        raise _wrong(
            "outputs", f"A {request.kind} makes {'several batches' if request.kind == 'split' else 'one batch'}."
        )
    kinds = {(each.product, each.gtin) for each in made} | {(parents[id_].product, parents[id_].gtin) for id_ in used}
    if len(kinds) != 1:
        raise _wrong("product", f"What a {request.kind} is made of is one product.")
    if sum(each.units for each in made) > sum(used.values()):
        raise _wrong("units", "More comes out than went in.")
    return made


def _wrong(reason: str, message: str) -> LineageWrong:
    return LineageWrong(message, details={"reason": reason})
