"""Which units of what was bought a breach of the cold chain is about. Pure: no I/O.

A unit that is packed is in a box, and the box is of a batch: it is about those of the batches that were there. A unit that is
not may come out of any batch that its sale's became.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct


class BoughtLine(Struct, frozen=True, kw_only=True):
    """A line of an order. `boxes_per_unit`: one, or the parts of a bundle; `is_of_batch`: its sale named a batch that goods may
    be of.
    """

    id: str
    qty: int
    boxes_per_unit: int
    is_of_batch: bool


def units_affected(line: BoughtLine, *, packed: int, inside: int) -> int:
    """How many units. `packed`: boxes of the line, `inside`: those of them that are of the batches concerned."""
    unpacked = line.qty - packed // max(1, line.boxes_per_unit) if line.is_of_batch else 0
    return min(line.qty, inside + max(0, unpacked))


def affected(lines: Collection[BoughtLine], *, packed: Mapping[str, int], inside: Mapping[str, int]) -> dict[str, int]:
    """Units by line, without lines that nothing happened to."""
    units = {
        line.id: units_affected(line, packed=packed.get(line.id, 0), inside=inside.get(line.id, 0)) for line in lines
    }
    return {line: count for line, count in units.items() if count > 0}


def units_left(qty: int, units: int, taken: Collection[int]) -> tuple[int, ...]:
    """So many `units` out of `qty` of a line, the first being 0, that are not `taken`; fewer, if there are fewer."""
    return tuple(unit for unit in range(qty) if unit not in taken)[:units]
