"""What we ask Stripe, through its library: bounded in time, never tried again by itself, its log quiet. Loaded at the first
use.

A refusal is Refused; whatever may pass, and whatever is wrong with our account, is ProviderAway.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from commerce.payments.errors import ProviderAway
from commerce.payments.stripe.settings import StripeConfig

if TYPE_CHECKING:
    import stripe

log = logging.getLogger("livehub.payments.stripe")

RETRY_MS = 5_000
OUR_RETRY_MS = 60_000
LOGGED_CHARS_MAX = 100


T = TypeVar("T", bound=Struct)


class Refused(Exception):
    """Stripe does not do this. `code`: its own, or ""; `status`: of HTTP."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Client:
    """One account at Stripe."""

    def __init__(self, config: StripeConfig) -> None:
        self._config = config
        self._http: Any = None
        self._client: stripe.StripeClient | None = None

    @property
    def v1(self) -> Any:
        """The library's services, loaded and made at the first use."""
        if self._client is None:
            import stripe  # noqa: PLC0415  (an extra, and large)

            logging.getLogger("stripe").setLevel(logging.WARNING)  # at INFO it writes every address and answer
            self._http = stripe.AIOHTTPClient(timeout=self._config.payment_provider_s)
            self._client = stripe.StripeClient(
                self._config.stripe_secret_key,
                http_client=self._http,
                base_addresses={"api": self._config.stripe_url},
                max_network_retries=0,
            )
        return self._client.v1

    async def end(self) -> None:
        """Close its connections; the next call makes new ones."""
        if self._client is not None:
            http, self._http, self._client = self._http, None, None
            await http.close_async()

    async def ask(self, call: Callable[[Any], Awaitable[Any]], answer: type[T]) -> T:
        """What one call of the library's services gives. Raises Refused, ProviderAway."""
        services = self.v1
        import stripe  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._config.payment_provider_s):
                made = await call(services)
            return msgspec.convert(made.to_dict(), answer)
        except stripe.StripeError as error:
            raise _refusal(error) from None
        except (TimeoutError, OSError) as error:
            raise away("no answer", error) from None
        except Exception as error:  # noqa: BLE001  (the library raises whatever an odd answer makes it raise)
            raise away("an odd answer", error) from None


def _refusal(error: "stripe.StripeError") -> Exception:
    import stripe  # noqa: PLC0415

    code, status = (error.code or "")[:LOGGED_CHARS_MAX], error.http_status or 0
    kind = type(error).__name__
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        log.error("stripe.account", extra={"status": status, "reason": code, "error": kind})
        return ProviderAway(retry_after_ms=OUR_RETRY_MS)
    if isinstance(error, (stripe.InvalidRequestError, stripe.CardError)):
        return Refused(code, status)
    log.warning("stripe.away", extra={"status": status, "reason": code, "error": kind})
    return ProviderAway(retry_after_ms=RETRY_MS)


def away(reason: str, error: BaseException | None = None) -> ProviderAway:
    """It, told in the log."""
    log.warning("stripe.away", extra={"reason": reason, "error": type(error).__name__ if error else ""})
    return ProviderAway(retry_after_ms=RETRY_MS)
