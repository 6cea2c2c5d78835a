"""Cameras as PostgreSQL has them: which there are, and the secrets that let them publish."""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from asyncpg import Record
from msgspec import Struct

from livehub.base.db import Connection, Transaction
from livehub.base.errors import BadRequest, BadToken
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.room.errors import RoomNotFound
from media.errors import CameraNotFound, CamerasFull
from media.schemas import CameraKind, CameraRequest

Q = queries(__file__, "cameras.sql")
TOKEN_BYTES = 24
TOKEN_CHARS_MAX = 256


class StoredCamera(Struct, frozen=True, kw_only=True):
    id: str
    room: str
    name: str
    kind: CameraKind
    url: str | None = None


async def cameras_of(connection: Connection, room: str) -> list[StoredCamera]:
    """The cameras of a room, oldest first. Raises RoomNotFound."""
    found = [StoredCamera(room=room, **dict(row)) for row in await connection.fetch(Q["cameras"], room)]
    if not found and not await connection.fetchval(Q["room_is_there"], room):
        raise RoomNotFound
    return found


async def cameras_of_rooms(connection: Connection, rooms: list[str]) -> dict[str, list[StoredCamera]]:
    """The cameras of each of these rooms that has some, oldest first."""
    found: dict[str, list[StoredCamera]] = {}
    for row in await connection.fetch(Q["cameras_of_rooms"], rooms):
        found.setdefault(row["room"], []).append(StoredCamera(**dict(row)))
    return found


async def pulled_cameras(connection: Connection, looked_at: list[str]) -> list[tuple[StoredCamera, bool]]:
    """Those that do not publish by themselves, and whether their room's show is not over; if it is, of rooms `looked_at`."""
    rows = [dict(row) for row in await connection.fetch(Q["pulled"], looked_at)]
    return [(StoredCamera(**{key: row[key] for key in row if key != "is_on"}), row["is_on"]) for row in rows]


async def rooms_with_picture(connection: Connection) -> list[str]:
    """Rooms that tell viewers of a picture."""
    return [row["id"] for row in await connection.fetch(Q["rooms_with_picture"])]


async def publishing(connection: Connection, id_: str, token: str) -> StoredCamera:
    """The camera that `token` lets publish. Raises CameraNotFound, BadToken: the token is wrong, or was replaced."""
    return _allowed(await connection.fetchrow(Q["camera"], id_), token)


async def publishing_held(tx: Transaction, id_: str, token: str) -> StoredCamera:
    """As `publishing`; until `tx` ends nobody removes the camera or gives it another token. Waits for who is about to."""
    return _allowed(await tx.connection.fetchrow(Q["camera_held"], id_), token)


def _allowed(row: Record | None, token: str) -> StoredCamera:
    if row is None or row["kind"] != "whip":
        raise CameraNotFound
    given = hashlib.sha256(token[:TOKEN_CHARS_MAX].encode()).digest()
    if not hmac.compare_digest(given, row["token_sha256"] or b""):
        raise BadToken("The camera's token is not valid, or was replaced.")
    return StoredCamera(id=row["id"], room=row["room"], name=row["name"], kind=row["kind"], url=row["url"])


async def add(
    tx: Transaction,
    room: str,
    request: CameraRequest,
    *,
    now_ms: int,
    by: str,
    most: int,
    is_free: Callable[[str], bool] = lambda _camera: False,
) -> tuple[StoredCamera, str | None]:
    """A new camera, and its token if it publishes. Raises RoomNotFound, CamerasFull, BadRequest.

    `is_free`: whether nobody publishes on a camera. With `request.reuse` one of that person's is taken that is free.
    """
    if await tx.connection.fetchval(Q["lock_room"], room) is None:
        raise RoomNotFound
    name = clean(request.name, 120) or "Camera"
    if request.reuse and request.kind == "whip":
        for row in await tx.connection.fetch(Q["reusable"], room, by, name):
            if is_free(row["id"]):
                return StoredCamera(**dict(row)), await new_token(tx, room, row["id"])
    if await tx.connection.fetchval(Q["count_cameras"], room) >= most:
        raise CamerasFull
    if (request.url is None) != (request.kind in ("whip", "test")):
        raise BadRequest("url: needed for kinds rtsp and file, and for no other.")
    token = _new_token() if request.kind == "whip" else None
    camera = StoredCamera(
        id=f"cam-{ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))}",
        room=room,
        name=name,
        kind=request.kind,
        url=request.url,
    )
    fingerprint = _fingerprint(token) if token is not None else None
    await tx.connection.execute(
        Q["insert_camera"], camera.id, room, camera.name, camera.kind, camera.url, fingerprint, now_ms, by
    )
    return camera, token


async def new_token(tx: Transaction, room: str, id_: str) -> str:
    """Another token for a camera that publishes; the old one is void. Raises CameraNotFound."""
    token = _new_token()
    if await tx.connection.fetchval(Q["set_token"], room, id_, _fingerprint(token)) is None:
        raise CameraNotFound
    return token


async def remove(tx: Transaction, room: str, id_: str) -> str:
    """Take the camera away; what it was called. Raises CameraNotFound."""
    name: str | None = await tx.connection.fetchval(Q["delete_camera"], room, id_)
    if name is None:
        raise CameraNotFound
    return name


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _fingerprint(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
