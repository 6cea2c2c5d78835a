"""A clip begins at the last keyframe before what was asked for, plays to its end, and outlives its recording."""

import asyncio
import re
import shutil
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import msgspec
import pytest
from av.container import InputContainer

from livehub.base.auth import Role
from media.clips.selection import select_parts
from media.errors import ClipOutside
from media.hls.packager import Packager, Resume
from media.parts import Gap, InitSegment, PackagerEvent, SegmentEnd
from media.record import journal
from media.record.journal import replay
from tests.media.record.site import ROOM, Site, complete, recording_site, until
from tests.media.record.streams import ORIGIN_MS, SETTINGS, frames, packaged, stream
from tests.media.record.test_journal import entries_of, pieces


def ledger_of(made: list[PackagerEvent]) -> journal.Ledger:
    return replay(b"".join(map(journal.line, entries_of(made))))


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "begins", "ends"),
    [
        (0, 1_000, 0, 1_000),
        (0, 1_001, 0, 1_200),
        (999, 1_500, 0, 1_600),
        (1_000, 1_500, 1_000, 1_600),
        (2_345, 4_321, 2_000, 4_400),
        (4_900, 9_000, 4_000, 5_520),
        (-5_000, 500, 0, 600),
    ],
)
def test_what_is_cut(from_ms: int, to_ms: int, begins: int, ends: int) -> None:
    found = select_parts(ledger_of(pieces(5.5)), ORIGIN_MS + from_ms, ORIGIN_MS + to_ms, length_ms_max=60_000)
    assert (found.from_ms - ORIGIN_MS, found.to_ms - ORIGIN_MS) == (begins, ends)
    first, last = found.taken["video"][0].parts[0], found.taken["video"][-1].parts[-1]
    assert first.independent
    assert (first.time // 90, last.end // 90) == (begins, ends)
    heard = [part for each in found.taken["opus"] for part in each.parts]
    assert heard[0].time // 48 <= begins < heard[0].end // 48
    assert heard[-1].time // 48 < ends <= heard[-1].end // 48


@pytest.mark.parametrize(
    ("from_ms", "to_ms"), [(1_000, 1_000), (2_000, 1_000), (6_000, 7_000), (-2_000, 0), (5_520, 5_600), (0, 60_001)]
)
def test_what_is_not_in_the_recording_cannot_be_cut(from_ms: int, to_ms: int) -> None:
    with pytest.raises(ClipOutside):
        select_parts(ledger_of(pieces(5.5)), ORIGIN_MS + from_ms, ORIGIN_MS + to_ms, length_ms_max=60_000)


def test_a_rendition_with_a_gap_in_the_clip_stays_out_of_it() -> None:
    made: list[PackagerEvent] = []
    for piece in pieces(5.5):
        made.append(piece)
        if piece.rendition == "video" and (isinstance(piece, InitSegment) or piece.msn != 3):
            made.append(msgspec.structs.replace(piece, rendition="low"))
        elif piece.rendition == "video" and isinstance(piece, SegmentEnd):
            made.append(Gap("low", 3, 3 * 90_000, 90_000, 90_000, discontinuity=False))
    ledger = ledger_of(made)
    for from_ms, to_ms, renditions in ((0, 2_500, {"video", "opus", "low"}), (1_000, 4_500, {"video", "opus"})):
        found = select_parts(ledger, ORIGIN_MS + from_ms, ORIGIN_MS + to_ms, length_ms_max=60_000)
        assert set(found.taken) == renditions


def test_sound_that_is_not_quite_there_yet_does_not_stay_out() -> None:
    made = [
        piece for piece in pieces(3.5) if isinstance(piece, InitSegment) or piece.rendition == "video" or piece.msn < 3
    ]
    found = select_parts(ledger_of(made), ORIGIN_MS + 1_000, ORIGIN_MS + 3_500, length_ms_max=60_000)
    assert [each.msn for each in found.taken["opus"]] == [1, 2]


def test_nothing_can_be_cut_of_nothing() -> None:
    for made in ([], [piece for piece in pieces(2.5) if piece.rendition == "opus"]):
        with pytest.raises(ClipOutside):
            select_parts(ledger_of(made), ORIGIN_MS, ORIGIN_MS + 1_000, length_ms_max=60_000)


# --- over HTTP ---


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


class Played:
    """An MP4 file, decoded to the last frame by a decoder that stops at the first fault. Times in seconds."""

    def __init__(self, data: bytes) -> None:
        self.index_first = data.index(b"moov") < data.index(b"mdat")
        with av.open(BytesIO(data), format="mp4", options={"err_detect": "explode"}) as container:
            assert isinstance(container, InputContainer)
            shown, heard = list(container.decode(video=0)), []
            container.seek(0)
            heard = list(container.decode(audio=0))
            self.duration = (container.duration or 0) / 1_000_000
        self.keys = [frame.key_frame for frame in shown]
        self.video = [frame.time or 0.0 for frame in shown]
        self.audio = [frame.time or 0.0 for frame in heard]
        self.sizes = {(frame.width, frame.height) for frame in shown}
        self.audio_s = sum(frame.samples / frame.sample_rate for frame in heard)


async def clipped(site: Site, recording: str, from_ms: int, to_ms: int, title: str = "The disc") -> dict[str, object]:
    body = {"title": title, "from_ts": ORIGIN_MS + from_ms, "to_ts": ORIGIN_MS + to_ms}
    answer = await site.call(f"POST /api/recordings/{recording}/clips", body)
    assert answer.status == 201, answer
    return dict(answer.body)


async def test_a_clip_is_one_file_that_plays_in_sync(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(9.5))
        clip = await clipped(site, recorder.id, 2_345, 6_789)
        assert (clip["from_ts"], clip["to_ts"], clip["title"]) == (ORIGIN_MS + 2_000, ORIGIN_MS + 6_800, "The disc")
        answer = await site.call(f"GET {clip['file']}", role=None)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        played = Played(answer.raw)
        assert played.index_first
        assert played.keys[0]
        assert len(played.video) == 4.8 * 25
        assert abs(played.video[0] - played.audio[0]) < 0.020
        assert played.duration == pytest.approx(4.8, abs=0.03)
        assert played.audio_s == pytest.approx(4.8, abs=0.03)
        poster = await site.call(f"GET {clip['poster']}", role=None)
        assert poster.raw.startswith(b"\xff\xd8")


async def test_a_clip_plays_as_hls_and_outlives_its_recording(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(6.5))
        clip = await clipped(site, recorder.id, 1_500, 3_300)
        [shown] = (await site.call(f"GET /api/rooms/{ROOM}/recordings", role=None)).body["recordings"]
        assert shown["clips"] == [clip]
        assert (await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)).status == 204
        await site.recordings.sweep()
        assert not recorder.folder.exists()
        left = (await site.call(f"GET /api/rooms/{ROOM}/recordings", role=None)).body
        assert (left["recordings"], left["clips"]) == ([], [clip])
        base = str(clip["hls"]).removesuffix("/index.m3u8")
        assert "RESOLUTION=160x120" in await site.text(str(clip["hls"]))
        text = await site.text(f"{base}/video/index.m3u8")
        assert "2027-01-15T08:00:01.000Z" in text
        assert re.findall(r"^s\d+\.m4s$", text, re.MULTILINE) == ["s1.m4s", "s2.m4s", "s3.m4s"]
        assert text.endswith("#EXT-X-ENDLIST\n")
        names = re.findall(r'(?:URI=")?([ms]\d+\.(?:mp4|m4s))', text)
        data = b"".join([(await site.call(f"GET {base}/video/{name}", role=None)).raw for name in names])
        with av.open(BytesIO(data), format="mp4", options={"err_detect": "explode"}) as container:
            assert isinstance(container, InputContainer)
            assert len(list(container.decode(video=0))) == 2.4 * 25


