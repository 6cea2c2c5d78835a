"""Records one stream: events come from the event loop, a thread writes them. A slow or full disk never holds up the show.

recording  --disk full, write failed, queue full-->  broken  --room again, at the next whole segment-->  recording ...

The event loop and the thread share a queue and nothing that both write: the loop counts the bytes it puts in, the thread those
it takes out, and the difference is what waits. Past `media_record_queue_bytes` parts are left out until half of that is free
again; init segments always pass, since nothing later could be played without them. One mark in the queue stands for all that
was left out, so that the thread knows where the hole is.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from livehub.base.metrics import CALLBACKS
from media.parts import InitSegment, PackagerEvent, Part
from media.record.journal import Begun, Ledger, Run, segment_name
from media.record.segment_gate import SegmentGate
from media.record.writer import Writer
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.record")

State = Literal["recording", "broken", "closed"]
CHECK_S = 1.0  # how often the free space is looked at

_counts = {"bytes": 0, "parts_lost": 0, "breaks": 0}
CALLBACKS.watch("livehub_recording_bytes", "Bytes recorded", lambda: _counts["bytes"], kind="counter")
CALLBACKS.watch("livehub_recording_parts_lost", "Parts not recorded", lambda: _counts["parts_lost"], kind="counter")
CALLBACKS.watch("livehub_recording_breaks", "Times a recording broke off", lambda: _counts["breaks"], kind="counter")


class DiskFull(OSError):
    """Less than `media_disk_free_bytes_min` is free."""


class _Overflow:
    """In the queue: events that should have stood here did not fit."""


class _Close:
    """In the queue: nothing follows. `complete`: the stream is over, and not only this process."""

    def __init__(self, *, complete: bool, at_ms: int) -> None:
        self.complete = complete
        self.at_ms = at_ms


class Recorder:
    """One stream of a room. `put`, `close` and `leave` return at once."""

    def __init__(
        self,
        config: MediaConfig,
        folder: Path,
        begun: Begun,
        run: Run,
        *,
        writer: Writer | None = None,
    ) -> None:
        self.id = begun.id
        self.room = begun.room
        self.folder = folder
        self.started_ms = begun.started_ms
        self.state: State = "recording"
        self._config = config
        self._begun = begun
        self._run = run
        self._writer = writer or Writer(folder, Ledger(lean=True))
        self._gate = SegmentGate()
        self._queue: queue.SimpleQueue[list[PackagerEvent] | _Overflow | _Close | Callable[[], object]] = (
            queue.SimpleQueue()
        )
        self._put_bytes = 0  # the event loop's alone
        self._taken_bytes = 0  # the thread's alone
        self._is_losing = False
        self._is_closing = False
        self._retry_s = 0.0
        self._checked_s = 0.0
        self._ends_s: float | None = None
        self.unwritten_end_ms: int | None = None  # the moment of the last line, which could not be written
        self._thread = threading.Thread(target=self._work, name=f"record {self.room}", daemon=True)
        self._thread.start()

    @property
    def ledger(self) -> Ledger:
        """What is written. Another thread adds to it: look, and take copies."""
        return self._writer.ledger

    def put(self, events: Iterable[PackagerEvent]) -> None:
        """The next events, in order. Those that the queue has no room for are lost to the recording, and counted."""
        if self._is_closing:
            return
        taken = list(events)
        size = sum(len(event.data) for event in taken if isinstance(event, Part))
        if self._put_bytes - self._taken_bytes + size > self._config.media_record_queue_bytes:
            if not self._is_losing:
                self._is_losing = True
                self._queue.put(_Overflow())
            _counts["parts_lost"] += sum(isinstance(event, Part) for event in taken)
            taken = [
                event for event in taken if isinstance(event, InitSegment)
            ]  # without them nothing later can be played
        elif self._is_losing and self._put_bytes - self._taken_bytes > self._config.media_record_queue_bytes // 2:
            _counts["parts_lost"] += sum(isinstance(event, Part) for event in taken)
            taken = [event for event in taken if isinstance(event, InitSegment)]
        else:
            self._is_losing = False
            self._put_bytes += size
        if taken:
            self._queue.put(taken)

    def close(self, at_ms: int) -> None:
        """The stream is over: the recording is complete with what was put."""
        self._stop(_Close(complete=True, at_ms=at_ms))

    def leave(self) -> None:
        """This process stops, the stream may go on in another: the recording stays open on disk."""
        self._stop(_Close(complete=False, at_ms=0))

    def wait(self, timeout_s: float) -> bool:
        """Block until all is written after `close` or `leave`; whether it is."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def call(self, what: Callable[[], object]) -> None:
        """Have the thread call `what` once it has written everything that was put before."""
        self._queue.put(what)

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    @property
    def has_picture(self) -> bool:
        """Whether a segment of the picture is complete."""
        lead = self.ledger.lead
        return lead is not None and bool(self.ledger.renditions[lead].segments)

    def path_of(self, rendition: str, msn: int) -> Path | None:
        """The file of a complete segment. Asks no disk."""
        recorded = self.ledger.renditions.get(rendition)
        if recorded is None or not recorded.segments or msn > recorded.segments[-1].msn:
            return None
        return self.folder / rendition / segment_name(msn)

    def _stop(self, item: _Close) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._ends_s = time.monotonic() + self._config.shutdown_grace_s
            self._queue.put(item)

    # --- the thread ---

    def _work(self) -> None:
        while True:
            item = self._queue.get()
            try:
                if isinstance(item, _Close):
                    self._finish(item)
                    return
                if isinstance(item, _Overflow):
                    self._gate.lost()
                    self._note("the disk is too slow")
                elif callable(item):
                    item()
                else:
                    self._write(item)
                    self._taken_bytes += sum(len(event.data) for event in item if isinstance(event, Part))
            except Exception:
                log.exception("recording.defect", extra={"recording": self.id})
                self._gate.lost()

    def _write(self, events: list[PackagerEvent]) -> None:
        if self.state == "broken" and time.monotonic() < self._retry_s:
            self._skip(events)
            return
        try:
            self._check_space()
            self._writer.open(self._begun, self._run)
            if self.state == "broken":
                self._writer.recover()
        except OSError as error:
            self._break(error)
            self._skip(events)
            return
        admitted = [each for event in events for each in self._gate.admit(event)]
        try:
            self._writer.put(admitted)
        except OSError as error:
            _counts["parts_lost"] += sum(isinstance(event, Part) for event in admitted)
            self._break(error)
            return
        _counts["bytes"] += sum(len(event.data) for event in admitted if isinstance(event, Part))
        if self.state == "broken" and any(isinstance(event, Part) for event in admitted):
            self.state = "recording"
            log.warning("recording.again", extra={"recording": self.id, "room": self.room})

    def _skip(self, events: list[PackagerEvent]) -> None:
        for event in events:
            self._gate.skip(event)
        _counts["parts_lost"] += sum(isinstance(event, Part) for event in events)

    def _check_space(self) -> None:
        now_s = time.monotonic()
        if self.state != "broken" and now_s - self._checked_s < CHECK_S:
            return
        self._checked_s = now_s
        free = self._writer.free_bytes()
        if free < self._config.media_disk_free_bytes_min:
            raise DiskFull(f"{free} bytes are free")

    def _break(self, error: OSError) -> None:
        self._retry_s = time.monotonic() + self._config.media_record_retry_s
        with contextlib.suppress(OSError):  # what can't be cut off now is when there is room again
            self._writer.recover()
        self._gate.lost()
        if self.state != "broken":
            self.state = "broken"
            self._note(str(error))

    def _note(self, reason: str) -> None:
        _counts["breaks"] += 1
        log.warning("recording.broken", extra={"recording": self.id, "room": self.room, "reason": reason})

    def _finish(self, item: _Close) -> None:
        try:
            if item.complete and self.ledger.begun is not None:
                self._writer.recover()
                self._writer.close(item.at_ms)
        except OSError as error:
            self.unwritten_end_ms = item.at_ms
            log.warning("recording.not_closed", extra={"recording": self.id, "reason": str(error)})
        finally:
            self._writer.release()
            self.state = "closed"
