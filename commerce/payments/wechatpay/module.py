"""WeChat Pay as a module. Where no account is set, it is nothing, and nothing is loaded."""

from commerce.payments.providers import NoAccount, Providers
from commerce.payments.wechatpay.keys import KeyFault
from commerce.payments.wechatpay.provider import NAME, WechatpayProvider
from commerce.payments.wechatpay.settings import WechatpayConfig
from livehub.base.config import ConfigError
from livehub.base.module import Context, Module, Part, ProcessRole


class Wechatpay(Part):
    """An account that is no longer offered is there all the same, so that its payments can be asked about and paid back."""

    def __init__(self, context: Context) -> None:
        config, providers = context.config(WechatpayConfig), context.get(Providers)
        self._provider = WechatpayProvider(config, context.clock.real_s) if config.is_set else None
        if self._provider is not None:
            try:
                self._provider.load()
            except KeyFault as fault:
                raise ConfigError(f"a key of WeChat Pay cannot be used: {fault}") from fault
            providers.add(self._provider)
        elif providers.is_offered(NAME):
            raise NoAccount(NAME)

    async def stop(self) -> None:
        if self._provider is not None:
            await self._provider.end()


WECHATPAY = Module(
    name="wechatpay",
    build=Wechatpay,
    roles=frozenset({ProcessRole.SOCKETS, ProcessRole.JOBS}),
    settings=WechatpayConfig,
)
