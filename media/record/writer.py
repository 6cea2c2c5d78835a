"""Puts a recording's bytes on disk. Blocks, and belongs into a thread; every method may raise OSError.

After one has, `recover` cuts off what no line of the journal tells of, and writing goes on behind it.
"""

import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from media.codecs.cmaf import samples_in
from media.parts import Gap, InitSegment, PackagerEvent, Part
from media.record import journal
from media.record.journal import Begun, Closed, Dropped, Ended, Entry, Gapped, Ledger, Run, map_name, segment_name


class RecordingInUse(OSError):
    """Another process writes this recording."""


class NoRecording(OSError):
    """The folder's journal does not begin like one."""


class Writer:
    """One recording's folder. `ledger`: what the journal tells, after each `put`."""

    def __init__(self, folder: Path, ledger: Ledger, journal_bytes: int = 0) -> None:
        self.folder = folder
        self.ledger = ledger
        self._journal: int | None = None
        self._journal_bytes = journal_bytes  # that are good
        self._files: dict[str, tuple[int, int, int]] = {}  # rendition -> (msn, file descriptor, bytes that are good)

    @classmethod
    def reopen(cls, folder: Path) -> "Writer":
        """Go on with a recording that was left. Raises RecordingInUse, NoRecording."""
        file = _locked(folder / journal.FILE, os.O_RDWR | os.O_APPEND)
        try:
            data = Path(folder / journal.FILE).read_bytes()
            writer = cls(folder, journal.replay(data, lean=True), journal.whole_bytes(data))
            if writer.ledger.begun is None:
                raise NoRecording(str(folder))
            os.ftruncate(file, writer._journal_bytes)
            writer._journal, file = file, -1
            return writer
        finally:
            if file >= 0:
                os.close(file)

    def open(self, begun: Begun, run: Run) -> None:
        """Make the folder, or go on with it in this process's name. Raises RecordingInUse."""
        if self._journal is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._journal = _locked(self.folder / journal.FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        first: list[Entry] = [] if self.ledger.begun is not None else [begun]
        if self.ledger.run != run.name:
            self._append([*first, run])

    def put(self, events: list[PackagerEvent]) -> None:
        """Write events, then the lines that tell of them."""
        entries: list[Entry] = []
        try:
            for event in events:
                entries.append(self._event(event))  # noqa: PERF401  (what was done before a failure counts)
        finally:
            self._append(entries)  # also of those before the one that failed

    def mend(self, drops: Sequence[Dropped], parts: Sequence[Part], ends: Sequence[Ended | Gapped]) -> None:
        """Bring all renditions to the same end (media/record/resume.py)."""
        self._append(drops)
        for drop in drops:
            self._file(drop.rendition, drop.msn).unlink(missing_ok=True)
        self.put(list(parts))
        self._append(ends)
        self._close_files()

    def close(self, at_ms: int) -> None:
        """The recording is complete, and on the disk for good."""
        self._close_files()
        self._append([Closed(at_ms)])
        assert self._journal is not None
        os.fsync(self._journal)

    def release(self) -> None:
        """Let the files go; the recording is as complete as it is."""
        self._close_files()
        if self._journal is not None:
            os.close(self._journal)
            self._journal = None

    def recover(self) -> None:
        """After a failure: cut off what is half written."""
        self._close_files()
        for rendition, recorded in self.ledger.renditions.items():
            if recorded.open is not None and recorded.open.parts:
                os.truncate(self._file(rendition, recorded.open.msn), recorded.open.size)
        if self._journal is not None:
            os.ftruncate(self._journal, self._journal_bytes)

    def free_bytes(self) -> int:
        folder = self.folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free

    # --- files ---

    def _event(self, event: PackagerEvent) -> Entry:
        if isinstance(event, Part):
            return self._part(event)
        if isinstance(event, InitSegment):
            return self._map(event)
        self._close_file(event.rendition)
        if isinstance(event, Gap):
            return Gapped(event.rendition, event.msn, event.time, event.duration, event.discontinuity)
        return Ended(event.rendition, event.msn)

    def _part(self, part: Part) -> Entry:
        msn, file, size = self._files.get(part.rendition, (-1, -1, 0))
        if msn != part.msn:
            self._close_file(part.rendition)
            path = self._file(part.rendition, part.msn)
            path.parent.mkdir(exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            size = 0
        self._files[part.rendition] = (part.msn, file, size)
        _write(file, part.data)
        self._files[part.rendition] = (part.msn, file, size + len(part.data))
        return journal.written(part, size, frames=samples_in(part.data))

    def _map(self, event: InitSegment) -> Entry:
        path = self.folder / event.rendition / map_name(event.number)
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.write(event.data)
            file.flush()
            os.fsync(file.fileno())
        return journal.mapped(event)

    def _append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        assert self._journal is not None
        lines = [journal.line(entry) for entry in entries]
        _write(self._journal, b"".join(lines))
        for entry, line in zip(entries, lines, strict=True):
            self.ledger.add(entry, at=self._journal_bytes)
            self._journal_bytes += len(line)

    def _file(self, rendition: str, msn: int) -> Path:
        return self.folder / rendition / segment_name(msn)

    def _close_file(self, rendition: str) -> None:
        """On the disk for good, before a line says that it is complete."""
        known = self._files.pop(rendition, None)
        if known is None:
            return
        try:
            os.fsync(known[1])
        finally:
            os.close(known[1])

    def _close_files(self) -> None:
        for rendition in list(self._files):
            self._close_file(rendition)


def _locked(path: Path, flags: int) -> int:
    """The file's descriptor, for us alone. The lock goes with the process, however it ends."""
    file = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise RecordingInUse(str(path)) from error
    return file


def _write(file: int, data: bytes) -> None:
    """All of it: a disk that is nearly full may take a part at first."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
