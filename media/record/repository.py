"""Recordings and clips as PostgreSQL has them."""

from typing import cast

from msgspec import Struct, json, structs

from livehub.base.db import Connection, Transaction
from livehub.base.errors import BadRequest
from livehub.base.sql import queries
from livehub.room.errors import RoomNotFound
from livehub.room.models import words_of
from media.engagement.repository import chapters_between
from media.errors import RecordingNotFound
from media.schemas import Chapter, Clip, Recording, RecordingList

Q = queries(__file__, "recordings.sql")
CLIPS_MAX = 1_000  # of one answer
FOR_EVER = 2**62  # Unix ms, as good as
GONE_ANYBODY_MS = 7 * 86_400_000  # then whoever still runs deletes the row of a store that is no more


class RecordingRow(Struct, frozen=True, kw_only=True):
    """A recording, as stored."""

    id: str
    room: str
    started_ts: int
    ended_ts: int | None
    duration_ms: int
    bytes: int
    has_poster: bool
    state: str
    store: str


async def upsert(connection: Connection, row: RecordingRow, now_ms: int) -> None:
    """Write how a recording is now, and its chapters once it has ended. Raises Unavailable."""
    chapters: list[Chapter] | None = None
    if row.ended_ts is not None:
        chapters = await chapters_between(connection, row.room, row.started_ts, row.ended_ts)
    await connection.execute(
        Q["upsert_recording"], row.id, row.room, row.started_ts, row.ended_ts, row.duration_ms, row.bytes,
        row.has_poster, row.state, row.store, now_ms, chapters,
    )  # fmt: skip


async def recordings_of(connection: Connection, room: str, most: int) -> RecordingList:
    """The recordings of a room with their clips, newest first, and clips that are left of others. Raises RoomNotFound."""
    rows = await connection.fetch(Q["recordings"], room, most)
    if not rows and await connection.fetchval(Q["room_exists"], room) is None:
        raise RoomNotFound
    clips: dict[str, list[Clip]] = {row["id"]: [] for row in rows}
    left: list[Clip] = []
    for row in await connection.fetch(Q["clips"], room, CLIPS_MAX):
        clips.get(row["recording"], left).append(clip_of(dict(row)))
    recordings = [_recording(dict(row), clips[row["id"]]) for row in rows]
    return RecordingList(recordings=[await _with_chapters(connection, each) for each in recordings], clips=left)


async def _with_chapters(connection: Connection, recording: Recording) -> Recording:
    """One that goes on has those so far; what is stored of one is of its end."""
    if recording.ended_ts is not None:
        return recording
    chapters = await chapters_between(connection, recording.room, recording.started_ts, FOR_EVER)
    return structs.replace(recording, chapters=chapters)


async def recording(connection: Connection, id_: str) -> Recording:
    """One. Raises RecordingNotFound."""
    row = await connection.fetchrow(Q["recording"], id_)
    if row is None:
        raise RecordingNotFound
    return _recording(dict(row), [])


async def clip(connection: Connection, id_: str) -> Clip:
    """One, which need not be made yet. Raises RecordingNotFound."""
    row = await connection.fetchrow(Q["clip"], id_)
    if row is None:
        raise RecordingNotFound
    return clip_of(dict(row))


async def clips_of(connection: Connection, recording: str) -> list[Clip]:
    """Those of a recording, with those that are being made and that failed. Raises RecordingNotFound."""
    rows = await connection.fetch(Q["clips_of"], recording, CLIPS_MAX)
    if not rows and await connection.fetchrow(Q["recording"], recording) is None:
        raise RecordingNotFound
    return [clip_of(dict(row)) for row in rows]


async def let_recording_go(tx: Transaction, id_: str, now_ms: int) -> tuple[str, str]:
    """It is not shown any more; whoever has its files deletes them. Gives its room and title.

    Raises RecordingNotFound, BadRequest.
    """
    row = await tx.connection.fetchrow(Q["let_recording_go"], id_, now_ms)
    if row is None:
        if await tx.connection.fetchrow(Q["recording"], id_) is not None:
            raise BadRequest("It is being recorded. End the show first.")
        raise RecordingNotFound
    return row["room"], row["title"]


async def let_clip_go(tx: Transaction, id_: str, now_ms: int) -> tuple[str, str]:
    """The same of a clip. Raises RecordingNotFound."""
    row = await tx.connection.fetchrow(Q["let_clip_go"], id_, now_ms)
    if row is None:
        raise RecordingNotFound
    return row["room"], row["title"]


async def delete(connection: Connection, id_: str) -> None:
    """The files are deleted, and so is the row."""
    await connection.execute(Q["delete_clip"] if id_.startswith("clip-") else Q["delete_recording"], id_)


def clip_of(row: dict[str, object]) -> Clip:
    """A clip with its addresses; `row`: id, recording, title, from_ts, to_ts, has_poster, and may have state, code, problem."""
    has_poster = row.pop("has_poster")
    base = f"/media/clips/{row['id']}"
    poster = f"{base}/poster.jpg" if has_poster else None
    return Clip(**row, hls=f"{base}/index.m3u8", file=f"{base}.mp4", poster=poster)  # type: ignore[arg-type]


def _recording(row: dict[str, object], clips: list[Clip]) -> Recording:
    has_poster = row.pop("has_poster")
    base = f"/media/recordings/{row['id']}"
    poster = f"{base}/poster.jpg" if has_poster else None
    chapters = json.decode(str(row.pop("chapters")), type=list[Chapter])
    titles = words_of(cast(str | None, row.pop("titles")))
    hls = f"{base}/index.m3u8"
    return Recording(**row, titles=titles, hls=hls, poster=poster, clips=clips, chapters=chapters)  # type: ignore[arg-type]
