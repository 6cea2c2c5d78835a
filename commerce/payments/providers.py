"""Which providers this process has, and which of them are offered."""

from collections.abc import Sequence

from commerce.payments.errors import ProviderOff
from commerce.payments.provider import Provider
from livehub.base.config import ConfigError, variable


class NoAccount(ConfigError):
    """A provider is offered, and no account at it is set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{variable('payment_providers')}: names {name}, of which no account is set")


class Providers:
    """By name. Modules of providers add theirs when they are built; those that are offered are there by the settings."""

    def __init__(self, offered: str) -> None:
        """`offered`: LIVEHUB_PAYMENT_PROVIDERS."""
        self._offered = [name for name in offered.split(",") if name]
        self._known: dict[str, Provider] = {}

    def is_offered(self, name: str) -> bool:
        return name in self._offered

    @property
    def offered(self) -> Sequence[str]:
        """The names of those that can be paid with, in the order of the settings."""
        return [name for name in self._offered if name in self._known]

    @property
    def known(self) -> Sequence[Provider]:
        """All that can be asked, offered or not."""
        return list(self._known.values())

    def add(self, provider: Provider) -> None:
        """Of one that is offered, or was once, so that its payments can be asked about and paid back."""
        self._known[provider.name] = provider

    def get(self, name: str) -> Provider:
        """Raises ProviderOff (`providers`: those that are offered)."""
        found = self._known.get(name)
        if found is None:
            raise ProviderOff(details={"providers": list(self.offered)})
        return found

    def to_pay_with(self, name: str) -> Provider:
        """The same, of those that are offered."""
        if name not in self.offered:
            raise ProviderOff(details={"providers": list(self.offered)})
        return self._known[name]
