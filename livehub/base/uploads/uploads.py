"""HTTP: takes pictures and gives them out; and the job that deletes what nobody used.

    POST /api/uploads                     the file itself
    GET  /uploads/{id}/{large|small}.webp public, and the same for ever

    (no row) --begin--> STORING --finish--> STORED --unused too long, erased--> GONE --files deleted--> (no row)
                           |  never finished                                     ^
                           +-----------------------------------------------------+

The row is there before the first file is, and until after the last one, so there is no file that nobody knows of, whatever is
killed when. GET asks no database: a poster is asked for by every viewer of a room.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aiohttp import hdrs, web
from multidict import istr

from livehub.base import errors
from livehub.base.addresses import client_network
from livehub.base.auth import Permission
from livehub.base.bodies import Pace
from livehub.base.bounds import Bound, bounded
from livehub.base.db import Transaction
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.file_body import FileBody, ReceivedFile
from livehub.base.module import Context, Job, Part
from livehub.base.sql import queries
from livehub.base.storage import (
    Folder,
    ObjectStore,
    ObjectStoreUnavailable,
    S3Access,
    S3ObjectStore,
    object_response,
)
from livehub.base.uploads import kinds
from livehub.base.uploads.decoding import Decoder, Pictures
from livehub.base.uploads.errors import (
    DamagedPicture,
    PictureTooCostly,
    PictureTooLarge,
    TooManyPixels,
    UnsupportedImage,
    UploadQuota,
    UploadsOff,
)
from livehub.base.uploads.quotas import charge
from livehub.base.uploads.schemas import Upload, UploadUrls
from livehub.base.uploads.settings import UploadsConfig
from livehub.base.uploads.uses import ID, address

log = logging.getLogger("livehub.uploads")
Q = queries(__file__, "uploads.sql")

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
STORING_MS = 3_600_000  # an upload that is not finished by then never will be: a request may take minutes at most
SWEEP_BATCH = 200
SWEEP_BATCHES_MAX = 50
RETRY_AFTER_MS = 5_000

_HEADERS = {
    hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable",
    hdrs.CONTENT_TYPE: "image/webp",
    # Opened by itself it is a document of our origin.
    istr("Content-Security-Policy"): "default-src 'none'; sandbox",
}


def store_of(config: UploadsConfig) -> ObjectStore | None:
    """As configured; None: no uploads are taken."""
    if config.uploads_s3_url:
        access = S3Access(
            url=config.uploads_s3_url,
            bucket=config.uploads_s3_bucket,
            region=config.uploads_s3_region,
            key=config.uploads_s3_key,
            secret=config.uploads_s3_secret,
        )
        return S3ObjectStore(access, uploads_max=2 * config.uploads_decoders_max)
    return Folder(Path(config.uploads_dir)) if config.uploads_dir else None


class Uploads(Part):
    def __init__(self, context: Context) -> None:
        self._config = context.config(UploadsConfig)
        self._database = context.database
        self._now_s = context.now_s
        self._store = store_of(self._config)
        self._decoder = Decoder(self._config)

    def endpoints(self) -> Sequence[Endpoint]:
        """Takes a picture."""
        config = self._config
        body = FileBody(
            media_types=MEDIA_TYPES,
            bytes_max=config.uploads_bytes_max,
            pace=Pace(
                within_s=config.uploads_receive_s,
                begin_s=config.uploads_begin_s,
                bytes_per_s_min=config.uploads_bytes_per_s_min,
            ),
            each_max=config.uploads_at_once_per_person_max,
            network_max=config.uploads_at_once_per_network_max,
            at_once_max=config.uploads_at_once_max,
            too_large=PictureTooLarge,
        )
        refusals = (
            UnsupportedImage, TooManyPixels, PictureTooLarge, DamagedPicture, PictureTooCostly, UploadQuota, UploadsOff,
            errors.Unavailable,
        )  # fmt: skip
        return [
            post(
                "/api/uploads", self.upload, may=Permission.SPEAK, body=body, reply=Upload, status=201,
                two_phases=True, needs_key=False, errors=refusals,
            )
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        """Gives pictures out."""
        app.router.add_get(rf"/uploads/{{id:{ID}}}/{{size:large|small}}.webp", self._serve)

    def jobs(self) -> Sequence[Job]:
        """One, every ten minutes."""
        return [Job(name="uploads.sweep", run=self.sweep, cron="*/10 * * * *")]

    async def upload(self, call: Call[ReceivedFile]) -> Upload:
        """Upload a picture (JPEG, PNG or WebP); it is kept if it is used within a day."""
        store, received, id_ = self._store, call.body, call.keyed_id()
        if store is None:
            raise UploadsOff
        kind = await asyncio.to_thread(_kind_of, received)
        known = await self._begin(call, id_)
        if known is not None:
            return known
        try:
            pictures = await self._decoder.decode(received.file, kind)
        except errors.LivehubError:
            async with self._database.transaction() as tx:
                await tx.connection.execute(Q["forget"], id_)
            raise
        try:
            await store.put(f"{id_}/large.webp", pictures.large)
            await store.put(f"{id_}/small.webp", pictures.small)
        except (ObjectStoreUnavailable, OSError) as error:
            log.warning("uploads.not_stored", extra={"reason": repr(error)})
            raise errors.Unavailable(retry_after_ms=RETRY_AFTER_MS) from error
        call.write_at_end(partial(_finish, id_, pictures))
        return _shown(id_, received.sha256, pictures.width, pictures.height)

    async def _begin(self, call: Call[ReceivedFile], id_: str) -> Upload | None:
        """A row for it; or what it has become, when an earlier request under its key had got so far. Raises UploadQuota."""
        person, received = call.person, call.body
        async with self._database.transaction() as tx:
            row = await tx.connection.fetchrow(Q["known"], id_)
            if row is None:
                network = client_network(call.request, trust_proxy=self._config.trust_proxy)
                await charge(
                    tx.connection,
                    self._config,
                    person=person.id,
                    network=network,
                    size=received.size,
                    now_ms=call.now_ms,
                )
                await tx.connection.execute(Q["begin"], id_, person.id, received.sha256, call.now_ms)
                return None
        if row["state"] == "gone":
            raise errors.Unavailable("That upload is being deleted. Try again.", retry_after_ms=RETRY_AFTER_MS)
        return None if row["state"] == "storing" else _shown(id_, row["sha256"], row["width"], row["height"])

    @bounded(Bound.FILES)
    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self._store is None:
            raise errors.NotFound
        key = "/".join((request.match_info["id"], f"{request.match_info['size']}.webp"))
        response = await object_response(request, self._store, key, _HEADERS)
        if response is None:
            raise errors.NotFound
        return response

    async def sweep(self, timestamp: int = 0) -> None:
        """Delete uploads that nobody used in time, and the files of all that are gone."""
        del timestamp
        if self._store is None:
            return
        now_ms = int(self._now_s() * 1000)
        async with self._database.batch.transaction() as tx:
            unused_ms = now_ms - self._config.uploads_unused_kept_s * 1000
            await tx.connection.execute(Q["give_up"], unused_ms, now_ms - STORING_MS)
        for _ in range(SWEEP_BATCHES_MAX):
            async with self._database.batch.transaction() as tx:
                ids = [row["id"] for row in await tx.connection.fetch(Q["gone"], SWEEP_BATCH)]
            for id_ in ids:
                await self._store.delete_under(id_)
            async with self._database.batch.transaction() as tx:
                await tx.connection.execute(Q["delete_gone"], ids)
            if len(ids) < SWEEP_BATCH:
                break


def _kind_of(received: ReceivedFile) -> str:
    """Raises UnsupportedImage."""
    received.file.seek(0)
    found = kinds.kind_of(received.file.read(kinds.HEAD_BYTES))
    if found in kinds.TAKEN:
        return found
    said = f"{found} can't be read here. Send a JPEG." if found else None
    raise UnsupportedImage(said, details={"found": found})


async def _finish(id_: str, pictures: Pictures, tx: Transaction) -> None:
    if not await tx.connection.fetchval(Q["finish"], id_, pictures.width, pictures.height):
        raise errors.Unavailable(retry_after_ms=RETRY_AFTER_MS)


def _shown(id_: str, sha256: bytes, width: int, height: int) -> Upload:
    urls = UploadUrls(large=address(id_, "large"), small=address(id_, "small"))
    return Upload(id=id_, sha256=sha256.hex(), width=width, height=height, urls=urls)
