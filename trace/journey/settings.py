"""Settings of journeys."""

from typing import Annotated

from livehub.base.config import Config, described


class JourneyConfig(Config, frozen=True, kw_only=True):
    """What journeys read, on top of what everybody does."""

    journey_batches_max: Annotated[
        int, described("batches that a batch came of whose steps are told in its journey", ge=0, le=1_000)
    ] = 50
    journey_kept_s: Annotated[
        float,
        described(
            "how long the story of a batch is told again as it was read, to all who scan its code at once", ge=0, le=60
        ),
    ] = 1.0
    journey_kept_max: Annotated[
        int, described("stories and pages of batches that are kept for that", ge=1, le=100_000)
    ] = 500
    journey_lots_max: Annotated[int, described("lots that the page of a product lists, the latest", ge=1, le=500)] = 20
