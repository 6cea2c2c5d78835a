"""What is no HTTP is refused by number, and nothing of it is answered or logged, wherever a process listens."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from aiohttp import web

import livehub
from livehub.base.serving import Runner
from livehub.node import node_metrics
from tests.patience import PATIENCE_S

TOKEN = "SECRETSECRETSECRETSECRET"
MALFORMED = {
    "a control character in a cookie": f"Cookie: a=\x01; livehub-viewer={TOKEN}\r\n",
    "a control character in a token": f"Authorization: Bearer {TOKEN}\x01\r\n",
    "a line that is too long": f"Cookie: livehub-viewer={TOKEN}; rest={'x' * 9_000}\r\n",
    "a line without a colon": f"{TOKEN}\r\n",
    "two lengths": f"Content-Length: 1\r\nContent-Length: 2{TOKEN}\r\n",
}
REFUSED = {
    "type": "/problems/bad_request",
    "title": "Bad Request",
    "status": 400,
    "detail": "This is not a request of HTTP/1.1 as a server can read it.",
    "code": 1000,
    "name": "bad_request",
}


@asynccontextmanager
async def listening(path: Path) -> AsyncIterator[None]:
    async def defect(_request: web.Request) -> NoReturn:
        raise RuntimeError(TOKEN)

    app = web.Application()
    app.router.add_get("/defect", defect)
    runner = Runner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(path)).start()
        yield
    finally:
        await runner.cleanup()


async def answered(path: Path, lines: str, target: str = "/metrics/own") -> tuple[bytes, dict[str, str], bytes]:
    """Status line, headers and body of the answer, after which the connection is closed."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode("latin-1"))
        answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    return status, dict(line.decode().split(": ", 1) for line in fields), body


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "".join(
        str(vars(record)) + ("".join(traceback.format_exception(*record.exc_info)) if record.exc_info else "")
        for record in caplog.records
    )


@pytest.mark.parametrize("where", [listening, node_metrics.listening], ids=["calls", "metrics"])
@pytest.mark.parametrize("lines", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_refused_by_number_and_nothing_of_it_is_told(
    where: object, lines: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = folder / "sock"
    async with where(path):  # type: ignore[operator]  # two functions of one shape
        status, headers, body = await answered(path, lines)
    assert status.split(b" ", 1)[1] == b"400 Bad Request"
    assert json.loads(body) == REFUSED
    assert headers["Content-Type"] == "application/problem+json"
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
    assert TOKEN not in logged(caplog)
    assert "http.no_http" in [record.message for record in caplog.records]


async def test_a_defect_is_logged_and_the_answer_says_no_more_than_that(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "sock"
    async with listening(path):
        status, _, body = await answered(path, "Connection: close\r\n", "/defect")
    assert (status, json.loads(body)["code"]) == (b"HTTP/1.1 500 Internal Server Error", 1299)
    assert TOKEN in logged(caplog)


def test_every_process_of_ours_serves_with_this_runner() -> None:
    top = Path(livehub.__file__).parents[1]
    packages = [top / name for name in ("livehub", "commerce", "media", "fulfil", "trace")]
    sources = [path for package in packages for path in package.rglob("*.py")]
    assert [str(path.relative_to(top)) for path in sources if "AppRunner" in path.read_text()] == [
        "livehub/base/serving.py"
    ]
