"""Settings of Stripe."""

from importlib.util import find_spec
from typing import Annotated

from commerce.payments.settings import PaymentsConfig
from livehub.base.config import described, variable

INSTALL = "python3 bootstrap/setup.py runtime stripe"


class StripeConfig(PaymentsConfig, frozen=True, kw_only=True):
    stripe_secret_key: Annotated[
        str,
        described(
            "secret or restricted key at Stripe; empty: none",
            form="`sk_live_...`, `sk_test_...`, or the same with `rk_`",
            pattern=r"^((sk|rk)_(live|test)_[0-9A-Za-z]+)?$",
        ),
    ] = ""
    stripe_webhook_secret: Annotated[
        str,
        described(
            "signing secret of the endpoint for events", form="`whsec_...`", pattern=r"^(whsec_[0-9A-Za-z+/=]+)?$"
        ),
    ] = ""
    stripe_url: Annotated[str, described("Stripe's server", form="`https://host`", pattern=r"^https?://[^/?#\s]+$")] = (
        "https://api.stripe.com"
    )
    stripe_bill_pages_max: Annotated[
        int, described("pages of 100 balance transactions read of one day", ge=1, le=1_000_000)
    ] = 10_000

    @property
    def is_set(self) -> bool:
        """Whether there is an account."""
        return bool(self.stripe_secret_key)

    @property
    def is_live(self) -> bool:
        """Whether its money is real."""
        return "_live_" in self.stripe_secret_key

    def faults(self) -> list[str]:
        """What is missing."""
        if not self.is_set:
            return []
        faults = []
        if not self.stripe_webhook_secret:
            faults.append(
                f"{variable('stripe_webhook_secret')}: is needed where {variable('stripe_secret_key')} is set"
            )
        if find_spec("stripe") is None:
            faults.append(f"{variable('stripe_secret_key')}: the package stripe is not installed; run `{INSTALL}`")
        return faults
