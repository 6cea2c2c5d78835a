"""Reads request bodies within a time, and few at once for one address: a client that sends nothing, or a byte now and then,
holds nothing for long.

A body that has arrived whole, as nearly all have when their call is served, takes neither a place nor a timer.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, nullcontext

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from msgspec import Struct

from livehub.base.addresses import client_network
from livehub.base.config import Config
from livehub.base.content_coding import decoder_for
from livehub.base.errors import BadRequest, RequestTimeout, TooFast, TooLarge

RETRY_MS = 1_000


class Pace(Struct, frozen=True, kw_only=True):
    """How soon a body has to arrive: all of it within `within_s`; and where that is long, something within `begin_s`, and from
    then on `bytes_per_s_min` on average. What came early counts for later."""

    within_s: float
    begin_s: float = float("inf")
    bytes_per_s_min: float = float("inf")

    def due_s(self, arrived_bytes: int) -> float:
        """When more has to arrive, or the end, in seconds since the beginning, when so much has."""
        return min(self.within_s, self.begin_s + arrived_bytes / self.bytes_per_s_min)


class ClientGone(Exception):
    """The client hung up while it sent its body: nobody waits for an answer."""


class BodyReads:
    """How many unfinished bodies each address is sending."""

    def __init__(self, each_max: int) -> None:
        self._each_max = each_max
        self._reads: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._reads.total()

    @contextmanager
    def hold(self, address: str) -> Iterator[None]:
        """One place of `address` for the block. Raises TooFast when it has none left."""
        if self._reads[address] >= self._each_max:
            raise TooFast("Too many requests from your address are unfinished.", retry_after_ms=RETRY_MS)
        self._reads[address] += 1
        try:
            yield
        finally:
            self._reads[address] -= 1
            if not self._reads[address]:
                del self._reads[address]


READS = web.AppKey("body_reads", BodyReads)  # of the application, which bounds them


async def body_pieces(request: web.Request, config: Config, *, pace: Pace | None = None) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, encoded as it is, within LIVEHUB_HTTP_BODY_S if no other pace is given.

    Raises RequestTimeout, TooFast, BadRequest, ClientGone.
    """
    pace = pace or Pace(within_s=config.http_body_s)
    began_s, arrived_bytes = asyncio.get_running_loop().time(), 0
    reads, network = request.config_dict[READS], client_network(request, trust_proxy=config.trust_proxy)
    with nullcontext() if request.content.is_eof() else reads.hold(network):
        while piece := await _piece(request, began_s + pace.due_s(arrived_bytes)):
            arrived_bytes += len(piece)
            yield piece


async def read_body(request: web.Request, config: Config, bytes_max: int) -> bytes:
    """The whole body, decoded; every handler reads it with this. Raises what `decoded_pieces` raises."""
    body = bytearray()
    async with aclosing(decoded_pieces(request, config, bytes_max=bytes_max)) as arriving:
        async for piece in arriving:
            body += piece
    return bytes(body)


async def decoded_pieces(
    request: web.Request, config: Config, *, bytes_max: int, pace: Pace | None = None
) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, decoded. Neither form of it may be longer than `bytes_max`.

    Raises TooLarge, UnsupportedMediaType, BadRequest, and what `body_pieces` raises.
    """
    if (request.content_length or 0) > bytes_max:
        raise TooLarge
    decoder = decoder_for(request.headers.getall("Content-Encoding", ()))
    arrived_bytes = decoded_bytes = 0
    async with aclosing(body_pieces(request, config, pace=pace)) as arriving:
        async for encoded in arriving:
            arrived_bytes += len(encoded)
            for piece in decoder.feed(encoded):
                decoded_bytes += len(piece)
                if decoded_bytes > bytes_max:
                    raise TooLarge
                yield piece
            if arrived_bytes > bytes_max:
                raise TooLarge
    decoder.end()


async def _piece(request: web.Request, deadline_s: float) -> bytes:
    limit = asyncio.timeout_at(None if request.content.is_eof() else deadline_s)
    try:
        async with limit:
            return await request.content.readany()
    except OSError as error:  # a TimeoutError, too, and that may be the connection's own
        raise (RequestTimeout() if limit.expired() else ClientGone()) from error
    except (web.RequestPayloadError, BadHttpMessage) as error:
        raise BadRequest("The body is not framed as its headers say.") from error
