"""Settings of the sandbox."""

from typing import Annotated

from livehub.base.config import Config, described


class SandboxConfig(Config, frozen=True, kw_only=True):
    """What the sandbox reads, on top of what everybody does."""

    sandbox_ladder_rate: Annotated[
        float,
        described(
            "how many times as fast as WeChat Pay the payment sandbox tells again what was not acknowledged",
            gt=0,
            le=100_000,
        ),
    ] = 100.0
    sandbox_tells_max: Annotated[
        int, described("notices of the payment sandbox under way at a time", ge=1, le=1_000)
    ] = 32
    sandbox_tell_s_max: Annotated[
        float, described("longest wait of the payment sandbox for the answer to a notice", gt=0, le=60)
    ] = 5.0
    sandbox_poll_s: Annotated[
        float, described("pause of the payment sandbox between two looks for notices that are due", gt=0, le=60)
    ] = 1.0
    sandbox_pays_at_once: Annotated[
        bool, described("whether a payment at the payment sandbox is paid as soon as it is opened")
    ] = False
    sandbox_answers_after_s: Annotated[
        float, described("how long the payment sandbox takes to say that a payment is open", ge=0, le=60)
    ] = 0.0
