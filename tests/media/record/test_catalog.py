"""A playlist that thousands ask for is put together and compressed once for each version, and its target duration stays."""

import asyncio
import gzip
from pathlib import Path

import pytest

from media.errors import RecordingNotFound
from media.record import journal
from media.record.catalog import RecordingIndex
from media.record.journal import Ledger, replay
from tests.media.record.test_journal import entries_of, pieces


async def test_each_version_is_compressed_once() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(4.0))))
    index = RecordingIndex(Path(), replay(data, lean=True))
    first, *others = await asyncio.gather(*(index.media("video", target_s=4) for _ in range(20)))
    assert all(other is first for other in others)
    assert await index.media("opus", target_s=4) is not first
    text = gzip.decompress(first).decode()
    assert text.count("#EXTINF:") == 4
    assert "#EXT-X-TARGETDURATION:4\n" in text
    with pytest.raises(RecordingNotFound):
        await index.media("low", target_s=4)


async def test_what_was_recorded_with_longer_segments_says_so() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(4.0))))
    index = RecordingIndex(Path(), replay(data, lean=True))
    assert b"#EXT-X-TARGETDURATION:1\n" in gzip.decompress(await index.media("video", target_s=1))
    ledger = Ledger(lean=True)
    for entry in entries_of(pieces(4.0)):
        ledger.add(entry)
    for kept in ledger.renditions["video"].segments:
        kept.duration *= 6
    assert b"#EXT-X-TARGETDURATION:6\n" in gzip.decompress(
        await RecordingIndex(Path(), ledger).media("video", target_s=4)
    )
