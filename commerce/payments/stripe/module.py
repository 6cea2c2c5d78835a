"""Stripe as a module. Where no account is set, it is nothing, and nothing is loaded."""

from commerce.payments.providers import NoAccount, Providers
from commerce.payments.stripe.provider import NAME, StripeProvider
from commerce.payments.stripe.settings import StripeConfig
from livehub.base.module import Context, Module, Part, ProcessRole


class Stripe(Part):
    """An account that is no longer offered is there all the same, so that its payments can be asked about and paid back."""

    def __init__(self, context: Context) -> None:
        config, providers = context.config(StripeConfig), context.get(Providers)
        self._provider = StripeProvider(config) if config.is_set else None
        if self._provider is not None:
            providers.add(self._provider)
        elif providers.is_offered(NAME):
            raise NoAccount(NAME)

    async def stop(self) -> None:
        if self._provider is not None:
            await self._provider.end()


STRIPE = Module(
    name="stripe",
    build=Stripe,
    roles=frozenset({ProcessRole.SOCKETS, ProcessRole.JOBS}),
    settings=StripeConfig,
)
