"""Where files are kept by key: a port, behind it a folder or an S3-compatible store; and an object as an answer.

What lies there is read through us and not by redirect: pages may fetch from their own origin only (the Content-Security-
Policy), the bucket stays private, and names stay the same for caches in front, which carry the mass anyway.

obstore is loaded when a store of S3 is made: a process without one does not carry it. Its own coroutines are not used: their
runtime calls back into an interpreter that may be ending, which aborts it (PyO3/pyo3-async-runtimes, issue 40). Its blocking
calls let go of the GIL, and run in a few threads of ours.
"""

import asyncio
import math
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aiohttp import hdrs, web
from msgspec import Struct
from multidict import istr

from livehub.base import errors
from livehub.base.ranges import is_unchanged, range_asked

if TYPE_CHECKING:  # of its stubs only
    from obstore import BytesStream, GetResult, ObjectMeta

T = TypeVar("T")

CHUNK_BYTES = 1_048_576
TIMEOUT_S = 30
RETRIES = 2  # within one call; who calls tries again later
READERS = 8  # threads that read, besides those that upload
RETRY_AFTER_MS = 5_000


class ObjectStoreUnavailable(Exception):
    """The storage did not answer, or refused. Try again later."""


class Described(Struct, kw_only=True):
    """What the storage says of an object. `size`: of the whole; `etag`: in quotes, for none that is strong None."""

    size: int
    etag: str | None
    modified_s: int


class StoredObject(Described, kw_only=True):
    """An object being read. `begin`, `end`: what of it `chunks` brings."""

    begin: int
    end: int
    chunks: AsyncIterator[bytes]


class ObjectStore(Protocol):
    """Keeps files by key."""

    async def put(self, key: str, data: Path | bytes) -> None:
        """Copy a file, or these bytes, there; it is whole or not there. Raises ObjectStoreUnavailable, OSError."""

    async def get(self, key: str, begin: int = 0, end: int | None = None) -> StoredObject | None:
        """Bytes [begin, end) of an object; None if there is none. Raises ObjectStoreUnavailable."""

    async def describe(self, key: str) -> Described | None:
        """What is known of an object without reading it; None if there is none. Raises ObjectStoreUnavailable."""

    async def delete_under(self, prefix: str) -> None:
        """Delete all objects under `prefix/`. Raises ObjectStoreUnavailable."""


class S3Access(Struct, frozen=True, kw_only=True):
    """Where a bucket is, and the key to it."""

    url: str
    bucket: str
    region: str
    key: str
    secret: str


async def read_all(storage: ObjectStore, key: str, begin: int = 0, end: int | None = None) -> bytes | None:
    """Bytes [begin, end) of an object at once; None if there is none. Raises ObjectStoreUnavailable."""
    found = await storage.get(key, begin, end)
    return None if found is None else b"".join([chunk async for chunk in found.chunks])


