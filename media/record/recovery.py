"""Recordings that a process left open, by a crash or a restart: found, mended, and gone on with or closed. Blocks."""

import logging
import shutil
from pathlib import Path

from msgspec import Struct

from media.record import journal
from media.record.journal import FILE, map_name
from media.record.resume import Resumed, mending, resumed
from media.record.writer import NoRecording, RecordingInUse, Writer

log = logging.getLogger("livehub.media.record")


class OpenRecording(Struct):
    """One of them, which is ours now. `ended_ms`: Unix ms of its last picture's end."""

    writer: Writer
    resumed: Resumed | None
    ended_ms: int


def open_recordings(media_dir: Path, *, dvr_s: float) -> list[OpenRecording]:
    """All that no process writes, the latest last; mended, so that they can be gone on with."""
    found: list[OpenRecording] = []
    for path in sorted(media_dir.glob(f"*/rec-*/{FILE}"), key=lambda path: path.parent.name):
        try:
            if not _is_closed(path):
                found.append(_taken(path.parent, dvr_s))
        except RecordingInUse:
            continue
        except NoRecording:
            _remove_empty(path)
        except OSError as error:
            log.warning("recording.not_mended", extra={"folder": str(path.parent), "reason": str(error)})
    return found


def _remove_empty(path: Path) -> None:
    """A process was killed before it had told anything. What cannot be read for another reason stays, for people to look at."""
    if journal.whole_bytes(path.read_bytes()) == 0:
        shutil.rmtree(path.parent, ignore_errors=True)
    else:
        log.warning("recording.unreadable", extra={"folder": str(path.parent)})


def _is_closed(path: Path) -> bool:
    """Whether the last line says so; quick, since nearly all are."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        tail = file.read()
    return tail.endswith(b"\n") and b'\n["closed",' in tail


def _taken(folder: Path, dvr_s: float) -> OpenRecording:
    writer = Writer.reopen(folder)
    try:
        ledger = writer.ledger
        sizes = {
            (name, kept.msn): path.stat().st_size
            for name, recorded in ledger.renditions.items()
            for kept in recorded.all()
            if (path := folder / name / journal.segment_name(kept.msn)).exists()
        }
        writer.mend(journal.unwritten(ledger, sizes), [], [])
        writer.recover()
        mend = mending(ledger)
        if mend is not None:
            writer.mend(mend.drops, mend.parts, mend.ends)
        maps = {
            (name, number): path.read_bytes()
            for name, recorded in ledger.renditions.items()
            for number in recorded.maps
            if (path := folder / name / map_name(number)).exists()
        }
        return OpenRecording(writer, resumed(ledger, maps, dvr_s=dvr_s), ledger.span_ms[1])
    except OSError:
        writer.release()
        raise
