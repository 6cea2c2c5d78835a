"""Settings of notices."""

from typing import Annotated

from livehub.base.config import Config, described


class NotifyConfig(Config, frozen=True, kw_only=True):
    """What notices read."""

    notice_deliveries_kept_s: Annotated[
        int,
        described(
            "how long it is remembered whom was told what, and so that nobody is told it again",
            ge=604_800,
            le=3_153_600_000,
        ),
    ] = 94_608_000  # three years, as long as the orders that they are about
