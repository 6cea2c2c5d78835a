"""What is finished moves to S3-compatible storage and is read from there as from the disk. It may be away; nothing is lost."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.base.auth import Role
from livehub.base.storage import ObjectStoreUnavailable, S3Access, S3ObjectStore, read_all
from media.record.journal import FILE
from media.record.uploads import Uploads
from tests.media.record.s3 import BUCKET, KEY, REGION, SECRET, Bucket, s3_server
from tests.media.record.site import ROOM, Site, complete, recording_site, until
from tests.media.record.streams import ORIGIN_MS, stream
from tests.media.record.test_clips import WAITING, Played, clipped, of_two_cameras, put_row, settled


@pytest.fixture
async def bucket() -> AsyncIterator[Bucket]:
    async with s3_server() as served:
        yield served


def settings(bucket: Bucket, **others: object) -> dict[str, object]:
    return {
        "media_s3_url": bucket.url, "media_s3_bucket": BUCKET, "media_s3_region": REGION, "media_s3_key": KEY,
        "media_s3_secret": SECRET, **others,
    }  # fmt: skip


def store_of(bucket: Bucket, **others: str) -> S3ObjectStore:
    given = {"url": bucket.url, "bucket": BUCKET, "region": REGION, "key": KEY, "secret": SECRET, **others}
    return S3ObjectStore(S3Access(**given), uploads_max=4)


def uploads_of(site: Site) -> Uploads:
    assert site.recordings.uploads is not None
    return site.recordings.uploads


async def upload(site: Site, folder: Path) -> bool:
    return await uploads_of(site).once(folder, site.recordings.active)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def segments(folder: Path) -> list[Path]:
    return list(folder.glob("*/s*.m4s"))


# --- the store ---


async def test_what_is_put_can_be_got_whole_and_in_pieces(bucket: Bucket, folder: Path) -> None:
    store = store_of(bucket)
    data = bytes(range(256)) * 50_000  # of several parts
    (folder / "file").write_bytes(data)
    await store.put("farm/a b/ü.m4s", folder / "file")
    assert bucket.objects == {"farm/a b/ü.m4s": data}
    assert await read_all(store, "farm/a b/ü.m4s") == data
    assert await read_all(store, "farm/a b/ü.m4s", 10, 30) == data[10:30]
    assert await read_all(store, "farm/nothing.m4s") is None
    found = await store.get("farm/a b/ü.m4s", 1_000, 2_000)
    assert found is not None
    assert (found.size, found.begin, found.end) == (len(data), 1_000, 2_000)
    assert b"".join([chunk async for chunk in found.chunks]) == data[1_000:2_000]
    rest = await store.get("farm/a b/ü.m4s", len(data) - 7)
    assert rest is not None
    assert b"".join([chunk async for chunk in rest.chunks]) == data[-7:]
    assert await store.get("farm/nothing") is None
    assert bucket.refused == 0


async def test_only_what_lies_under_a_prefix_is_deleted(bucket: Bucket, folder: Path) -> None:
    store = store_of(bucket)
    bucket.objects = dict.fromkeys(("farm/rec-1/a", "farm/rec-1/video/b", "farm/rec-10/a", "farm/rec-2/a"), b"x")
    await store.delete_under("farm/rec-1")
    assert sorted(bucket.objects) == ["farm/rec-10/a", "farm/rec-2/a"]


async def test_a_store_that_refuses_or_is_away_says_so(bucket: Bucket, folder: Path) -> None:
    (folder / "file").write_bytes(b"x")
    for wrong in ({"secret": "another"}, {"url": "http://127.0.0.1:9"}):
        store = store_of(bucket, **wrong)
        with pytest.raises(ObjectStoreUnavailable) as refused:
            await store.put("a", folder / "file")
        assert SECRET not in str(refused.value)
        with pytest.raises(ObjectStoreUnavailable):
            await store.get("a")
    assert bucket.objects == {}


# --- recordings ---


async def test_a_recording_moves_to_the_store_and_plays_from_there(
    database_url: str, folder: Path, bucket: Bucket
) -> None:
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        recorder = await site.record(stream(4.5))
        before = files(recorder.folder)
        base = f"/media/recordings/{recorder.id}"
        playlist = await site.text(f"{base}/video/index.m3u8")
        assert await upload(site, folder)
        key = f"{ROOM}/{recorder.id}"
        assert {name.removeprefix(f"{key}/"): data for name, data in bucket.objects.items()} == before
        assert segments(recorder.folder) == []
        assert await site.text(f"{base}/video/index.m3u8") == playlist
        for name in ("video/s2.m4s", "opus/m0.mp4", "poster.jpg"):
            answer = await site.call(f"GET {base}/{name}", role=None)
            assert (answer.status, answer.raw) == (200, before[name])
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        piece = await site.call(f"GET {base}/video/s2.m4s", role=None, Range="bytes=5-14")
        assert (piece.status, piece.raw) == (206, before["video/s2.m4s"][5:15])
        assert piece.headers["Content-Range"] == f"bytes 5-14/{len(before['video/s2.m4s'])}"
        await _has_ranges_as_on_disk(site, f"{base}/video/s2.m4s", before["video/s2.m4s"])
        bucket.away = True
        assert (await site.call(f"GET {base}/video/s3.m4s", role=None)).status == 503
        assert (await site.call(f"GET {base}/video/s3.m4s", role=None, Range="bytes=0-1")).status == 503


async def _has_ranges_as_on_disk(site: Site, path: str, data: bytes) -> None:
    size = len(data)
    for asked, begin, end in (("bytes=-7", size - 7, size), ("bytes=9-", 9, size), (f"bytes=0-{size}", 0, size)):
        part = await site.call(f"GET {path}", role=None, Range=asked)
        assert (part.status, part.raw) == (206, data[begin:end]), asked
        assert part.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}"
    for asked in ("items=0-5", "bytes=0-1,4-5", "bytes=5-2", "bytes=x"):
        whole = await site.call(f"GET {path}", role=None, Range=asked)
        assert (whole.status, whole.raw, "Content-Range" in whole.headers) == (200, data, False), asked
    for asked in (f"bytes={size}-", "bytes=-0"):
        refused = await site.call(f"GET {path}", role=None, Range=asked)
        assert (refused.status, refused.raw, refused.headers["Content-Range"]) == (416, b"", f"bytes */{size}"), asked
        assert (refused.headers["Cache-Control"], refused.headers["Access-Control-Allow-Origin"]) == ("no-store", "*")
    got = await site.call(f"GET {path}", role=None)
    for if_range, status in ((got.headers["Etag"], 206), (got.headers["Last-Modified"], 206), ('"other"', 200)):
        headers = {"Range": "bytes=5-14", "If_Range": if_range}
        assert (await site.call(f"GET {path}", role=None, **headers)).status == status, if_range
    head = await site.call(f"HEAD {path}", role=None, Range="bytes=5-14")
    assert (head.status, head.headers["Content-Length"]) == (200, str(size))


async def test_with_the_disk_lost_all_is_read_from_the_store(database_url: str, folder: Path, bucket: Bucket) -> None:
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        recorder = await site.record(stream(4.5))
        playlist = await site.text(f"/media/recordings/{recorder.id}/video/index.m3u8")
        assert await upload(site, folder)
        await asyncio.to_thread(shutil.rmtree, recorder.folder)
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        assert await site.text(f"/media/recordings/{recorder.id}/video/index.m3u8") == playlist
        clip = await clipped(site, recorder.id, 1_000, 3_000)
        assert len(Played((await site.call(f"GET {clip['file']}", role=None)).raw).video) == 50
        assert await upload(site, folder)
        assert len(Played((await site.call(f"GET {clip['file']}", role=None)).raw).video) == 50
        assert sorted(path.name for path in (folder / ROOM).iterdir()) == [str(clip["id"])]


async def test_while_the_store_is_away_a_clip_in_the_making_waits_for_it(
    database_url: str, folder: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.clips.making.LOOK_PAUSE_S", 0.02)
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        recorder = await site.record(of_two_cameras())
        assert await upload(site, folder)
        store = site.recordings.folder_id
        await asyncio.to_thread(shutil.rmtree, recorder.folder)
    async with recording_site(database_url, "") as other:
        await put_row(other, recorder.id, store=store)
    bucket.away = True
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        for _ in range(4):  # more often than a clip is tried that can't be made
            async with asyncio.timeout(10):
                while await site.rows.fetchval("SELECT code FROM clips") is None:  # noqa: ASYNC110  (PostgreSQL tells nobody)
                    await asyncio.sleep(0.02)
            row = await site.rows.fetchrow("UPDATE clips SET code = NULL RETURNING state, attempts")
            assert tuple(row or ()) == ("making", 0)
            site.clock.now_s += 31
        bucket.away = False
        site.clock.now_s += 31
        assert (await settled(site, WAITING))["state"] == "kept"
        assert [path.name for path in (folder / ROOM).iterdir()] == [WAITING]


async def test_a_clip_that_is_taken_away_while_its_files_are_fetched_leaves_nothing(
    database_url: str, folder: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livehub.media.clips")
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        recorder = await site.record(of_two_cameras())
        assert await upload(site, folder)
        store = site.recordings.folder_id
        await asyncio.to_thread(shutil.rmtree, recorder.folder)
    async with recording_site(database_url, "") as other:
        await put_row(other, recorder.id, store=store)
    bucket.pause_s = 0.2
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        await until((folder / ROOM / f"{WAITING}.fetched.half").exists)
        assert (await site.call(f"DELETE /api/clips/{WAITING}", role=Role.OPS)).status == 204
        await until(lambda: "clip.taken_away" in caplog.messages)
        assert not list((folder / ROOM).iterdir())


async def test_while_the_store_is_away_all_stays_on_the_disk(database_url: str, folder: Path, bucket: Bucket) -> None:
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        bucket.away = True
        recorder = await site.record(stream(3.5))
        before = files(recorder.folder)
        assert not await upload(site, folder)
        assert files(recorder.folder) == before
        answer = await site.call(f"GET /media/recordings/{recorder.id}/video/s2.m4s", role=None)
        assert answer.raw == before["video/s2.m4s"]
    async with recording_site(database_url, folder, **settings(bucket)) as site:  # the next process
        bucket.away = False
        assert await upload(site, folder)
        assert sorted(bucket.objects.values()) == sorted(before.values())


async def test_while_a_show_goes_on_what_live_viewers_may_ask_for_stays(
    database_url: str, folder: Path, bucket: Bucket
) -> None:
    async with recording_site(database_url, folder, **settings(bucket, media_dvr_s=30)) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for pieces in stream(40.5)[:-1]:
            recorder.put(pieces)
        await until(lambda: complete(recorder) == 40 and complete(recorder, "video") == 40)
        assert await upload(site, folder)
        assert f"{ROOM}/{recorder.id}/{FILE}" not in bucket.objects
        assert len([name for name in bucket.objects if "/video/s" in name]) == 40
        kept = sorted(int(path.stem[1:]) for path in segments(recorder.folder) if path.parent.name == "video")
        assert kept == list(range(10, 41))
        old = await site.call(f"GET /media/recordings/{recorder.id}/video/s3.m4s", role=None)
        assert old.raw == bucket.objects[f"{ROOM}/{recorder.id}/video/s3.m4s"]


async def test_no_more_uploads_at_a_time_than_allowed(database_url: str, folder: Path, bucket: Bucket) -> None:
    async with recording_site(database_url, folder, **settings(bucket, media_s3_uploads_max=3)) as site:
        await site.record(stream(9.5))
        bucket.held.clear()
        running = asyncio.create_task(upload(site, folder))
        await until(lambda: bucket.at_once == 3)
        bucket.held.set()
        assert await running
        assert bucket.at_once_most == 3


async def test_what_is_taken_away_is_taken_away_there_too(database_url: str, folder: Path, bucket: Bucket) -> None:
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        recorder = await site.record(stream(2.5))
        kept = await site.record(stream(2.5))
        assert await upload(site, folder)
        await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)
        bucket.away = True
        with pytest.raises(ObjectStoreUnavailable):
            await site.recordings.sweep()
        assert await site.rows.fetchval("SELECT count(*) FROM recordings") == 2
        bucket.away = False
        await site.recordings.sweep()
        assert {name.split("/")[1] for name in bucket.objects} == {kept.id}
        assert await site.rows.fetchval("SELECT count(*) FROM recordings") == 1


async def test_the_key_is_in_no_log(
    database_url: str, folder: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with recording_site(database_url, folder, **settings(bucket)) as site:
        bucket.away = True
        await site.record(stream(1.5))
        assert not await upload(site, folder)
    told = [str(record.__dict__) for record in caplog.records]
    assert any("uploads.away" in line for line in told)
    assert not any(SECRET in line for line in told)
