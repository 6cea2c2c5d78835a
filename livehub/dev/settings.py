"""Settings that only `demo` goes by."""

from typing import Annotated

from livehub.base.config import Config, described

REAL_RATE = 1.0


class DevConfig(Config, frozen=True, kw_only=True):
    """What the parts of `demo` read, on top of what everybody does."""

    clock_rate: Annotated[
        float,
        described("`demo` only: how many times as fast as real time business time runs", ge=REAL_RATE, le=3_600.0),
    ] = REAL_RATE
