"""Frames on a pipe between two processes of ours: time, whether it is a key frame, and the units with their lengths."""

import asyncio
import struct
from typing import BinaryIO

from media.codecs.annexb import split_lengths
from media.frames import VideoFrame

_HEAD = struct.Struct(">q?I")
_LENGTH = struct.Struct(">I")
FRAME_BYTES_MAX = 8_000_000


def pack(frame: VideoFrame) -> bytes:
    body = b"".join(_LENGTH.pack(len(unit)) + unit for unit in frame.units)
    return _HEAD.pack(frame.time, frame.key, len(body)) + body


def read_frame(source: BinaryIO) -> VideoFrame | None:
    """The next frame; None at the end. Raises EOFError when it ends within one, ValueError for what is none."""
    head = source.read(_HEAD.size)
    if not head:
        return None
    time, key, size = _unpacked(head)
    body = source.read(size)
    if len(body) < size:
        raise EOFError
    return VideoFrame(time, key, split_lengths(body, _LENGTH.size))


async def receive_frame(source: asyncio.StreamReader) -> VideoFrame:
    """The same. Raises EOFError at the end, too (asyncio.IncompleteReadError)."""
    time, key, size = _unpacked(await source.readexactly(_HEAD.size))
    return VideoFrame(time, key, split_lengths(await source.readexactly(size), _LENGTH.size))


def _unpacked(head: bytes) -> tuple[int, bool, int]:
    if len(head) < _HEAD.size:
        raise EOFError
    time, key, size = _HEAD.unpack(head)
    if size > FRAME_BYTES_MAX:
        raise ValueError("a frame that is too large")
    return time, key, size
