"""Nothing that the disk does reaches the live show; what is recorded can always be played."""

import multiprocessing
import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import pytest
from av.container import InputContainer

from media.parts import InitSegment, PackagerEvent, Part
from media.record import journal
from media.record.journal import FILE, Begun, Ledger, Run, map_name, replay, segment_name
from media.record.listing import Listing
from media.record.recorder import Recorder
from media.record.segment_gate import SegmentGate
from media.settings import MediaConfig
from tests.media.record.streams import ORIGIN_MS, stream

BEGUN = Begun(journal.VERSION, "rec-1", "farm", ORIGIN_MS, ORIGIN_MS)
RUN = Run("run1", ORIGIN_MS)


def config(**settings: object) -> MediaConfig:
    given: dict[str, object] = {"media_disk_free_bytes_min": 0, "media_record_retry_s": 1e-9}
    return MediaConfig(**(given | settings))  # type: ignore[arg-type]


def flat(seconds: float) -> list[PackagerEvent]:
    return [piece for made in stream(seconds) for piece in made]


def feed(recorder: Recorder, pieces: list[PackagerEvent]) -> None:
    """Put pieces, and wait until the thread has had them."""
    for piece in pieces:
        recorder.put([piece])
    caught_up = threading.Event()
    recorder.call(caught_up.set)
    assert caught_up.wait(10.0)


def play(folder: Path, ledger: Ledger) -> int:
    """How many pictures a decoder that stops at the first fault finds in all that is listed."""
    recorded = ledger.renditions["video"]
    kept = {each.msn: each for each in recorded.segments}
    count = 0
    for segment in Listing(ledger).segments("video", ended=True):
        header = (folder / "video" / map_name(kept[segment.msn].map)).read_bytes()
        data = (folder / "video" / segment_name(segment.msn)).read_bytes()
        with av.open(BytesIO(header + data), format="mp4", options={"err_detect": "explode"}) as container:
            assert isinstance(container, InputContainer)
            count += len(list(container.decode(video=0)))
    return count


def breaks(ledger: Ledger, rendition: str) -> list[int]:
    return [segment.msn for segment in Listing(ledger).segments(rendition, ended=True) if segment.discontinuity]


