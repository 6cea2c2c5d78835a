"""Makes a clip's folder: copies of the parts, a journal as recordings have one, one MP4, a poster. Belongs into a thread.

The folder takes its name when it is whole, so that half a clip is never shown.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import msgspec

from media.clips.remux import write_mp4
from media.clips.selection import ClipSelection, SegmentSlice
from media.errors import StorageFull
from media.record import journal, poster
from media.record.journal import CLIP_FILE, UNFINISHED, Begun, Closed, Ended, Entry, Ledger, Run, map_name, segment_name

COPY_BYTES = 1_048_576


class RecordingDamaged(Exception):
    """The recording's bytes are not what its journal tells."""


def write_clip(
    folder: Path,
    id_: str,
    ledger: Ledger,
    selection: ClipSelection,
    sources: Mapping[tuple[str, str], Path],
    *,
    free_bytes_min: int,
    encoded_s_max: float,
    is_stopped: Callable[[], bool] = lambda: False,
) -> tuple[int, bool]:
    """Make the clip `id_` in `folder`; returns (bytes, whether it has a poster). `sources`: files by (rendition, name).

    Raises StorageFull, RecordingDamaged, CuttingStopped, and ClipOutside if more than `encoded_s_max` would have to be encoded;
    then there is nothing.
    """
    half = folder.with_name(folder.name + UNFINISHED)
    try:
        half.mkdir(parents=True)
        if shutil.disk_usage(half).free - 2 * selection.bytes < free_bytes_min:
            raise StorageFull
        made = _copy(half, id_, ledger, selection, sources)
        write_mp4(half / CLIP_FILE, half, made, encoded_s_max=encoded_s_max, is_stopped=is_stopped)
        has_poster = poster.write_poster(half, made)
        size = sum(path.stat().st_size for path in half.rglob("*") if path.is_file())
        half.rename(folder)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        if isinstance(error, av.FFmpegError | FileNotFoundError):
            raise RecordingDamaged(str(error)) from error
        raise StorageFull from error
    except (av.FFmpegError, ValueError, IndexError) as error:
        shutil.rmtree(half, ignore_errors=True)
        raise RecordingDamaged(str(error)) from error
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return size, has_poster


def _copy(
    half: Path, id_: str, ledger: Ledger, selection: ClipSelection, sources: Mapping[tuple[str, str], Path]
) -> Ledger:
    """Copies the parts; returns what the clip's own journal tells."""
    begun = ledger.begun
    assert begun is not None
    entries: list[Entry] = [
        Begun(journal.VERSION, id_, begun.room, begun.origin_ms, selection.from_ms),
        Run("clip", selection.from_ms),
    ]
    for rendition, taken in selection.taken.items():
        (half / rendition).mkdir()
        numbers = dict.fromkeys(part.map for each in taken for part in each.parts)
        for number in numbers:
            shutil.copyfile(sources[rendition, map_name(number)], half / rendition / map_name(number))
            entries.append(ledger.renditions[rendition].maps[number])
        for each in taken:
            name = segment_name(each.msn)
            _copy_range(sources[rendition, name], half / rendition / name, each.begin, each.size)
            entries += _entries(each)
    entries.append(Closed(selection.to_ms))
    made = Ledger()
    for entry in entries:
        made.add(entry)
    (half / journal.FILE).write_bytes(b"".join(map(journal.line, entries)))
    return made


def _entries(taken: SegmentSlice) -> list[Entry]:
    parts: list[Entry] = [
        msgspec.structs.replace(part, offset=part.offset - taken.begin, discontinuity=taken.discontinuity)
        for part in taken.parts
    ]
    return [*parts, Ended(taken.parts[0].rendition, taken.msn)]


def _copy_range(source: Path, target: Path, begin: int, size: int) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(begin)
        while size:
            data = reading.read(min(size, COPY_BYTES))
            if not data:
                raise FileNotFoundError(f"{source} is shorter than its journal tells")
            writing.write(data)
            size -= len(data)
