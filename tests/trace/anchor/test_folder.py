"""A checkpoint in another folder is there whole, and stays."""

from pathlib import Path

import pytest

from tests.trace.anchor.chains import Ledger, anchoring, config, note_of
from trace.anchor.folder import kept_since_ms, write
from trace.anchor.protocol import AnchorAway


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_note_is_written_as_a_file_of_its_size(folder: Path, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    async with anchoring(database_url, config(anchors="folder", anchor_folder=str(folder)), "folder"):
        row = await ledger.until_confirmed(7)
        await ledger.publish(9)
        await ledger.until_confirmed(9)
    assert contents(folder) == {
        "checkpoint-7.note": note_of(7), "checkpoint-9.note": note_of(9),
    }  # fmt: skip
    assert row["block_ms"] == (folder / "checkpoint-7.note").stat().st_mtime_ns // 1_000_000


async def test_another_checkpoint_of_that_size_stays_and_is_told_of(folder: Path, ledger: Ledger, database_url: str):
    forked = note_of(7, b"x" * 32)
    (folder / "checkpoint-7.note").write_bytes(forked)
    await ledger.publish(7)
    async with anchoring(database_url, config(anchors="folder", anchor_folder=str(folder)), "folder") as leader:
        health = await ledger.health(is_failing=True)
        assert set(leader.failed) == {"forked"}
    assert health["reason"] == "checkpoint-7.note is there already, with another checkpoint"
    assert (folder / "checkpoint-7.note").read_bytes() == forked
    assert [row["state"] for row in await ledger.anchorings()] == ["pending"]


async def test_a_folder_that_is_not_there_is_told_of_and_used_when_it_is(
    folder: Path, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    settings = config(anchors="folder", anchor_folder=str(folder / "mounted"), anchor_retry_s_max=1.0)
    async with anchoring(database_url, settings, "folder"):
        await ledger.health(is_failing=True)
        (folder / "mounted").mkdir()
        await ledger.until_confirmed(7)


def test_what_was_written_once_is_not_written_again(folder: Path):
    file = folder / "checkpoint-7.note"
    assert kept_since_ms(file, note_of(7)) is None
    write(file, note_of(7))
    at_ms = kept_since_ms(file, note_of(7))
    inode = file.stat().st_ino
    write(file, note_of(7))
    assert (file.stat().st_ino, kept_since_ms(file, note_of(7))) == (inode, at_ms)
    with pytest.raises(AnchorAway):
        write(file, note_of(7, b"x" * 32))
    assert [each.name for each in folder.iterdir()] == ["checkpoint-7.note"]
