"""Settings of the catalogue."""

from typing import Annotated

from livehub.base.config import Config, described


class CatalogueConfig(Config, frozen=True, kw_only=True):
    """What the catalogue reads, on top of what everybody does."""

    bag_max: Annotated[int, described("products in a room's bag", ge=1, le=1_000)] = 100
    list_price_days: Annotated[
        int,
        described("days before a price is cut whose lowest price a struck-through one may not be above", ge=1, le=365),
    ] = 7
