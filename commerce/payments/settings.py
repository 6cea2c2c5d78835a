"""Settings of payments."""

from typing import Annotated

from livehub.base.config import Config, described

PROVIDERS = ("sandbox", "wechatpay", "stripe")
_NAMES = "|".join(PROVIDERS)


class PaymentsConfig(Config, frozen=True, kw_only=True):
    """What payments read, on top of what everybody does."""

    payment_providers: Annotated[
        str,
        described(
            "ways to pay that are offered, separated by commas, the first one chosen by itself; empty: none",
            form="some of `sandbox`, `wechatpay`, `stripe`",
            pattern=rf"^((({_NAMES}),)*({_NAMES}))?$",
        ),
    ] = ""
    payment_open_s: Annotated[
        int, described("how long an attempt to pay is open, if what it is for is held so long", ge=30, le=86_400)
    ] = 600
    payment_attempts_max: Annotated[int, described("attempts to pay one order", ge=1, le=1_000)] = 20
    payment_provider_s: Annotated[float, described("longest wait for a payment provider's answer", gt=0, le=60)] = 5.0
    payment_asks_max: Annotated[
        int, described("payments and refunds that one process asks providers about at a time", ge=1, le=1_000)
    ] = 16
    payment_poll_s: Annotated[
        float,
        described("pause between two looks for payments and refunds that providers are to be asked about", gt=0, le=60),
    ] = 1.0
    payment_notice_age_s_max: Annotated[
        int, described("how old, or ahead, a provider's notice may be", ge=10, le=86_400)
    ] = 300
    payment_notice_bytes_max: Annotated[int, described("largest notice of a provider", ge=1_024, le=10_000_000)] = (
        65_536
    )
    payment_notices_kept_s: Annotated[
        int, described("how long it is remembered which notices have come", ge=172_800, le=315_360_000)
    ] = 7_776_000
    payment_batch_max: Annotated[int, described("payments written in one transaction", ge=1, le=10_000)] = 200
    payment_waiting_max: Annotated[
        int, described("payments of one process that wait to be written", ge=100, le=1_000_000)
    ] = 10_000
