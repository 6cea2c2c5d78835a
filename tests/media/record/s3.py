"""A small S3 server: what the server's storage asks of one, as Amazon documents it, signatures included. It can be away.

Storage is a part outside of ours, so a hand-written one stands in for it here.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import TestServer

BUCKET, REGION, KEY, SECRET = "shows", "eu-west-1", "the-key-id", "the/secret+key"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


class Bucket:
    """The objects of one bucket. `away`: every request fails. `held`: requests wait while it is not set. `pause_s`: each
    takes so long.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.url = ""
        self.away = False
        self.pause_s = 0.0
        self.held = asyncio.Event()
        self.held.set()
        self.at_once = self.at_once_most = 0
        self.refused = 0
        self._uploads: dict[str, dict[int, bytes]] = {}

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        try:
            await self.held.wait()
            await asyncio.sleep(self.pause_s)
            if self.away:
                return web.Response(status=503)
            if not _is_signed(request):
                self.refused += 1
                return _error(403, "SignatureDoesNotMatch")
            key = unquote(request.raw_path.split("?")[0]).removeprefix(f"/{BUCKET}").removeprefix("/")
            return self._answer(request, key, body)
        finally:
            self.at_once -= 1

    def _answer(self, request: web.Request, key: str, body: bytes) -> web.Response:
        query = request.query
        if request.method == "GET":
            return self._list(query) if not key else self._get(request, key)
        if request.method == "HEAD":
            return self._get(request, key)  # aiohttp leaves out the body
        if request.method == "PUT" and "partNumber" in query:
            self._uploads[query["uploadId"]][int(query["partNumber"])] = body
            return web.Response(headers={"ETag": _etag(body)})
        if request.method == "PUT":
            self.objects[key] = body
            return web.Response(headers={"ETag": _etag(body)})
        if request.method == "POST" and "uploads" in query:
            id_ = f"upload-{len(self._uploads)}"
            self._uploads[id_] = {}
            return _xml(f"<InitiateMultipartUploadResult><UploadId>{id_}</UploadId></InitiateMultipartUploadResult>")
        if request.method == "POST" and "uploadId" in query:
            parts = self._uploads.pop(query["uploadId"])
            self.objects[key] = b"".join(parts[number] for number in sorted(parts))
            tag = _etag(self.objects[key])
            return _xml(f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>")
        if request.method == "POST" and "delete" in query:
            keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for each in keys:
                self.objects.pop(each, None)
            return _xml(
                f"<DeleteResult>{''.join(f'<Deleted><Key>{each}</Key></Deleted>' for each in keys)}</DeleteResult>"
            )
        return _error(501, "NotImplemented")

    def _get(self, request: web.Request, key: str) -> web.Response:
        found = self.objects.get(key)
        if found is None:
            return _error(404, "NoSuchKey")
        headers = {"ETag": _etag(found), "Last-Modified": "Fri, 15 Jan 2027 08:00:00 GMT"}
        if "Range" not in request.headers:
            return web.Response(body=found, headers=headers)
        wanted = request.http_range
        piece = found[wanted]
        begin = wanted.start or 0
        headers["Content-Range"] = f"bytes {begin}-{begin + len(piece) - 1}/{len(found)}"
        return web.Response(status=206, body=piece, headers=headers)

    def _list(self, query: Mapping[str, str]) -> web.Response:
        prefix = query.get("prefix", "")
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size><ETag>{_etag(data)}</ETag>"
            "<LastModified>2027-01-15T08:00:00.000Z</LastModified></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return _xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>")


@asynccontextmanager
async def s3_server() -> AsyncIterator[Bucket]:
    """A server with one empty bucket."""
    bucket = Bucket()
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", bucket.serve)
    server = TestServer(app)
    await server.start_server()
    bucket.url = str(server.make_url("")).rstrip("/")
    try:
        yield bucket
    finally:
        await server.close()


def _is_signed(request: web.Request) -> bool:
    """Signature Version 4, of the request as it came."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if found is None:
        return False
    id_, day, region, names, signature = found.groups()
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in request.query.items())
    canonical = "\n".join(
        [
            request.method,
            request.raw_path.split("?")[0],
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names.split(";")),
            "",
            names,
            request.headers["x-amz-content-sha256"],
        ]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    wanted = hmac.digest(key, text.encode(), "sha256").hex()
    return (id_, region) == (KEY, REGION) and hmac.compare_digest(wanted, signature)


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _xml(text: str) -> web.Response:
    return web.Response(text=f'<?xml version="1.0" encoding="UTF-8"?>{text}', content_type="application/xml")


def _error(status: int, code: str) -> web.Response:
    response = _xml(f"<Error><Code>{code}</Code><Message>no</Message></Error>")
    response.set_status(status)
    return response