def test_each_file_is_on_the_disk_for_good_before_the_journal_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, synced, real = folder / "rec-1", dict[str, str](), os.fsync

    def sync(file: int) -> None:
        path = Path(f"/proc/self/fd/{file}").readlink()
        real(file)
        synced[path.relative_to(made).as_posix()] = (made / FILE).read_text() if (made / FILE).exists() else ""

    monkeypatch.setattr(os, "fsync", sync)
    recorder = Recorder(config(), made, BEGUN, RUN)
    feed(recorder, flat(3.5))
    recorder.close(ORIGIN_MS + 3_500)
    assert recorder.wait(10.0)
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.suffix in (".m4s", ".mp4")}
    assert len(files) == 10
    assert synced.keys() == files | {FILE}
    for name, told in synced.items():
        rendition, _, file = name.partition("/")
        ended = f'["end","{rendition}",{file[1:-4]}]' if file.startswith("s") else f'["map","{rendition}",{file[1:-4]},'
        assert name == FILE or ended not in told, name
    assert '"closed"' in synced[FILE]


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 256 KB."""
    path = folder / "disk"
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting is not permitted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_full_disk_stops_the_recording_and_room_on_it_lets_it_go_on(small_disk: Path) -> None:
    in_the_way = small_disk / "in-the-way"
    in_the_way.write_bytes(bytes(180_000))
    folder = small_disk / "rec-1"
    recorder = Recorder(config(), folder, BEGUN, RUN)
    pieces = flat(9.5)
    half = len(pieces) * 2 // 3
    feed(recorder, pieces[:half])
    states = [recorder.state]
    in_the_way.unlink()
    feed(recorder, pieces[half:])
    assert [*states, recorder.state] == ["broken", "recording"]
    recorder.close(ORIGIN_MS + 9_500)
    assert recorder.wait(10.0)
    data = (folder / FILE).read_bytes()
    ledger = replay(data)
    assert journal.whole_bytes(data) == len(data)
    assert ledger.unreadable == 0
    listed = [segment.msn for segment in Listing(ledger).segments("video", ended=True)]
    assert listed == [segment.msn for segment in Listing(ledger).segments("opus", ended=True)]
    assert listed[0] == 0
    assert listed[-1] == 9
    assert len(listed) < 10
    assert len(breaks(ledger, "video")) == 1
    assert breaks(ledger, "video") == breaks(ledger, "opus")
    assert play(folder, ledger) >= 25 * (len(listed) - 2)
    for name, recorded in ledger.renditions.items():
        for kept in recorded.segments:
            assert (folder / name / segment_name(kept.msn)).stat().st_size == kept.size


def record_with_little(folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))  # every write beyond it fails, as on a full disk
    recorder = Recorder(config(media_record_retry_s=60), Path(folder), BEGUN, RUN)
    feed(recorder, flat(8.5))
    ok = recorder.state == "broken" and (Path(folder) / FILE).stat().st_size <= 6_000
    os._exit(0 if ok else 1)


def test_files_that_may_not_grow_break_the_recording_and_nothing_else(folder: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=record_with_little, args=(str(folder / "rec-1"),))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    data = (folder / "rec-1" / FILE).read_bytes()
    assert journal.whole_bytes(data) == len(data)
    ledger = replay(data)
    assert ledger.unreadable == 0
    assert all(kept.size <= 6_000 for recorded in ledger.renditions.values() for kept in recorded.all())


def test_too_little_free_space_is_as_good_as_none(folder: Path) -> None:
    recorder = Recorder(config(media_disk_free_bytes_min=2**60), folder / "rec-1", BEGUN, RUN)
    feed(recorder, flat(2.5))
    assert recorder.state == "broken"
    recorder.close(ORIGIN_MS)
    assert recorder.wait(10.0)
    assert not (folder / "rec-1").exists()


def test_a_disk_that_is_too_slow_loses_whole_segments_and_keeps_the_rest_in_step(folder: Path) -> None:
    recorder = Recorder(config(media_record_queue_bytes=1_048_576), folder / "rec-1", BEGUN, RUN)
    pieces = flat(8.5)
    third = len(pieces) // 3
    feed(recorder, pieces[:third])
    held, go_on = threading.Event(), threading.Event()
    recorder.call(held.set)
    recorder.call(lambda: go_on.wait(10.0))
    assert held.wait(10.0)
    bulk = [part for part in pieces[third : 2 * third] if isinstance(part, Part)]
    for _ in range(40):  # more than the queue may hold
        for part in bulk:
            recorder.put([part])
    go_on.set()
    feed(recorder, [])
    feed(recorder, pieces[2 * third :])
    recorder.close(ORIGIN_MS)
    assert recorder.wait(10.0)
    ledger = replay((folder / "rec-1" / FILE).read_bytes())
    assert breaks(ledger, "video") == breaks(ledger, "opus")
    assert len(breaks(ledger, "video")) == 1
    assert play(folder / "rec-1", ledger) >= 25


def test_a_folder_that_cannot_be_made_is_tried_again(folder: Path) -> None:
    in_the_way = folder / "farm"
    in_the_way.write_text("a file")
    recorder = Recorder(config(), folder / "farm" / "rec-1", BEGUN, RUN)
    pieces = flat(6.5)
    feed(recorder, pieces[: len(pieces) // 3])
    assert recorder.state == "broken"
    in_the_way.unlink()
    feed(recorder, pieces[len(pieces) // 3 :])
    recorder.close(ORIGIN_MS)
    assert recorder.wait(10.0)
    ledger = replay((folder / "farm" / "rec-1" / FILE).read_bytes())
    assert ledger.begun == BEGUN
    assert Listing(ledger).segments("video", ended=True)[-1].msn == 6
    assert play(folder / "farm" / "rec-1", ledger) >= 25


def test_what_is_put_after_the_end_is_not_recorded(folder: Path) -> None:
    recorder = Recorder(config(), folder / "rec-1", BEGUN, RUN)
    pieces = flat(2.5)
    recorder.put(pieces)
    recorder.close(ORIGIN_MS)
    recorder.put(pieces)
    recorder.close(ORIGIN_MS + 1)
    assert recorder.wait(10.0)
    ledger = replay((folder / "rec-1" / FILE).read_bytes())
    assert ledger.closed is not None
    assert ledger.closed.at_ms == ORIGIN_MS
    assert len(Listing(ledger).segments("video", ended=True)) == 3


# --- after a loss ---


def test_recording_begins_again_where_no_rendition_has_begun_yet() -> None:
    pieces = flat(7.5)
    for lost_at in range(10, len(pieces) // 2, 3):
        gate = SegmentGate()
        written = [each for piece in pieces[:lost_at] for each in gate.admit(piece)]
        assert written == pieces[:lost_at]
        gate.lost()
        for piece in pieces[lost_at : lost_at + 5]:
            gate.skip(piece)
        after = [each for piece in pieces[lost_at + 5 :] for each in gate.admit(piece)]
        firsts = {
            name: next(p for p in after if isinstance(p, Part) and p.rendition == name) for name in ("video", "opus")
        }
        assert {(part.msn, part.index, part.discontinuity) for part in firsts.values()} == {
            (firsts["video"].msn, 0, True)
        }
        begun = {name: next(i for i, p in enumerate(after) if p.rendition == name) for name in ("video", "opus")}
        assert all(isinstance(after[at], InitSegment) for at in begun.values())
        later = [part for part in after if isinstance(part, Part) and part.msn > firsts["video"].msn]
        assert not any(part.discontinuity for part in later)
