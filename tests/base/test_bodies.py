"""A client that does not send the body it announced holds a connection for a bounded time, and only so many of them."""

import ast
import asyncio
import contextlib
import gzip
import json
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from livehub.base.auth import Tokens
from livehub.base.bodies import BodyReads, Pace, read_body
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import TooFast
from livehub.base.http import HttpEdge
from livehub.base.metrics import REGISTRY
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.node.media_proxy import SOCKET, MediaProxy
from tests.base.served import SECRET
from tests.integration.server import eventually
from tests.patience import PATIENCE_S

BEGUN = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{"


class Edge:
    """A server that answers with the body it was sent, and how far its handlers have come."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.entered: asyncio.Queue[None] = asyncio.Queue()
        http = HttpEdge(config, Database(config), Tokens(SECRET), clock=Clock())
        self.app = http.application()
        self.app.router.add_post("/echo", self._echo)

    async def _echo(self, request: web.Request) -> web.Response:
        self.entered.put_nowait(None)
        return web.Response(body=await read_body(request, self.config, 100))


class Site:
    """Where an edge, or a proxy in front of one, can be reached."""

    def __init__(self, edge: Edge, port: int) -> None:
        self.edge = edge
        self._port = port

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            writer.close()

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        """A connection on which the handler waits for three more bytes."""
        async with self.connected() as (reader, writer):
            writer.write(BEGUN)
            async with asyncio.timeout(PATIENCE_S):
                await self.edge.entered.get()
            yield reader, writer


@asynccontextmanager
async def listening(app: web.Application, path: Path | None = None) -> AsyncIterator[int]:
    """Run as the server does (a TestServer would cancel handlers whose client is gone). The port, unless on `path`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0) if path is None else web.UnixSite(runner, str(path))
        await site.start()
        yield 0 if path is not None else runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def direct(config: Config, _folder: Path) -> AsyncIterator[Site]:
    edge = Edge(config)
    async with listening(edge.app) as port:
        yield Site(edge, port)


@asynccontextmanager
async def proxied(config: Config, folder: Path) -> AsyncIterator[Site]:
    """As with several processes on a node: bounds of `config` in front, none that matter behind."""
    edge = Edge(msgspec.structs.replace(config, http_body_s=600.0, http_bodies_per_address_max=100_000))
    proxy = MediaProxy(config, folder)
    front = HttpEdge(config, Database(config), Tokens(SECRET), clock=Clock()).application()
    front.router.add_post("/echo", proxy.forward)
    async with listening(edge.app, folder / SOCKET), listening(front) as port:
        yield Site(edge, port)
        await proxy.close()


@asynccontextmanager
async def forwarded(config: Config, folder: Path) -> AsyncIterator[Site]:
    """As what a polling client sends that has come to another worker than its own."""
    edge = Edge(config)
    forwarding = SessionForwarding(HubConfig(), folder, slot=1)
    front = HttpEdge(config, Database(config), Tokens(SECRET), clock=Clock()).application()
    front.router.add_post("/echo", partial(forwarding.forward, slot=2))
    async with listening(edge.app, forwarding.socket_path(2)), listening(front) as port:
        yield Site(edge, port)
        await forwarding.close()


both_ways = pytest.mark.parametrize("way", [direct, proxied])
Way = Callable[[Config, Path], AbstractAsyncContextManager[Site]]


async def answer_of(reader: StreamReader) -> tuple[bytes, dict[str, Any]]:
    """The status line and the JSON of an answer after which the server hangs up."""
    received = b""
    # What a client still sends when the server has hung up is answered by a reset, after the answer.
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionResetError):
            while block := await reader.read(65_536):
                received += block
    head, _, body = received.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], json.loads(body)


def counted(status: int) -> float:
    labels = {"method": "POST", "route": "/echo", "status": str(status)}
    return REGISTRY.get_sample_value("livehub_http_requests_total", labels) or 0.0


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]


