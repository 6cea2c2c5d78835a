"""Settings of coupons."""

from typing import Annotated, ClassVar

from livehub.base.config import Config, described


class CouponsConfig(Config, frozen=True, kw_only=True):
    """What coupons read, on top of what everybody does."""

    in_order: ClassVar = (("claims_batch_max", "claims_pending_max"),)

    coupons_shown_max: Annotated[int, described("coupons in a room's view", ge=1, le=100)] = 10
    claims_batch_max: Annotated[int, described("claims of coupons looked up at once", ge=1, le=100_000)] = 2_000
    claims_pending_max: Annotated[int, described("claims of coupons that wait to be looked up", ge=1, le=1_000_000)] = (
        50_000
    )
