"""Stripe as a module. Where no account is set, it is nothing, and nothing is loaded."""

from commerce.payments.providers import Providers
from commerce.payments.stripe.provider import StripeProvider
from commerce.payments.stripe.settings import StripeConfig
from livehub.base.module import Context, Module, Part, ProcessRole


class Stripe(Part):
    """An account that is no longer offered is there all the same, so that its payments can be asked about and paid back."""

    def __init__(self, context: Context) -> None:
        config = context.config(StripeConfig)
        self._provider = StripeProvider(config) if config.is_set else None
        if self._provider is not None:
            context.get(Providers).add(self._provider)

    async def stop(self) -> None:
        if self._provider is not None:
            await self._provider.end()


STRIPE = Module(
    name="stripe",
    build=Stripe,
    roles=frozenset({ProcessRole.SOCKETS, ProcessRole.JOBS}),
    settings=StripeConfig,
)