@both_ways
async def test_a_body_that_stops_half_way_is_answered_and_hung_up_on(
    way: Way, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "livehub")
    async with way(Config(http_body_s=0.3), tmp_path) as site, site.begun() as (reader, _):
        status, problem = await answer_of(reader)
    assert status == b"HTTP/1.1 408 Request Timeout"
    assert (problem["code"], problem["name"], problem["status"]) == (1009, "request_timeout", 408)
    assert loud(caplog) == []


async def test_every_byte_does_not_begin_the_time_anew(tmp_path: Path) -> None:
    head = BEGUN.replace(b"Content-Length: 4", b"Content-Length: 100")

    async def trickle(writer: StreamWriter) -> None:
        for _ in range(100):
            writer.write(b" ")
            await asyncio.sleep(0.1)

    async with direct(Config(http_body_s=0.5), tmp_path) as site, site.connected() as (reader, writer):
        writer.write(head)
        trickling = asyncio.create_task(trickle(writer))
        status, _ = await answer_of(reader)
        trickling.cancel()
    assert status == b"HTTP/1.1 408 Request Timeout"


async def test_a_head_that_trickles_is_hung_up_on(tmp_path: Path) -> None:
    async def trickle(writer: StreamWriter) -> None:
        while True:
            writer.write(b"X-More: x\r\n")
            await asyncio.sleep(0.05)

    async with direct(Config(http_keepalive_s=0.3), tmp_path) as site, site.connected() as (reader, writer):
        writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\n")
        trickling = asyncio.create_task(trickle(writer))
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        trickling.cancel()
        assert site.edge.entered.empty()


def test_a_pace_is_a_time_for_all_and_one_for_what_comes_next() -> None:
    pace = Pace(within_s=60.0, begin_s=10.0, bytes_per_s_min=1_000.0)
    assert [pace.due_s(arrived) for arrived in (0, 1, 5_000, 49_999, 50_000, 10**9)] == [10, 10.001, 15, 59.999, 60, 60]
    assert [Pace(within_s=20.0).due_s(arrived) for arrived in (0, 1, 10**9)] == [20.0] * 3


FOLDERS = ("livehub", "media", "commerce", "fulfil", "trace")
READING = {"read", "text", "json", "post", "multipart", "readany", "readline", "iter_chunked", "iter_any"}
REQUESTS = ("request", "call.request", "self.request", "request.content")


