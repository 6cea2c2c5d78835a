"""What a tap takes: of each sale its quota, and of each product its stock. Pure: no I/O.

Quota and stock are resources of the stock engine, taken together or not at all; what is left of a sale is the smaller.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET

from commerce.flashsale.requests import Units
from commerce.flashsale.rows import ResourceRow
from commerce.sales.socket_events import Reserve, SaleQty
from livehub.base.errors import BadRequest

QUOTA, STOCK = "sale:", "product:"


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


def units_of(lines: Sequence[SaleQty], products: Mapping[str, str]) -> tuple[Units, ...]:
    """What the lines take: the quotas in their order, then each product once. `products` by sale."""
    wanted: dict[str, int] = {}
    for line in lines:
        product = products[line.sale]
        wanted[product] = wanted.get(product, 0) + line.qty
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


def left_of(quota_row: ResourceRow | None, stock_row: ResourceRow | None) -> int | None:
    """What is left of a sale; None while its units are not known."""
    return None if quota_row is None or stock_row is None else min(free(quota_row), free(stock_row))
