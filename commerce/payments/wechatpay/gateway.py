"""What we ask WeChat Pay, and what it answers: typed, bounded in size and time, and only what its key has signed.

A refusal of its own (a 4xx with a `code`) is Refused; whatever may pass, and whatever is wrong with our account, is
ProviderAway: somebody waits or it is tried again, and the log says why. Its codes came with and without underscores over
the years, so they are compared without.

https://pay.weixin.qq.com/docs/merchant/development/interface-rules/build-verify-sign-src.html
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from commerce.payments.errors import ProviderAway
from commerce.payments.wechatpay.settings import WechatpayConfig

if TYPE_CHECKING:
    from commerce.payments.wechatpay.library import Library

log = logging.getLogger("livehub.payments.wechatpay")

RETRY_MS = 5_000
SLOWER_MS = 60_000  # what it asks of whoever comes too often
BILL_PATH = "/v3/billdownload/"
LOGGED_CHARS_MAX = 100
HTTP_TOO_MANY, HTTP_OUR_FAULT = 429, 401

_PASSING = frozenset({"SYSTEMERROR", "BANKERROR", "BIZERRNEEDRETRY", "FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED"})
_OF_OUR_ACCOUNT = frozenset({"SIGNERROR", "NOAUTH", "MCHNOTEXISTS", "APPIDMCHIDNOTMATCH", "ACCOUNTERROR"})

T = TypeVar("T", bound=Struct)
Way = Literal["jsapi", "h5", "native"]


class Refused(Exception):
    """WeChat Pay does not do this. `code`: its own, without underscores."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Said(Struct, frozen=True, kw_only=True):
    """An answer that is none of success. Its `message` is not looked at: it may repeat what was asked."""

    code: str = ""


class Gateway:
    """One account at WeChat Pay."""

    def __init__(self, config: WechatpayConfig, real_s: Callable[[], float]) -> None:
        self._config = config
        self._real_s = real_s
        self._library: Library | None = None

    @property
    def library(self) -> "Library":
        """The library's client, loaded and made at the first use."""
        if self._library is None:
            from commerce.payments.wechatpay.library import Library  # noqa: PLC0415  (see there)

            self._library = Library(self._config, self._real_s)
        return self._library

    async def close(self) -> None:
        """End its connections."""
        if self._library is not None:
            library, self._library = self._library, None
            await library.end()

    async def ask(self, call: "Callable[[Library], Awaitable[tuple[int, Any]]]", answer: type[T]) -> T:
        """The answer to one call of the library. Raises Refused, ProviderAway."""
        status, body = await self._ask(call)
        if status // 100 == 2:
            try:
                return msgspec.json.decode(body or b"{}", type=answer)
            except (msgspec.DecodeError, UnicodeError) as error:
                raise away("its answer is none", error) from None
        raise _refusal(status, _code(body))

    async def _ask(self, call: "Callable[[Library], Awaitable[tuple[int, Any]]]") -> tuple[int, Any]:
        from commerce.payments.wechatpay.library import HTTP_ERRORS, Unverified  # noqa: PLC0415

        try:
            async with asyncio.timeout(self._config.payment_provider_s):
                return await call(self.library)
        except Unverified:
            log.error("wechatpay.unverified")
            raise ProviderAway(retry_after_ms=RETRY_MS) from None
        except (*HTTP_ERRORS, TimeoutError, OSError, UnicodeError) as error:
            raise away("no answer", error) from None

    def signed(self, lines: Sequence[str]) -> str:
        """The merchant's signature of these lines, base64."""
        return str(self.library.sign(list(lines)))

    def opened(self, headers: Mapping[str, str], body: bytes) -> bytes | None:
        """The resource of a notice whose headers were looked at, decrypted; None: it is not signed, or not for us."""
        try:
            text = self.library.decrypt_callback(headers, body)
        except Exception as error:  # noqa: BLE001  (the library raises whatever a body makes it raise)
            log.warning("wechatpay.notice_unreadable", extra={"reason": type(error).__name__})
            return None
        return None if text is None else str(text).encode()

    async def download(self, url: str, take: Callable[[bytes], None]) -> None:
        """Give `take` the pieces of a bill as they come; it may raise ProviderAway. Whatever host `url` names, our
        signature goes to the one in settings. Raises ProviderAway."""
        from commerce.payments.wechatpay.library import HTTP_ERRORS, Unverified  # noqa: PLC0415

        at = url.find(BILL_PATH)
        if at < 0:
            raise away("a bill that is elsewhere")
        try:
            async with (
                asyncio.timeout(self._config.wechatpay_bill_s_max),
                aclosing(self.library.download(url[at:])) as pieces,
            ):
                async for piece in pieces:
                    take(piece)
        except (*HTTP_ERRORS, Unverified, TimeoutError, OSError) as error:
            raise away("a bill broke off", error) from None


def _code(body: str | bytes) -> str:
    try:
        said = msgspec.json.decode(body or b"{}", type=Said)
    except (msgspec.DecodeError, UnicodeError):
        return ""
    return said.code.replace("_", "").upper()[:LOGGED_CHARS_MAX]


def _refusal(status: int, code: str) -> Exception:
    if status == HTTP_TOO_MANY or code in _PASSING or status >= 500:
        log.warning("wechatpay.busy", extra={"status": status, "reason": code})
        is_limit = status == HTTP_TOO_MANY or code.startswith("FREQUENCY")
        return ProviderAway(retry_after_ms=SLOWER_MS if is_limit else RETRY_MS)
    if status == HTTP_OUR_FAULT or code in _OF_OUR_ACCOUNT:
        log.error("wechatpay.account", extra={"status": status, "reason": code})
        return ProviderAway(retry_after_ms=SLOWER_MS)
    if not code:
        return away(f"an answer of status {status} that says nothing")
    return Refused(code)


def away(reason: str, error: BaseException | None = None) -> ProviderAway:
    """It, told in the log."""
    log.warning("wechatpay.away", extra={"reason": reason, "error": type(error).__name__ if error else ""})
    return ProviderAway(retry_after_ms=RETRY_MS)
