"""Settings of delivery."""

from typing import Annotated

from livehub.base.config import Config, described


class DeliveryConfig(Config, frozen=True, kw_only=True):
    """What delivery reads, on top of what everybody does."""

    delivery_ahead_days: Annotated[
        int, described("days for which windows are made from weekly patterns, today included", ge=1, le=60)
    ] = 7
    delivery_areas_max: Annotated[
        int, described("delivery areas, pick-up points and weekly patterns, of each", ge=1, le=1_000)
    ] = 200
    slots_max: Annotated[int, described("delivery windows in one answer to buyers", ge=1, le=1_000)] = 200
