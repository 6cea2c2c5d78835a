"""A clip begins at the last keyframe before what was asked for, plays to its end, and outlives its recording."""

import asyncio
import logging
import re
import shutil
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

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


async def asked(site: Site, recording: str, from_ms: int, to_ms: int, **headers: Any) -> dict[str, Any]:
    """A clip that has to be encoded, in the making."""
    body = {"title": "Two cameras", "from_ts": ORIGIN_MS + from_ms, "to_ts": ORIGIN_MS + to_ms}
    answer = await site.call(f"POST /api/recordings/{recording}/clips", body, **headers)
    assert (answer.status, answer.body["state"]) == (202, "making"), answer
    return dict(answer.body)


async def settled(site: Site, clip: str) -> dict[str, Any]:
    """The clip, once it is made, or has failed."""
    async with asyncio.timeout(20):
        while True:
            found = (await site.call(f"GET /api/clips/{clip}")).body
            if found["state"] != "making":
                return dict(found)
            await asyncio.sleep(0.02)


async def made(site: Site, recording: str, from_ms: int, to_ms: int) -> dict[str, Any]:
    clip = await settled(site, (await asked(site, recording, from_ms, to_ms))["id"])
    assert clip["state"] == "kept", clip
    return clip


def of_two_cameras(one_s: float = 4.0, other_s: float = 2.0) -> list[list[PackagerEvent]]:
    """So many seconds of one, then of another."""
    packager, end_s = Packager(SETTINGS, ORIGIN_MS), one_s + other_s
    shown = [*packaged(packager, frames(0.0, one_s)), *packaged(packager, frames(one_s, end_s, size=(320, 240)))]
    return [*shown, packager.close()]


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
        for out in packaged(packager, frames(0.0, 3.0)):
            recorder.put(out)
        for out in packaged(packager, frames(3.0, 6.0, size=(320, 240))):
            recorder.put(out)
        recorder.put(packager.close())
        again = Resume(msn=6, parts={"video": 30, "opus": 30}, maps={"video": 2, "opus": 1})
        for out in stream(3.0, resume=again, from_s=26.0):  # twenty seconds are missing
            recorder.put(out)
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await site.told()
        clip = await made(site, recorder.id, 1_000, 28_000)
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
        for out in stream(4.5)[:-1]:
            recorder.put(out)
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
        recorder = await site.record(of_two_cameras())
        before = everything(folder)
        body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 6_000}
        answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
        assert (answer.status, answer.body["detail"]) == (
            422, "A clip has at most 1 s of other cameras than the one shown longest. Choose a shorter piece.",
        )  # fmt: skip
        assert everything(folder) == before
        await made(site, recorder.id, 0, 5_000)


