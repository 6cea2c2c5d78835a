"""A file is sent whole, or the one range of it that was asked for, under the condition that the client names."""

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.base.files import File

BYTES = bytes(range(100))
MODIFIED_S = 1_800_000_000
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
FOREVER = "public, max-age=31536000, immutable"

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    path = tmp_path / "s0.m4s"
    path.write_bytes(BYTES)
    (tmp_path / "s0.m4s.gz").write_bytes(gzip.compress(BYTES))
    (tmp_path / "empty").write_bytes(b"")
    for each in ("s0.m4s", "s0.m4s.gz", "empty"):
        os.utime(
            tmp_path / each, ns=(MODIFIED_S * 10**9, MODIFIED_S * 10**9 - 500_000_000)
        )  # a half second early, as files are

    headers = {"Cache-Control": FOREVER, "Content-Type": "video/mp4"}

    async def plain(request: web.Request) -> web.StreamResponse:
        return File(tmp_path / request.match_info["name"], headers=headers)

    async def encoded(_request: web.Request) -> web.StreamResponse:
        return File(path, headers=headers, has_twins=True)

    async def nowhere(_request: web.Request) -> web.StreamResponse:
        return File(path, headers=headers, status=404)

    app = web.Application()
    app.router.add_get("/plain/{name}", plain)
    app.router.add_get("/encoded", encoded)
    app.router.add_get("/nowhere", nowhere)
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        yield client


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=10-19", 10, 20),
        ("bytes=90-", 90, 100),
        ("bytes=-3", 97, 100),
        ("bytes=-1000", 0, 100),
        ("Bytes=5-5", 5, 6),
    ],
)
async def test_a_range_is_sent_as_a_part(client: Client, asked: str, begin: int, end: int) -> None:
    async with client.get("/plain/s0.m4s", headers={"Range": asked}) as answer:
        assert (answer.status, await answer.read()) == (206, BYTES[begin:end])
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/100"
        assert (answer.headers["Accept-Ranges"], answer.headers["Cache-Control"]) == ("bytes", FOREVER)


@pytest.mark.parametrize("asked", ["items=0-5", "bytes=0-1,4-5", "bytes=5-2", "bytes=x-", "bytes", "bytes=-"])
async def test_what_is_no_single_range_of_bytes_gets_the_whole(client: Client, asked: str) -> None:
    async with client.get("/plain/s0.m4s", headers={"Range": asked}) as answer:
        assert (answer.status, await answer.read(), answer.headers.get("Content-Range")) == (200, BYTES, None)


@pytest.mark.parametrize(
    ("name", "asked", "size"),
    [
        ("s0.m4s", "bytes=100-", 100),
        ("s0.m4s", "bytes=-0", 100),
        ("s0.m4s", f"bytes={'9' * 30}-", 100),
        ("empty", "bytes=0-", 0),
    ],
)
async def test_where_there_is_nothing_of_the_range_the_size_is_told_and_not_kept(
    client: Client, name: str, asked: str, size: int
) -> None:
    async with client.get(f"/plain/{name}", headers={"Range": asked}) as answer:
        assert (answer.status, await answer.read()) == (416, b"")
        assert (answer.headers["Content-Range"], answer.headers["Cache-Control"]) == (f"bytes */{size}", "no-store")


async def test_a_range_holds_for_what_the_client_has_already_and_nothing_else(client: Client) -> None:
    async with client.get("/plain/s0.m4s") as answer:
        etag, date = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert date == DATE
    later, earlier = DATE.replace(":00 GMT", ":01 GMT"), DATE.replace("08:00:00", "07:59:59")
    for if_range, status in (
        (etag, 206), (date, 206), (f"W/{etag}", 200), ('"other"', 200), (later, 200), (earlier, 200), ("nonsense", 200),
    ):  # fmt: skip
        async with client.get("/plain/s0.m4s", headers={"Range": "bytes=10-19", "If-Range": if_range}) as answer:
            whole = status == 200
            assert (answer.status, await answer.read()) == (status, BYTES if whole else BYTES[10:20]), if_range
    beyond = {"Range": "bytes=100-", "If-Range": '"other"'}
    async with client.get("/plain/s0.m4s", headers=beyond) as answer:
        assert answer.status == 200


async def test_other_conditions_come_before_the_range(client: Client) -> None:
    async with client.get("/plain/s0.m4s") as answer:
        etag = answer.headers["ETag"]
    async with client.get("/plain/s0.m4s", headers={"Range": "bytes=100-", "If-None-Match": etag}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (304, FOREVER)
    async with client.get("/plain/s0.m4s", headers={"Range": "bytes=0-1", "If-Match": '"other"'}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (412, "no-store")


async def test_head_and_refusals_have_no_ranges(client: Client) -> None:
    async with client.head("/plain/s0.m4s", headers={"Range": "bytes=10-19"}) as answer:
        assert (answer.status, answer.headers["Content-Length"], answer.headers["Accept-Ranges"]) == (
            200,
            "100",
            "bytes",
        )
    async with client.get("/nowhere", headers={"Range": "bytes=10-19"}) as answer:
        assert (answer.status, await answer.read()) == (404, BYTES)


async def test_a_file_that_has_gone_meanwhile_is_not_remembered(client: Client) -> None:
    for asked in ({}, {"Range": "bytes=0-1"}):
        async with client.get("/plain/gone", headers=asked) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")


async def test_a_range_is_one_of_the_form_that_is_sent(client: Client) -> None:
    packed = gzip.compress(BYTES)
    for accepted, whole in (("gzip", packed), ("notgzip", BYTES), ("gzip;q=0", BYTES)):
        async with client.get("/encoded", headers={"Accept-Encoding": accepted}) as answer:
            got, etag = await answer.read(), answer.headers["ETag"]
        assert len(got) == len(whole)
        asked = {"Accept-Encoding": accepted, "Range": "bytes=5-14", "If-Range": etag}
        async with client.get("/encoded", headers=asked) as answer:
            assert (answer.status, await answer.read()) == (206, got[5:15]), accepted
            assert answer.headers["Content-Range"] == f"bytes 5-14/{len(got)}"
            assert answer.headers["Vary"] == "Accept-Encoding"