class Folder:
    """Objects as files of a folder. Processes of several machines must see the same one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put(self, key: str, data: Path | bytes) -> None:
        """Copy a file, or these bytes, there; it is whole or not there. Raises OSError."""
        await asyncio.to_thread(self._put, key, data)

    async def get(self, key: str, begin: int = 0, end: int | None = None) -> StoredObject | None:
        """Bytes [begin, end) of an object; None if there is none."""
        try:
            described, data = await asyncio.to_thread(self._get, key, begin, end)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredObject(**described, begin=begin, end=begin + len(data), chunks=_once(data))

    async def describe(self, key: str) -> Described | None:
        """What is known of an object without reading it; None if there is none."""
        try:
            return Described(**_described_file(await asyncio.to_thread((self._path / key).stat)))
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def delete_under(self, prefix: str) -> None:
        """Delete all objects under `prefix/`. Raises OSError."""
        await asyncio.to_thread(self._delete_under, prefix)

    def _put(self, key: str, data: Path | bytes) -> None:
        target = self._path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
        try:
            if isinstance(data, Path):
                shutil.copyfile(data, unfinished)
            else:
                unfinished.write_bytes(data)
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _get(self, key: str, begin: int, end: int | None) -> tuple[dict[str, Any], bytes]:
        with (self._path / key).open("rb") as file:
            described = _described_file(os.fstat(file.fileno()))
            file.seek(begin)
            return described, file.read(-1 if end is None else end - begin)

    def _delete_under(self, prefix: str) -> None:
        try:
            shutil.rmtree(self._path / prefix)
        except FileNotFoundError:
            pass  # gone already


class S3ObjectStore:
    """`uploads_max`: calls of `put` at a time; more wait for a thread."""

    def __init__(self, access: S3Access, *, uploads_max: int) -> None:
        # Here and not above: a process without such a store does not carry it.
        import obstore  # noqa: PLC0415
        from obstore.exceptions import BaseError  # noqa: PLC0415
        from obstore.store import S3Store  # noqa: PLC0415

        self._obstore = obstore
        self._failure = BaseError
        self._threads = ThreadPoolExecutor(uploads_max + READERS, "storage")
        self._store = S3Store(
            access.bucket,
            endpoint=access.url,
            region=access.region,
            access_key_id=access.key,
            secret_access_key=access.secret,
            virtual_hosted_style_request=False,
            client_options={"timeout": f"{TIMEOUT_S}s", "allow_http": access.url.startswith("http://")},
            retry_config={"max_retries": RETRIES},
        )

    async def put(self, key: str, data: Path | bytes) -> None:
        """Copy a file, in parts if it is large, or these bytes there; it is whole or not there.

        Raises ObjectStoreUnavailable, OSError.
        """
        await self._call(lambda: self._put(key, data))

    async def get(self, key: str, begin: int = 0, end: int | None = None) -> StoredObject | None:
        """Bytes [begin, end) of an object; None if there is none. Raises ObjectStoreUnavailable."""
        try:
            found = await self._call(lambda: self._get(key, begin, end))
        except FileNotFoundError:
            return None
        begin, end = found.range
        chunks = self._chunks(found.stream(min_chunk_size=CHUNK_BYTES))
        return StoredObject(**_described(found.meta), begin=begin, end=end, chunks=chunks)

    async def describe(self, key: str) -> Described | None:
        """What is known of an object without reading it; None if there is none. Raises ObjectStoreUnavailable."""
        try:
            return Described(**_described(await self._call(lambda: self._obstore.head(self._store, key))))
        except FileNotFoundError:
            return None

    async def delete_under(self, prefix: str) -> None:
        """Delete all objects under `prefix/`. Raises ObjectStoreUnavailable."""
        await self._call(lambda: self._delete_under(prefix))

    def _put(self, key: str, data: Path | bytes) -> None:
        if isinstance(data, Path):
            data.stat()  # if it is not there
        try:
            self._obstore.put(self._store, key, data)
        except FileNotFoundError as error:  # theirs: there is no such bucket
            raise ObjectStoreUnavailable(str(error).splitlines()[0]) from error

    def _get(self, key: str, begin: int, end: int | None) -> "GetResult":
        if end is not None:
            return self._obstore.get(self._store, key, options={"range": (begin, end)})
        if begin:
            return self._obstore.get(self._store, key, options={"range": {"offset": begin}})
        return self._obstore.get(self._store, key)

    def _delete_under(self, prefix: str) -> None:
        for objects in self._obstore.list(self._store, f"{prefix}/", chunk_size=1_000):
            self._obstore.delete(self._store, [each["path"] for each in objects])

    async def _chunks(self, chunks: "BytesStream") -> AsyncIterator[bytes]:
        while (chunk := await self._call(lambda: next(chunks, None))) is not None:
            yield bytes(chunk)

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except self._failure as error:
            raise ObjectStoreUnavailable(str(error).splitlines()[0]) from error


def _described(meta: "ObjectMeta") -> dict[str, Any]:
    etag = meta["e_tag"]
    return {
        "size": meta["size"],
        "etag": None if etag is None or etag.startswith("W/") else etag,
        "modified_s": math.floor(meta["last_modified"].timestamp()),
    }


def _described_file(stat: os.stat_result) -> dict[str, Any]:
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    return {"size": stat.st_size, "etag": etag, "modified_s": math.floor(stat.st_mtime)}


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def object_response(
    request: web.Request, object_store: ObjectStore, key: str, headers: Mapping[istr, str]
) -> web.StreamResponse | None:
    """An object, or the one range of it that was asked for (RFC 9110, section 14); None if there is none.

    Raises Unavailable.
    """
    asked = range_asked(request.method, request.headers.getall(hdrs.RANGE, ()))
    part: tuple[int, int] | None = None
    try:
        if asked is not None:
            described = await object_store.describe(key)
            if described is None:
                return None
            if_range = request.headers.get(hdrs.IF_RANGE)
            if if_range is None or is_unchanged(if_range, etag=described.etag, modified_s=described.modified_s):
                part = asked.within(described.size)
                if part is None:
                    return _unsatisfiable(described.size)
        found = await object_store.get(key, *(part or (0, None)))
        if found is None:
            return None
        response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
        response.headers[hdrs.ACCEPT_RANGES] = "bytes"
        if found.etag is not None:
            response.headers[hdrs.ETAG] = found.etag
        response.last_modified = found.modified_s
        if part is not None:
            response.headers[hdrs.CONTENT_RANGE] = f"bytes {found.begin}-{found.end - 1}/{found.size}"
        response.content_length = found.end - found.begin
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            async for chunk in found.chunks:
                await response.write(chunk)
    except ObjectStoreUnavailable as error:
        raise errors.Unavailable(retry_after_ms=RETRY_AFTER_MS) from error
    await response.write_eof()
    return response


def _unsatisfiable(size: int) -> web.Response:
    headers = {hdrs.CONTENT_RANGE: f"bytes */{size}", hdrs.ACCEPT_RANGES: "bytes", hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(status=416, headers=headers)