async def test_a_clip_across_another_camera_and_a_hole_in_time_plays_to_the_end(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        packager = Packager(SETTINGS, ORIGIN_MS)
        for made in packaged(packager, frames(0.0, 3.0)):
            recorder.put(made)
        for made in packaged(packager, frames(3.0, 6.0, size=(320, 240))):
            recorder.put(made)
        recorder.put(packager.close())
        again = Resume(msn=6, parts={"video": 30, "opus": 30}, maps={"video": 2, "opus": 1})
        for made in stream(3.0, resume=again, from_s=26.0):  # twenty seconds are missing
            recorder.put(made)
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await site.told()
        clip = await clipped(site, recorder.id, 1_000, 28_000)
        played = Played((await site.call(f"GET {clip['file']}", role=None)).raw)
        assert played.sizes == {(160, 120)}  # the camera that is shown longest
        steps = [after - before for before, after in pairwise(played.video)]
        assert max(steps) < 0.1
        assert len(played.video) >= 7 * 25
        assert played.duration == pytest.approx(7.0, abs=0.1)
        assert abs(played.video[-1] - played.audio[-1]) < 0.05


async def test_a_clip_is_cut_while_the_show_goes_on(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for made in stream(4.5)[:-1]:
            recorder.put(made)
        await until(lambda: complete(recorder) == 4)
        await site.told()
        clip = await clipped(site, recorder.id, 1_000, 3_000)
        assert len(Played((await site.call(f"GET {clip['file']}", role=None)).raw).video) == 50


async def test_what_is_refused_leaves_nothing(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder, media_clip_s_max=5) as site:
        recorder = await site.record(stream(6.5))
        before = everything(folder)
        for from_ms, to_ms, name in (
            (2_000, 1_000, "clip_outside"), (0, 5_001, "clip_outside"), (60_000, 61_000, "clip_outside"),
        ):  # fmt: skip
            body = {"title": "x", "from_ts": ORIGIN_MS + from_ms, "to_ts": ORIGIN_MS + to_ms}
            answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
            assert (answer.status, answer.body["name"]) == (422, name)
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 1_000}
        answer = await site.call(f"POST /api/recordings/rec-{'0' * 18}/clips", body)
        assert (answer.status, answer.body["name"]) == (404, "recording_not_found")
        assert everything(folder) == before
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 0


async def test_a_clip_that_ends_before_it_begins_is_told_so(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        for from_ms, to_ms, detail in (
            (2_000, 1_000, "A clip ends after it begins: to_ts must be greater than from_ts."),
            (1_000, 1_000, "A clip ends after it begins: to_ts must be greater than from_ts."),
            (0, 600_001, "A clip is at most 600 s long."),
        ):
            body = {"title": "x", "from_ts": ORIGIN_MS + from_ms, "to_ts": ORIGIN_MS + to_ms}
            answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
            assert (answer.status, answer.body["code"], answer.body["detail"]) == (422, ClipOutside.code, detail)


async def test_no_transaction_is_open_while_a_clip_is_made(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        await site.rows.execute("ALTER TABLE clips ADD COLUMN transaction_begun timestamptz DEFAULT now()")
        clip = await clipped(site, recorder.id, 0, 2_000)
        begun_s = await site.rows.fetchval("SELECT extract(epoch FROM transaction_begun)::float8 FROM clips")
        assert (folder / ROOM / str(clip["id"]) / "clip.mp4").stat().st_mtime <= begun_s


async def test_what_is_encoded_of_other_cameras_for_a_clip_is_bounded(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder, media_clip_encoded_s_max=1.0) as site:
        packager = Packager(SETTINGS, ORIGIN_MS)
        made = [*packaged(packager, frames(0.0, 4.0)), *packaged(packager, frames(4.0, 6.0, size=(320, 240)))]
        recorder = await site.record([*made, packager.close()])
        before = everything(folder)
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 6_000}
        answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
        assert (answer.status, answer.body["detail"]) == (
            422, "A clip has at most 1 s of other cameras than the one shown longest. Choose a shorter piece.",
        )  # fmt: skip
        assert everything(folder) == before
        await clipped(site, recorder.id, 0, 5_000)


async def test_a_clip_that_takes_too_long_leaves_nothing_and_makes_room_for_the_next(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        packager = Packager(SETTINGS, ORIGIN_MS)
        made = [*packaged(packager, frames(0.0, 4.0)), *packaged(packager, frames(4.0, 6.0, size=(320, 240)))]
        id_ = (await site.record([*made, packager.close()])).id
        before = everything(folder)
    body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 6_000}
    settings = {"http_two_phases_s_max": 0.02, "media_clips_at_once_max": 1}
    async with recording_site(database_url, folder, **settings) as site:
        answer = await site.call(f"POST /api/recordings/{id_}/clips", body)
        assert (answer.status, answer.body["name"]) == (503, "unavailable")
        await until(lambda: everything(folder) == before)
        again = await site.call(f"POST /api/recordings/{id_}/clips", body)
        assert (again.status, again.body["name"]) == (503, "unavailable")
        await until(lambda: everything(folder) == before)
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 0


async def test_on_a_full_disk_no_clip_is_cut(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        id_ = recorder.id
    async with recording_site(database_url, folder, media_disk_free_bytes_min=2**60) as site:
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 1_000}
        answer = await site.call(f"POST /api/recordings/{id_}/clips", body)
        assert (answer.status, answer.body["name"]) == (507, "storage_full")
        assert [path.name for path in (folder / ROOM).iterdir()] == [id_]


async def test_a_recording_whose_files_are_damaged_makes_no_clip(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(3.5))
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 3_000}
        segment = recorder.folder / "video" / "s1.m4s"
        whole = segment.read_bytes()
        for damage in (whole[:100], bytes(len(whole)), b""):
            segment.write_bytes(damage)
            answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
            assert answer.status == 503, damage[:4]
            assert not list((folder / ROOM).glob("*.half"))
        await asyncio.to_thread(shutil.rmtree, recorder.folder / "video")
        answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
        assert (answer.status, answer.body["name"]) == (503, "unavailable")


async def test_the_same_key_cuts_one_clip(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 1_000}
        call = f"POST /api/recordings/{recorder.id}/clips"
        answers = [await site.call(call, body, Idempotency_Key="the-same-key-0001") for _ in range(2)]
        assert [answer.status for answer in answers] == [201, 201]
        assert answers[0].body == answers[1].body
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 1


async def test_a_clip_is_taken_away_with_its_files(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        clip = await clipped(site, recorder.id, 0, 1_000)
        assert (await site.call(f"DELETE /api/clips/{clip['id']}", role=Role.OPS)).status == 204
        assert (await site.call(f"GET {clip['file']}", role=None)).status == 404
        await site.recordings.sweep()
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 0
