"""Where finished files go besides the disk: a port, and an S3-compatible store behind it.

    key = {room}/{recording or clip}/{rendition}/{file}          as on disk

What was moved there is read through us and not by redirect: pages may fetch from their own origin only (the Content-Security-
Policy), the bucket stays private, and names stay the same for caches in front, which carry the mass anyway.

obstore's own coroutines are not used: their runtime calls back into an interpreter that may be ending, which aborts it
(PyO3/pyo3-async-runtimes, issue 40). Its blocking calls let go of the GIL, and run in a few threads of ours.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import S3Store

from media.settings import MediaConfig

if TYPE_CHECKING:  # of its stubs only
    from obstore import BytesStream, GetResult, ObjectMeta

T = TypeVar("T")

CHUNK_BYTES = 1_048_576
TIMEOUT_S = 30
RETRIES = 2  # within one call; who calls tries again later
READERS = 8  # threads that read, besides those that upload


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

    async def put(self, key: str, path: Path) -> None:
        """Copy a file there; it is whole or not there. Raises ObjectStoreUnavailable, OSError."""

    async def get(self, key: str, begin: int = 0, end: int | None = None) -> StoredObject | None:
        """Bytes [begin, end) of an object; None if there is none. Raises ObjectStoreUnavailable."""

    async def describe(self, key: str) -> Described | None:
        """What is known of an object without reading it; None if there is none. Raises ObjectStoreUnavailable."""

    async def delete_under(self, prefix: str) -> None:
        """Delete all objects under `prefix/`. Raises ObjectStoreUnavailable."""


def object_store_of(config: MediaConfig) -> ObjectStore | None:
    """As configured; None: the disk is all."""
    return S3ObjectStore(config) if config.media_s3_url else None


async def read_all(storage: ObjectStore, key: str, begin: int = 0, end: int | None = None) -> bytes | None:
    """Bytes [begin, end) of an object at once; None if there is none. Raises ObjectStoreUnavailable."""
    found = await storage.get(key, begin, end)
    return None if found is None else b"".join([chunk async for chunk in found.chunks])


class S3ObjectStore:
    def __init__(self, config: MediaConfig) -> None:
        self._threads = ThreadPoolExecutor(config.media_s3_uploads_max + READERS, "storage")
        self._store = S3Store(
            config.media_s3_bucket,
            endpoint=config.media_s3_url,
            region=config.media_s3_region,
            access_key_id=config.media_s3_key,
            secret_access_key=config.media_s3_secret,
            virtual_hosted_style_request=False,
            client_options={"timeout": f"{TIMEOUT_S}s", "allow_http": config.media_s3_url.startswith("http://")},
            retry_config={"max_retries": RETRIES},
        )

    async def put(self, key: str, path: Path) -> None:
        """Copy a file there, in parts if it is large; it is whole or not there. Raises ObjectStoreUnavailable, OSError."""
        await self._call(lambda: self._put(key, path))

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
            return Described(**_described(await self._call(lambda: obstore.head(self._store, key))))
        except FileNotFoundError:
            return None

    async def delete_under(self, prefix: str) -> None:
        """Delete all objects under `prefix/`. Raises ObjectStoreUnavailable."""
        await self._call(lambda: self._delete_under(prefix))

    def _put(self, key: str, path: Path) -> None:
        path.stat()  # if it is not there
        try:
            obstore.put(self._store, key, path)
        except FileNotFoundError as error:  # theirs: there is no such bucket
            raise ObjectStoreUnavailable(str(error).splitlines()[0]) from error

    def _get(self, key: str, begin: int, end: int | None) -> "GetResult":
        if end is not None:
            return obstore.get(self._store, key, options={"range": (begin, end)})
        if begin:
            return obstore.get(self._store, key, options={"range": {"offset": begin}})
        return obstore.get(self._store, key)

    def _delete_under(self, prefix: str) -> None:
        for objects in obstore.list(self._store, f"{prefix}/", chunk_size=1_000):
            obstore.delete(self._store, [each["path"] for each in objects])

    async def _chunks(self, chunks: "BytesStream") -> AsyncIterator[bytes]:
        while (chunk := await self._call(lambda: next(chunks, None))) is not None:
            yield bytes(chunk)

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except BaseError as error:
            raise ObjectStoreUnavailable(str(error).splitlines()[0]) from error


def _described(meta: "ObjectMeta") -> dict[str, Any]:
    etag = meta["e_tag"]
    return {
        "size": meta["size"],
        "etag": None if etag is None or etag.startswith("W/") else etag,
        "modified_s": math.floor(meta["last_modified"].timestamp()),
    }
