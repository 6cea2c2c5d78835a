"""`wechatpayv3`, and httpx below it, as we use them; nothing else of ours imports either. Loaded when it is first used.

What the library does otherwise, and why that is not for us:

it asks for certificates     whoever posts a notice with an odd serial number has it forget those that it has and call
                             out; we go by WeChat Pay's public key alone, and nothing here asks for certificates
it looks at no times         an answer that somebody kept is good for ever; here answers have an age, as notices have
its address is a constant    ours is a setting
its answers have no bound    nor a time for all of an answer; here they have both
it logs at DEBUG             headers with our signature, and what it decrypted: it is given no logger, and httpx's is quiet
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
from wechatpayv3.async_ import AsyncWeChatPay
from wechatpayv3.async_.core import AsyncCore
from wechatpayv3.async_.type import WeChatPayType
from wechatpayv3.async_.utils import build_authorization

from commerce.payments.wechatpay import keys
from commerce.payments.wechatpay.settings import WechatpayConfig
from commerce.payments.wechatpay.signed import fault_of, signing

CONNECTIONS_MAX = 32
ANSWER_BYTES_MAX = 262_144  # of anything but a bill
PIECE_BYTES = 65_536
UNBOUNDED = {"unbounded": True}  # in a request's extensions: who asked counts by themselves
WAYS = {"jsapi": WeChatPayType.JSAPI, "h5": WeChatPayType.H5, "native": WeChatPayType.NATIVE}

HTTP_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)

# At INFO httpx writes every address, with numbers of orders; at DEBUG httpcore writes headers.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Unverified(Exception):
    """An answer that is not signed by WeChat Pay, or was some time ago."""


class Library(AsyncWeChatPay):  # type: ignore[misc]  # ships no types
    """The library's client with a core of ours."""

    def __init__(self, config: WechatpayConfig, real_s: Callable[[], float]) -> None:
        account = {
            "mchid": config.wechatpay_mch_id,
            "private_key": keys.pem(config.wechatpay_private_key, keys.PRIVATE),
            "cert_serial_no": config.wechatpay_certificate_serial,
            "apiv3_key": config.wechatpay_api_v3_key,
            "public_key": keys.pem(config.wechatpay_public_key, keys.PUBLIC),
            "public_key_id": config.wechatpay_public_key_id,
        }
        super().__init__(wechatpay_type=WeChatPayType.JSAPI, appid=config.wechatpay_app_id, **account)
        self._core = _Core(config, real_s, account)

    async def pay_by(self, way: str, **order: Any) -> tuple[int, Any]:
        """A new order; `way` is one of WAYS."""
        status, body = await self.pay(pay_type=WAYS[way], **order)
        return status, body

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """The pieces of a file as they come: not signed by WeChat Pay, and of any length. Raises Unverified for what is no
        file, and HTTP_ERRORS."""
        async with self._core.streamed(path) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unverified
            async for piece in answer.aiter_raw(PIECE_BYTES):
                yield piece

    async def end(self) -> None:
        """Close its connections."""
        await self._core.end()


class _Core(AsyncCore):  # type: ignore[misc]
    def __init__(self, config: WechatpayConfig, real_s: Callable[[], float], account: Mapping[str, str]) -> None:
        super().__init__(**account)
        self._gate_way = config.wechatpay_url
        self._real_s = real_s
        self._s_max = config.payment_notice_age_s_max
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(config.payment_provider_s),
            transport=_Bounded(limits=httpx.Limits(max_connections=CONNECTIONS_MAX)),
            trust_env=False,
        )

    async def _update_certificates(self) -> None:
        raise Unverified

    async def _verify_signature_async(self, headers: Mapping[str, str], body: str) -> bool:
        fault = fault_of(headers, serial=self._public_key_id, now_s=self._real_s(), s_max=self._s_max)
        if fault is not None or not self._verify_signature(signing(headers), body):
            raise Unverified
        return True

    def streamed(self, path: str) -> AbstractAsyncContextManager[httpx.Response]:
        signed = build_authorization(path, "GET", self._mchid, self._cert_serial_no, self._private_key)
        headers = {"Authorization": signed, "Accept": "*/*", "Accept-Encoding": "identity"}
        return self._client.stream("GET", self._gate_way + path, headers=headers, extensions=UNBOUNDED)

    async def end(self) -> None:
        await self._client.aclose()


class _Bounded(httpx.AsyncHTTPTransport):
    """Breaks off answers that are longer than any of these may be."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if not request.extensions.get("unbounded"):
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _BoundedStream(response.stream)
        return response


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = ANSWER_BYTES_MAX
        async for piece in self._stream:
            left -= len(piece)
            if left < 0:
                raise httpx.RemoteProtocolError("the answer is too large")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