async def test_a_clip_that_takes_too_long_leaves_nothing_and_makes_room_for_the_next(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        id_ = (await site.record(stream(9.5))).id
        before = everything(folder)
    body = {"title": "x", "from_ts": ORIGIN_MS, "to_ts": ORIGIN_MS + 9_000}
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
        [told] = await site.rows.fetch("SELECT room, type, subject, by_id, by_name, data FROM room_actions")
        clip = answers[0].body["id"]
        assert tuple(told) == (ROOM, "clip_add", clip, "the-host", "N", '{"title": "x"}')


async def test_a_clip_is_taken_away_with_its_files(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        clip = await clipped(site, recorder.id, 0, 1_000)
        assert (await site.call(f"DELETE /api/clips/{clip['id']}", role=Role.OPS)).status == 204
        assert (await site.call(f"GET {clip['file']}", role=None)).status == 404
        await site.recordings.sweep()
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 0


# --- in the making ---


async def test_a_clip_across_cameras_is_answered_at_once_and_listed_when_it_is_made(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        clip = await asked(site, recorder.id, 0, 6_000)
        assert (clip["from_ts"], clip["to_ts"], clip["title"]) == (ORIGIN_MS, ORIGIN_MS + 6_000, "Two cameras")
        done = await settled(site, clip["id"])
        assert done == clip | {"state": "kept", "poster": f"/media/clips/{clip['id']}/poster.jpg"}
        [shown] = (await site.call(f"GET /api/rooms/{ROOM}/recordings", role=None)).body["recordings"]
        assert shown["clips"] == [done]
        played = Played((await site.call(f"GET {done['file']}", role=None)).raw)
        assert played.sizes == {(160, 120)}
        assert len(played.video) == 6 * 25
        assert (await site.call(f"GET /api/recordings/{recorder.id}/clips")).body == {"clips": [done]}


async def test_viewers_see_nothing_of_a_clip_that_is_not_made(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        await put_row(site, recorder.id, store="another machine")
        [shown] = (await site.call(f"GET /api/rooms/{ROOM}/recordings", role=None)).body["recordings"]
        assert shown["clips"] == []
        assert (await site.call(f"GET /media/clips/{WAITING}.mp4", role=None)).status == 404
        assert (await site.call(f"GET /api/clips/{WAITING}", role=None)).status == 401
        [known] = (await site.call(f"GET /api/recordings/{recorder.id}/clips")).body["clips"]
        assert (known["id"], known["state"]) == (WAITING, "making")


async def test_who_asks_for_a_piece_that_is_being_made_gets_the_same_clip(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        same = await asyncio.gather(*(asked(site, recorder.id, from_ms, 6_000) for from_ms in (0, 0, 300, 900)))
        assert len({clip["id"] for clip in same}) == 1  # they all begin at the same keyframe
        await settled(site, same[0]["id"])
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 1
        again = await asked(site, recorder.id, 0, 6_000)
        assert again["id"] != same[0]["id"]  # that one is there already, and may be taken away


async def test_the_same_key_asks_for_one_clip_in_the_making(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        first = await asked(site, recorder.id, 0, 6_000, Idempotency_Key="the-same-key-0002")
        await settled(site, first["id"])
        again = await asked(site, recorder.id, 0, 6_000, Idempotency_Key="the-same-key-0002")
        assert again == first
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 1


WAITING = "clip-" + "0" * 18
NONE_IS_TAKEN = """
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER nothing BEFORE UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION nothing();
"""  # no clip begins to be made
NONE_IS_KEPT = """
    CREATE SEQUENCE refused;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM nextval('refused'); RAISE EXCEPTION 'shutting down' USING ERRCODE = 'admin_shutdown'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON clips FOR EACH ROW WHEN (NEW.state = 'kept') EXECUTE FUNCTION refuse();
"""  # PostgreSQL goes away whenever a clip is finished


async def put_row(site: Site, recording: str, *, store: str = "", attempts: int = 0) -> None:
    """A clip that a process before this one was asked for."""
    await site.rows.execute(
        """INSERT INTO clips (id, recording, room, title, from_ts, to_ts, bytes, has_poster, created_ts, created_by,
           state, store, updated_ts, attempts) VALUES ($1, $2, $3, 'Left', $4, $5, 0, false, $4, 'x', 'making', $6, $7, $8)""",
        WAITING, recording, ROOM, ORIGIN_MS, ORIGIN_MS + 6_000, store or site.recordings.folder_id,
        site.recordings.now_ms(), attempts,
    )  # fmt: skip


async def test_a_process_that_was_killed_loses_no_clip_and_leaves_no_half_one(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        store = site.recordings.folder_id
    async with recording_site(database_url, "") as other:  # records nothing, and makes nothing
        await put_row(other, recorder.id, store=store, attempts=1)
        for left in (f"{WAITING}.half", WAITING):
            (folder / ROOM / left / "video").mkdir(parents=True)
    async with recording_site(database_url, folder) as site:
        clip = await settled(site, WAITING)
        assert clip["state"] == "kept"
        assert len(Played((await site.call(f"GET {clip['file']}", role=None)).raw).video) == 6 * 25
        assert sorted(path.name for path in (folder / ROOM).iterdir()) == [WAITING, recorder.id]


async def test_a_process_that_ends_puts_the_clip_back_for_the_next(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        clip = await asked(site, recorder.id, 0, 6_000)
        await until(lambda: any(path.name.endswith(".half") for path in (folder / ROOM).iterdir()))
    async with recording_site(database_url, "") as other:
        [row] = await other.rows.fetch("SELECT state, attempts FROM clips")
        assert row["state"] == "kept" or (row["state"], row["attempts"]) == ("making", 0)
    async with recording_site(database_url, folder) as site:
        assert (await settled(site, clip["id"]))["state"] == "kept"


async def test_a_piece_that_killed_its_process_three_times_is_given_up(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        store = site.recordings.folder_id
    async with recording_site(database_url, "") as other:
        await put_row(other, recorder.id, store=store, attempts=3)
    async with recording_site(database_url, folder) as site:
        clip = await settled(site, WAITING)
        assert (clip["state"], clip["code"]) == ("failed", 1299)
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]
        assert (await site.call(f"DELETE /api/clips/{WAITING}", role=Role.OPS)).status == 204
        assert (await site.call(f"GET /api/clips/{WAITING}")).status == 404


async def test_a_clip_of_a_recording_that_is_gone_fails_in_words(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        store = site.recordings.folder_id
        assert (await site.call(f"DELETE /api/recordings/{recorder.id}", role=Role.OPS)).status == 204
    async with recording_site(database_url, "") as other:
        await put_row(other, recorder.id, store=store)
    async with recording_site(database_url, folder) as site:
        clip = await settled(site, WAITING)
        assert (clip["state"], clip["code"], clip["problem"]) == ("failed", 5010, "There is no such recording.")


async def test_as_many_clips_wait_as_may(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder, media_clips_making_max=1) as site:
        recorder = await site.record(of_two_cameras())
        await put_row(site, recorder.id, attempts=1)  # its next attempt is half a minute away
        body = {"title": "x", "from_ts": ORIGIN_MS + 1_000, "to_ts": ORIGIN_MS + 6_000}
        answer = await site.call(f"POST /api/recordings/{recorder.id}/clips", body)
        assert (answer.status, answer.body["name"]) == (503, "overloaded")
        await clipped(site, recorder.id, 0, 3_000)  # of one camera: nothing to wait for


async def test_who_asks_for_a_piece_that_is_being_made_needs_no_room_for_it(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder, media_clips_making_max=1) as site:
        recorder = await site.record(of_two_cameras())
        await put_row(site, recorder.id, attempts=1)
        for headers in ({}, {"Idempotency_Key": "the-same-key-0003"}, {"Idempotency_Key": "the-same-key-0003"}):
            assert (await asked(site, recorder.id, 0, 6_000, **headers))["id"] == WAITING


async def test_as_many_clips_wait_as_may_also_when_all_are_asked_for_at_once(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder, media_clips_making_max=1) as site:
        recorder = await site.record(of_two_cameras())
        await site.rows.execute(NONE_IS_TAKEN)
        bodies = [
            {"title": "x", "from_ts": ORIGIN_MS + from_ms, "to_ts": ORIGIN_MS + to_ms}
            for from_ms in (0, 1_000, 2_000, 3_000)
            for to_ms in (5_000, 6_000)
        ]
        call = f"POST /api/recordings/{recorder.id}/clips"
        answers = await asyncio.gather(*(site.call(call, body) for body in bodies))
        assert sorted(answer.status for answer in answers) == [202] + [503] * 7
        assert {answer.body["name"] for answer in answers if answer.status == 503} == {"overloaded"}
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 1


async def test_a_clip_that_is_taken_away_while_it_is_made_leaves_nothing(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        clip = await asked(site, recorder.id, 0, 6_000)
        assert (await site.call(f"DELETE /api/clips/{clip['id']}", role=Role.OPS)).status == 204
        other = await made(site, recorder.id, 1_000, 6_000)  # which comes after it
        await site.recordings.sweep()
        assert sorted(path.name for path in (folder / ROOM).iterdir()) == [other["id"], recorder.id]


async def test_the_making_of_a_clip_that_is_taken_away_ends_at_once(
    database_url: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livehub.media.clips")
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras(21.0, 20.0))  # a second of work, or more
        clip = await asked(site, recorder.id, 0, 41_000)
        await until((folder / ROOM / f"{clip['id']}.half" / "clip.mp4").exists)
        assert (await site.call(f"DELETE /api/clips/{clip['id']}", role=Role.OPS)).status == 204
        await until(lambda: "clip.taken_away" in caplog.messages)
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]


async def test_what_processes_were_killed_over_is_cleared_when_the_next_one_starts(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        clip = await clipped(site, recorder.id, 0, 3_000)
    before = everything(folder)
    for left in (f"{WAITING}.half", f"{WAITING}.fetched.half", "fetch-abcdefgh"):
        (folder / ROOM / left / "video").mkdir(parents=True)
        (folder / ROOM / left / "video" / "s0.m4s").write_bytes(b"half of it")
    async with recording_site(database_url, folder) as site:
        assert everything(folder) == before
        assert (await site.call(f"GET {clip['file']}", role=None)).status == 200


async def test_a_clip_that_is_given_up_or_taken_away_leaves_nothing(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        store = site.recordings.folder_id
    async with recording_site(database_url, "") as other:
        await put_row(other, recorder.id, store=store, attempts=3)
        (folder / ROOM / WAITING / "video").mkdir(
            parents=True
        )  # it was killed before PostgreSQL knew of the whole clip
    async with recording_site(database_url, folder) as site:
        assert (await settled(site, WAITING))["state"] == "failed"
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]
        (folder / ROOM / f"{WAITING}.half" / "video").mkdir(parents=True)
        assert (await site.call(f"DELETE /api/clips/{WAITING}", role=Role.OPS)).status == 204
        await site.recordings.sweep()
        assert [path.name for path in (folder / ROOM).iterdir()] == [recorder.id]
        assert await site.rows.fetchval("SELECT count(*) FROM clips") == 0


async def test_a_clip_that_is_finished_while_postgresql_is_away_is_kept_when_it_is_back(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.clips.making.AWAY_PAUSE_S", 0.01)
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(of_two_cameras())
        await site.rows.execute(NONE_IS_KEPT)
        clip = await asked(site, recorder.id, 0, 6_000)
        async with asyncio.timeout(20):
            while await site.rows.fetchval("SELECT last_value FROM refused") < 5:  # noqa: ASYNC110  (PostgreSQL tells nobody)
                await asyncio.sleep(0.02)
        file = folder / ROOM / clip["id"] / "clip.mp4"
        made_ns = file.stat().st_mtime_ns
        await site.rows.execute("DROP TRIGGER refuse ON clips")
        assert (await settled(site, clip["id"]))["state"] == "kept"
        assert (file.stat().st_mtime_ns, await site.rows.fetchval("SELECT attempts FROM clips")) == (made_ns, 1)
