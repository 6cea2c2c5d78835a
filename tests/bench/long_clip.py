"""A clip of 30 s out of a show of ten hours: what its journal costs, `python -m tests.bench.long_clip`.

The journal is written here, with two renditions of sound and one of the picture, five parts a second each; no media is read.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from media.clips.selection import select_parts
from media.record import journal
from media.record.excerpt import excerpt, stretch
from media.record.journal import Begun, Ended, Entry, Mapped, Run, Written, replay
from tests.conftest import new_folder

HOURS, SEGMENT_S, PARTS = 10, 2, 10
ORIGIN_MS = 1_800_000_000_000
RENDITIONS = (
    ("video", 90_000, "avc1.42e01f", 50_000),
    ("opus", 48_000, "opus", 1_600),
    ("aac", 48_000, "mp4a.40.2", 2_400),
)
T = TypeVar("T")


def written() -> bytes:
    """The journal of the show."""
    entries: list[Entry] = [Begun(journal.VERSION, "rec-1", "farm", ORIGIN_MS, ORIGIN_MS), Run("r1", ORIGIN_MS)]
    for name, scale, codecs, _ in RENDITIONS:
        width, height = (1280, 720) if name == "video" else (0, 0)
        entries.append(Mapped(name, 0, codecs, scale, width, height, 700))
    for msn in range(HOURS * 3_600 // SEGMENT_S):
        for index in range(PARTS):
            number = msn * PARTS + index
            for name, scale, _, size in RENDITIONS:
                independent = name != "video" or index == 0
                at, length = number * scale // 5, scale // 5
                entries.append(Written(name, msn, number, 0, index * size, size, at, length, independent, False, 6))  # noqa: FBT003
        entries += [Ended(name, msn) for name, *_ in RENDITIONS]
    return b"".join(map(journal.line, entries))


def timed(name: str, work: Callable[[], T]) -> T:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    made = work()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    sys.stdout.write(f"{name:<56} {wall_s * 1000:>8.1f} ms, {cpu_s * 1000:>8.1f} ms of processor\n")
    return made


def main() -> None:
    from_ms = ORIGIN_MS + 7 * 3_600_000
    to_ms = from_ms + 30_000
    with new_folder() as folder:
        path = Path(folder) / journal.FILE
        path.write_bytes(written())
        sys.stdout.write(f"a journal of {path.stat().st_size / 1e6:.0f} MB\n")

        def cut() -> object:
            begin, end = stretch(index, from_ms, to_ms)
            assert end is not None
            with path.open("rb") as file:
                file.seek(begin)
                ledger = excerpt(index, file.read(end - begin))
            return select_parts(ledger, from_ms, to_ms, length_ms_max=600_000)

        whole = timed(
            "all of it read, with every part",
            lambda: select_parts(replay(path.read_bytes()), from_ms, to_ms, length_ms_max=600_000),
        )
        index = timed(
            "all of it read without parts (once, to play or to cut)", lambda: replay(path.read_bytes(), lean=True)
        )
        assert timed("the lines of the clip", cut) == whole


if __name__ == "__main__":
    main()
