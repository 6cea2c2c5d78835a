"""A show is recorded, listed and played, while it goes on and after; what a killed process left is gone on with."""

import asyncio
import json
import multiprocessing
import os
import re
import resource
import signal
from io import BytesIO
from pathlib import Path

import av
import msgspec
import pytest
from av.container import InputContainer

from commerce.catalogue.room_messages import Pinned, Unpinned
from livehub.base.auth import Role
from livehub.room.models import Card
from media.hls.packager import Packager
from media.record.journal import FILE, Begun, Run
from media.record.recorder import Recorder
from media.schemas import Chapter
from media.settings import MediaConfig
from tests.media.record.site import ROOM, Site, complete, recording_site, until
from tests.media.record.streams import ORIGIN_MS, SETTINGS, frames, packaged, stream


async def listed(site: Site) -> list[dict[str, object]]:
    return list((await site.call(f"GET /api/rooms/{ROOM}/recordings", role=None)).body["recordings"])


async def pictures_of(site: Site, base: str, rendition: str = "video") -> list[av.VideoFrame]:
    """All that a player would show, by a decoder that stops at the first fault."""
    text = await site.text(f"{base}/{rendition}/index.m3u8")
    names = re.findall(r'URI="([^"]+)"|^(s\d+\.m4s)$', text, re.MULTILINE)
    data = b"".join(
        [(await site.call(f"GET {base}/{rendition}/{first or second}", role=None)).raw for first, second in names]
    )
    with av.open(BytesIO(data), format="mp4", options={"err_detect": "explode"}) as container:
        assert isinstance(container, InputContainer)
        return list(container.decode(video=0))


