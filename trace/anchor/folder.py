"""Checkpoints as files in another folder, best one that is mounted from another machine.

    checkpoint-SIZE.note        written whole or not at all, and never again: the folder is synced before it counts

A file of that size with another root means that the log has forked, or that somebody wrote there: it stays, and the anchor
fails.
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from trace.anchor.protocol import AnchorAway, Kind
from trace.anchor.settings import AnchorConfig
from trace.anchor.states import Anchoring, Attempt, Inclusion, Policy, Seen, Step
from trace.log import checkpoints, notes
from trace.log.notes import NoteError

T = TypeVar("T")


class FolderAnchor:
    def __init__(self, config: AnchorConfig) -> None:
        self._folder = Path(config.anchor_folder)
        self._timeout_s = config.anchor_timeout_s
        # One thread: where the folder hangs, as one of a network does, no more than that hangs with it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="anchor folder")
        self.name = "folder"
        self.kind: Kind = "folder"
        self.chain = ""
        self.is_development = False
        self.policy = Policy(depth=0)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def prepare(self, anchoring: Anchoring, step: Step, now_ms: int) -> Attempt:
        del step
        return Attempt(ref=f"checkpoint-{anchoring.size}.note", raw=anchoring.note, at_ms=now_ms)

    async def send(self, anchoring: Anchoring, attempt: Attempt) -> bytes | None:
        del anchoring
        await self._in_thread(partial(write, self._folder / attempt.ref, attempt.raw))
        return None

    async def look(self, anchorings: Sequence[Anchoring], now_ms: int) -> Seen:
        """Confirmed ones are not looked at again: who holds the folder may move what is in it."""
        del now_ms
        included: dict[str, Inclusion] = {}
        for each in anchorings:
            if each.included is not None:
                included[each.included.ref] = each.included
                continue
            for attempt in each.attempts:
                at_ms = await self._in_thread(partial(kept_since_ms, self._folder / attempt.ref, attempt.raw))
                if at_ms is not None:
                    included[attempt.ref] = Inclusion(ref=attempt.ref, at_ms=at_ms)
        return Seen(included=included)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise AnchorAway("timeout", "the folder does not answer in time") from error
        except OSError as error:
            raise AnchorAway("refused", f"the folder cannot be written: {os.strerror(error.errno or 0)}") from error


def write(file: Path, note: bytes) -> None:
    """Raises OSError; AnchorAway where another checkpoint of the same size is there."""
    if _is_same(file, note):
        _sync(file.parent)
        return
    new = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with new.open("xb") as opened:
            opened.write(note)
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):  # of two that write at once, the first
            os.link(new, file)
    finally:
        new.unlink(missing_ok=True)
    _sync(file.parent)
    if not _is_same(file, note):
        raise AnchorAway("refused", f"{file.name} is gone")


def kept_since_ms(file: Path, note: bytes) -> int | None:
    """None: it is not there. Raises AnchorAway where another is."""
    return file.stat().st_mtime_ns // 1_000_000 if _is_same(file, note) else None


def _is_same(file: Path, note: bytes) -> bool:
    """Whether the checkpoint is there; its note may be signed by more than it was."""
    try:
        there = file.read_bytes()
    except FileNotFoundError:
        return False
    if there != note and _text(there) != _text(note):
        raise AnchorAway("forked", f"{file.name} is there already, with another checkpoint")
    return True


def _text(note: bytes) -> str:
    try:
        return checkpoints.read(notes.read(note).text).text
    except NoteError:
        return repr(note)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