def test_every_body_is_read_where_it_has_a_time() -> None:
    """`request.json()` and the like wait for ever for a client that sends a byte a minute; `request.content` is its stream."""
    root, found = Path(__file__).parents[2], set()
    for path in (path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in READING and ast.unparse(node.func.value) in REQUESTS:
                found.add(str(path.relative_to(root)))
    assert found == {"livehub/base/bodies.py"}


@both_ways
async def test_a_body_in_two_parts_arrives_whole(way: Way, tmp_path: Path) -> None:
    async with way(Config(), tmp_path) as site, site.begun() as (reader, writer):
        writer.write(b"12}")
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(4) == b"{12}"


@both_ways
async def test_an_address_has_so_many_unfinished_bodies(way: Way, tmp_path: Path) -> None:
    async with (
        way(Config(http_bodies_per_address_max=2), tmp_path) as site,
        site.begun(),
        site.begun() as (reader, writer),
    ):
        async with site.connected() as (refused, third):
            third.write(BEGUN)
            async with asyncio.timeout(PATIENCE_S):
                assert (await refused.readline()).startswith(b"HTTP/1.1 429")
        async with site.connected() as (whole, fourth):
            fourth.write(BEGUN + b"12}")  # what has arrived takes no place
            async with asyncio.timeout(PATIENCE_S):
                assert (await whole.readline()).startswith(b"HTTP/1.1 200")
        writer.write(b"12}")
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        while not site.edge.entered.empty():
            site.edge.entered.get_nowait()
        async with site.begun():
            pass


@both_ways
async def test_an_upload_that_is_aborted_is_no_defect(
    way: Way, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gone, internal = counted(499), counted(500)
    async with way(Config(), tmp_path) as site:
        async with site.begun() as (_, writer):
            writer.transport.abort()

        async def is_noticed() -> bool:
            return counted(499) > gone

        await eventually(is_noticed)
    assert "http.client_gone" in caplog.messages
    assert counted(500) == internal
    assert loud(caplog) == []


ZIPPED = gzip.compress(b'{"n": 1}', mtime=0)  # the same in every process that collects these tests


def posted(body: bytes, *headers: str) -> bytes:
    lines = ["POST /echo HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize("way", [direct, proxied, forwarded])
async def test_a_body_arrives_decoded(way: Way, tmp_path: Path) -> None:
    async with way(Config(), tmp_path) as site, site.connected() as (reader, writer):
        for encoding in ("gzip", "x-gzip", "Gzip"):
            writer.write(posted(ZIPPED, f"Content-Encoding: {encoding}"))
            async with asyncio.timeout(PATIENCE_S):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(8) == b'{"n": 1}'


@both_ways
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{1}", "The body is not encoded with gzip, as its Content-Encoding says."),
        (ZIPPED + b"xyz", "The body is not encoded with gzip, as its Content-Encoding says."),
        (ZIPPED[:-1], "The body ends before its gzip stream does."),
        (ZIPPED[:-8], "The body ends before its gzip stream does."),
        (ZIPPED[:12], "The body ends before its gzip stream does."),
    ],
)
async def test_a_body_that_cannot_be_inflated_whole_is_refused(
    way: Way, body: bytes, detail: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with way(Config(), tmp_path) as site, site.connected() as (reader, writer):
        writer.write(posted(body, "Content-Encoding: gzip", "Connection: close"))
        status, problem = await answer_of(reader)
    assert status == b"HTTP/1.1 400 Bad Request"
    assert (problem["code"], problem["name"], problem["detail"]) == (1000, "bad_request", detail)
    assert loud(caplog) == []


@both_ways
async def test_what_is_empty_but_goes_on_is_too_large(way: Way, tmp_path: Path) -> None:
    """Neither form of a body may be over the limit: blocks that hold nothing (RFC 1951, section 3.2.4) can follow for ever."""
    zipped = ZIPPED[:10] + b"\0\0\0\xff\xff" * 30
    async with way(Config(), tmp_path) as site, site.connected() as (reader, writer):
        head = posted(b"", "Content-Encoding: gzip").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        writer.write(head + b"%x\r\n%b\r\n" % (len(zipped), zipped))
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"


@both_ways
@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip, gzip", "gzip\r\nContent-Encoding: deflate"])
async def test_for_another_encoding_it_is_told_which_are_taken(way: Way, encoding: str, tmp_path: Path) -> None:
    async with way(Config(), tmp_path) as site, site.connected() as (reader, writer):
        writer.write(posted(ZIPPED, f"Content-Encoding: {encoding}"))
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 415 Unsupported Media Type\r\n")
    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in head


@both_ways
@pytest.mark.parametrize("coding", ["gzip, chunked", "x-other, chunked", "identity, chunked"])
async def test_of_transfer_codings_only_chunked_is_known(way: Way, coding: str, tmp_path: Path) -> None:
    async with way(Config(), tmp_path) as site, site.connected() as (reader, writer):
        head = posted(b"").replace(b"Content-Length: 0", f"Transfer-Encoding: {coding}".encode())
        writer.write(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED))
        status, problem = await answer_of(reader)  # and the server hangs up
    assert status == b"HTTP/1.1 501 Not Implemented"
    assert (problem["code"], problem["name"]) == (1010, "unknown_transfer_coding")


def test_places_are_counted_by_address_and_forgotten() -> None:
    reads = BodyReads(1)
    with reads.hold("a"), reads.hold("b"):
        assert len(reads) == 2
        with pytest.raises(TooFast) as refused, reads.hold("a"):
            pass
        assert refused.value.retry_after_ms == 1000
        assert len(reads) == 2
    assert len(reads) == 0
    with reads.hold("a"):
        assert len(reads) == 1
