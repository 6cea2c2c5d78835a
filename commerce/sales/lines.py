"""What a tap takes: of each sale its quota, and of each product its stock. Pure: no I/O.

Quota and stock are resources of the stock engine, taken together or not at all; what is left of a sale is the smaller. A bundle
has no stock of its own: each of its units takes those of its components, as they were when the sale was made.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET

from commerce.flashsale.requests import Units
from commerce.flashsale.rows import ResourceRow
from commerce.sales.socket_events import Reserve, SaleQty
from livehub.base.errors import BadRequest
from livehub.room.models import CardPart

QUOTA, STOCK = "sale:", "product:"

Takes = tuple[tuple[str, int], ...]
"""(product, units of its stock) for each unit of a sale: itself once, or the components of a bundle."""


def takes_of(product: str, components: Sequence[CardPart] | None) -> Takes:
    """What each unit of a sale takes."""
    return tuple((part.id, part.qty) for part in components) if components else ((product, 1),)


def quota(sale: str) -> str:
    """The resource of a sale's units."""
    return QUOTA + sale


def stock(product: str) -> str:
    """The resource of a product's units."""
    return STOCK + product


def lines_of(body: Reserve) -> tuple[SaleQty, ...]:
    """The lines of a tap, each of another sale. Raises BadRequest."""
    if body.lines is UNSET and body.sale is not UNSET and body.qty is not UNSET:
        return (SaleQty(sale=body.sale, qty=body.qty),)
    if body.lines is UNSET or body.sale is not UNSET or body.qty is not UNSET:
        raise BadRequest("Give `sale` and `qty`, or `lines`.")
    if len({line.sale for line in body.lines}) < len(body.lines):
        raise BadRequest("lines: a sale may stand on one line only.")
    return body.lines


def units_of(lines: Sequence[SaleQty], takes: Mapping[str, Takes]) -> tuple[Units, ...]:
    """What the lines take: the quotas in their order, then each product once. `takes` by sale."""
    wanted: dict[str, int] = {}
    for line in lines:
        for product, each in takes[line.sale]:
            wanted[product] = wanted.get(product, 0) + each * line.qty
    quotas = (Units(quota(line.sale), line.qty) for line in lines)
    return (*quotas, *(Units(stock(product), units) for product, units in wanted.items()))


def sold_lines(units: Iterable[Units]) -> tuple[SaleQty, ...]:
    """The lines of a hold, out of what it takes."""
    return tuple(
        SaleQty(sale=line.resource.removeprefix(QUOTA), qty=line.units)
        for line in units
        if line.resource.startswith(QUOTA)
    )


def free(row: ResourceRow) -> int:
    """Units of a resource that nobody holds or has bought."""
    return row.units - row.held - row.sold


def left_of(quota_row: ResourceRow | None, stock_rows: Iterable[tuple[ResourceRow | None, int]]) -> int | None:
    """What is left of a sale; None while its units are not known. `stock_rows`: each with how many a unit takes of it."""
    left = None if quota_row is None else free(quota_row)
    for row, each in stock_rows:
        left = None if row is None or left is None else min(left, free(row) // each)
    return left