async def test_a_show_is_recorded_and_plays_while_it_goes_on_and_after(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        packager = Packager(SETTINGS, ORIGIN_MS)
        for pieces in packaged(packager, frames(0.0, 3.5)):
            recorder.put(pieces)
        await until(lambda: complete(recorder) == 3)
        await site.told()
        [now] = await listed(site)
        assert (now["title"], now["ended_ts"], now["started_ts"]) == ("Farm day", None, ORIGIN_MS)
        base = f"/media/recordings/{recorder.id}"
        assert now["hls"] == f"{base}/index.m3u8"
        master = await site.call(f"GET {base}/index.m3u8", role=None)
        assert master.headers["Cache-Control"] == "public, max-age=1"
        assert 'CODECS="avc1.42c00c,opus",RESOLUTION=160x120,FRAME-RATE=25.000,AUDIO="opus"' in master.raw.decode()
        going_on = await site.text(f"{base}/video/index.m3u8")
        assert "#EXT-X-PLAYLIST-TYPE:EVENT" in going_on
        assert "#EXT-X-TARGETDURATION:4" in going_on
        assert going_on.endswith("s2.m4s\n")
        assert (await site.call(f"GET {base}/video/s3.m4s", role=None)).status == 404

        for pieces in packaged(packager, frames(3.5, 4.5)):
            recorder.put(pieces)
        recorder.put(packager.close())
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        site.clock.now_s += 5
        await site.told()
        [after] = await listed(site)
        assert (after["duration_ms"], after["ended_ts"]) == (4_520, ORIGIN_MS)
        assert after["bytes"] == sum(path.stat().st_size for path in recorder.folder.glob("*/*"))
        assert (await site.text(f"{base}/opus/index.m3u8")).endswith("s4.m4s\n#EXT-X-ENDLIST\n")
        assert len(await pictures_of(site, base)) == 113


async def test_what_was_pinned_makes_the_chapters_of_a_recording_also_while_it_goes_on(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:

        async def pin(data: Pinned | Unpinned, after_ms: int) -> None:
            async with site.database.transaction() as tx:
                locked = await site.hub.controls.lock_room(tx, ROOM)
                await site.hub.controls.write(locked, data, now_ms=ORIGIN_MS + after_ms)

        eggs, bread = Card(id="eggs", title="Eggs"), Card(id="bread", title="Bread")
        await pin(Pinned(card=bread), -9_000)
        await pin(Pinned(card=eggs), -5_000)
        await pin(Pinned(card=bread), 2_000)
        await pin(Unpinned(), 3_000)
        await pin(Pinned(card=eggs), 3_500)
        site.clock.now_s += 4
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for pieces in stream(4.5):
            recorder.put(pieces)
        await until(lambda: complete(recorder) > 1)
        await site.told()
        [going] = await listed(site)
        assert going["ended_ts"] is None
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await site.told()
        [after] = await listed(site)
        chapters = msgspec.convert(after["chapters"], list[Chapter])
        assert [(chapter.at_ts - ORIGIN_MS, chapter.card) for chapter in chapters] == [
            (0, eggs),
            (2_000, bread),
            (3_500, eggs),
        ]
        assert going["chapters"] == after["chapters"]


async def test_files_are_kept_for_ever_by_caches_and_read_in_pieces(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        base = f"/media/recordings/{recorder.id}"
        whole = await site.call(f"GET {base}/video/s1.m4s", role=None, Origin="https://elsewhere.example")
        data = (recorder.folder / "video" / "s1.m4s").read_bytes()
        assert (whole.status, whole.raw) == (200, data)
        assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert whole.headers["Access-Control-Allow-Origin"] == "*"
        assert whole.headers["Content-Type"] == "video/mp4"
        piece = await site.call(f"GET {base}/video/s1.m4s", role=None, Range="bytes=10-19")
        assert (piece.status, piece.raw) == (206, data[10:20])
        assert piece.headers["Content-Range"] == f"bytes 10-19/{len(data)}"


async def test_no_name_leaves_its_folder(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(1.5))
        base = f"/media/recordings/{recorder.id}"
        for path in (
            f"{base}/video/..%2Fjournal", f"{base}/video/%2e%2e/journal", f"{base}/video/journal", f"{base}/journal",
            f"{base}/../../../etc/passwd", f"{base}/..%2f..%2fstore", f"{base}/video/s1.m4s%00", f"{base}/video/s-1.m4s",
            f"{base}/nothing/index.m3u8", f"{base}/nothing/s0.m4s", f"{base}/video/m7.mp4", f"{base}/video/s9.m4s",
            "/media/recordings/rec-000000000000000000/index.m3u8", "/media/recordings/rec-../index.m3u8",
            f"/media/clips/{recorder.id}/index.m3u8", "/media/clips/clip-000000000000000000.mp4",
        ):  # fmt: skip
            answer = await site.call(f"GET {path}", role=None)
            assert answer.status == 404, path


async def test_a_poster_shows_the_first_picture(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for pieces in stream(2.5):
            recorder.put(pieces)
        await until(lambda: complete(recorder) == 3)
        await site.told()
        [shown] = await listed(site)
        poster = await site.call(f"GET {shown['poster']}", role=None)
        assert poster.headers["Content-Type"] == "image/jpeg"
        with av.open(BytesIO(poster.raw), format="mjpeg") as picture:
            assert isinstance(picture, InputContainer)
            frame = next(picture.decode(video=0))
        assert (frame.width, frame.height) == (160, 120)


# --- a process that is killed ---


def record_until_killed(folder: str, seconds: float) -> None:
    config = MediaConfig(media_dir=folder, media_disk_free_bytes_min=0)
    begun = Begun(1, "rec-" + "0" * 18, ROOM, ORIGIN_MS, ORIGIN_MS)
    recorder = Recorder(config, Path(folder) / ROOM / begun.id, begun, Run("run1", ORIGIN_MS))
    pieces = [piece for made in stream(seconds) for piece in made]
    for piece in pieces[: len(pieces) * 9 // 10]:
        recorder.put([piece])
    recorder.leave()
    recorder.wait(10.0)
    os.kill(os.getpid(), signal.SIGKILL)


def killed(folder: Path, seconds: float = 6.0) -> Path:
    """The journal of what was left, with half a line and half a part at its end."""
    process = multiprocessing.get_context("spawn").Process(target=record_until_killed, args=(str(folder), seconds))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    [journal] = folder.glob(f"*/*/{FILE}")
    with journal.open("ab") as file:
        file.write(b'["part","video",5,29,0,7')
    with max(journal.parent.glob("video/s*.m4s"), key=lambda path: int(path.stem[1:])).open("ab") as file:
        file.write(b"half a part")
    return journal


async def test_a_stream_that_a_killed_process_left_goes_on_in_the_same_recording(
    database_url: str, folder: Path
) -> None:
    journal = await asyncio.to_thread(killed, folder)
    async with recording_site(database_url, folder) as site:
        site.clock.now_s += 60
        resumed = site.recordings.resume(ROOM)
        assert resumed is not None
        assert resumed.origin_ms == ORIGIN_MS
        recorder = site.recordings.begin(ROOM, "run2", resumed.origin_ms, resumed)
        assert recorder is not None
        assert recorder.folder == journal.parent
        kept = site.recordings.segment_path(ROOM, "video", 0)
        assert kept is not None
        assert kept.stat().st_size > 0
        for pieces in stream(3.5, resume=resumed.packager, from_s=60.0):
            recorder.put(pieces)
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await site.told()
        base = f"/media/recordings/{recorder.id}"
        for rendition in ("video", "opus"):
            text = await site.text(f"{base}/{rendition}/index.m3u8")
            numbers = [int(number) for number in re.findall(r"^s(\d+)\.m4s$", text, re.MULTILINE)]
            assert numbers == list(range(numbers[-1] + 1))
            assert text.count("#EXT-X-DISCONTINUITY\n") == 1
            assert text.count("#EXT-X-MAP") == 2
        texts = [await site.text(f"{base}/{rendition}/index.m3u8") for rendition in ("video", "opus")]
        breaks = [text[: text.index("#EXT-X-DISCONTINUITY\n")].count("#EXTINF") for text in texts]
        assert breaks[0] == breaks[1]
        assert len(await pictures_of(site, base)) > 200
        assert recorder.ledger.unreadable == 0


async def test_what_was_left_too_long_ago_is_closed(database_url: str, folder: Path) -> None:
    await asyncio.to_thread(killed, folder, 3.0)
    async with recording_site(database_url, folder, media_resume_s_max=30) as site:
        site.clock.now_s += 60
        assert site.recordings.resume(ROOM) is None
        await site.told()
        [found] = await listed(site)
        assert found["ended_ts"] is not None
        assert (await site.text(str(found["hls"]).replace("index", "video/index"))).endswith("#EXT-X-ENDLIST\n")


async def test_a_folder_in_which_nothing_was_told_yet_is_removed(database_url: str, folder: Path) -> None:
    names = ("rec-" + "1" * 18, "rec-" + "2" * 18)
    for name, data in zip(names, (b'["begun",1,"rec', b'not a journal\n["part"]\n'), strict=True):
        (folder / ROOM / name).mkdir(parents=True)
        (folder / ROOM / name / FILE).write_bytes(data)
    async with recording_site(database_url, folder) as site:
        assert site.recordings.resume(ROOM) is None
        await site.told()
        assert await listed(site) == []
    assert [path.name for path in (folder / ROOM).iterdir()] == [names[1]]


async def test_a_recording_that_the_disk_had_no_room_to_close_is_closed_later(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for pieces in stream(2.5):
            recorder.put(pieces)
        await until(lambda: complete(recorder) == 3)
        with (recorder.folder / FILE).open("rb") as writing:
            limit = os.fstat(writing.fileno()).st_size + 3
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))  # the last line does not fit any more
        try:
            site.recordings.end(ROOM)
            assert recorder.wait(10.0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert recorder.ledger.closed is None
        await site.told()
        [found] = await listed(site)
        assert found["ended_ts"] == ORIGIN_MS
        assert b'\n["closed",' in (recorder.folder / FILE).read_bytes()


async def test_another_process_does_not_touch_what_is_being_recorded(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        made = stream(3.5)
        for pieces in made[: len(made) // 2]:
            recorder.put(pieces)
        await until(lambda: recorder.ledger.begun is not None)
        async with recording_site(database_url, folder) as other:
            assert other.recordings.resume(ROOM) is None
            await other.told()
        for pieces in made[len(made) // 2 :]:
            recorder.put(pieces)
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await site.told()
        assert (await listed(site))[0]["duration_ms"] == 3_520


async def test_a_recording_that_ended_while_postgresql_was_away_is_told_by_the_next_process(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        await site.rows.execute("DELETE FROM recordings")
    async with recording_site(database_url, folder) as site:
        await site.told()
        [found] = await listed(site)
        assert (found["id"], found["duration_ms"]) == (recorder.id, 2_520)
        assert found["poster"] is not None


# --- what goes ---


async def test_a_recording_is_taken_away_with_its_files(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(1.5))
        kept = await site.record(stream(1.5))
        await site.text(f"/media/recordings/{recorder.id}/index.m3u8")
        assert (await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)).status == 204
        assert (await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)).status == 404
        assert [each["id"] for each in await listed(site)] == [kept.id]
        assert (await site.call(f"GET /media/recordings/{recorder.id}/index.m3u8", role=None)).status == 404
        await site.recordings.sweep()
        assert not recorder.folder.exists()
        assert kept.folder.exists()
        assert await site.rows.fetchval("SELECT count(*) FROM recordings") == 1


async def test_what_goes_on_is_not_taken_away(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        recorder.put(stream(1.5)[0])
        await until(lambda: recorder.ledger.begun is not None)
        await site.told()
        answer = await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)
        assert (answer.status, answer.body["name"]) == (400, "bad_request")
        assert len(await listed(site)) == 1


async def test_files_of_another_folder_are_left_to_its_processes(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder / "one") as site:
        recorder = await site.record(stream(1.5))
        await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)
        async with recording_site(database_url, folder / "two") as other:
            await other.recordings.sweep()
            assert await site.rows.fetchval("SELECT state FROM recordings") == "gone"
            assert recorder.folder.exists()
            other.clock.now_s += 8 * 86_400
            await other.recordings.sweep()
        assert await site.rows.fetchval("SELECT count(*) FROM recordings") == 0


async def test_without_a_folder_nothing_is_recorded(database_url: str, folder: Path) -> None:
    in_the_way = folder / "file"
    in_the_way.write_text("not a folder")
    for media_dir in ("", str(in_the_way)):
        async with recording_site(database_url, media_dir) as site:
            assert site.recordings.resume(ROOM) is None
            assert site.recordings.begin(ROOM, "run1", ORIGIN_MS) is None
            site.recordings.end(ROOM)
            assert site.recordings.segment_path(ROOM, "video", 0) is None
            assert await listed(site) == []


async def test_the_recordings_of_no_room_are_not_found(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        answer = await site.call("GET /api/rooms/nowhere/recordings", role=None)
        assert (answer.status, answer.body["name"]) == (404, "room_not_found")


@pytest.mark.parametrize("call", ["POST /api/recordings/rec-0/clips", "DELETE /api/recordings/rec-0"])
async def test_who_may_not_is_refused(database_url: str, folder: Path, call: str) -> None:
    async with recording_site(database_url, folder) as site:
        body = {"title": "x", "from_ts": 1, "to_ts": 2} if call.startswith("POST") else None
        assert (await site.call(call, body, role=None)).status == 401
        assert (await site.call(call, body, role=Role.VIEWER)).status == 403
        assert (await site.call("DELETE /api/clips/clip-0", role=Role.HOST)).status == 403
        assert json.dumps((await site.call(call, body, role=Role.OPS)).body["name"]) == '"recording_not_found"'
