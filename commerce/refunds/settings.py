"""Settings of refunds."""

from typing import Annotated

from livehub.base.config import Config, described
from livehub.room.models import AMOUNT_MINOR_MAX


class RefundsConfig(Config, frozen=True, kw_only=True):
    """What refunds read, on top of what everybody does."""

    refund_alone_max_minor: Annotated[
        int,
        described(
            "what one of the staff may refund of an order without a second person, in minor units; 0: nothing",
            ge=0,
            le=AMOUNT_MINOR_MAX,
        ),
    ] = 20_000
