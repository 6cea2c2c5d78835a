"""A mirror is the log again, goes on from what it has, and takes nothing that was not signed."""

from pathlib import Path

import pytest

from tests.trace.logs import SIGNER, files_under, numbered
from tests.trace.test_verify import NOW_S, write
from trace.log.folder import FolderError, LogFolder
from trace.log.mirror import mirrored
from trace.log.sources import FolderSource, SourceError
from trace.log.verify import VERIFIED, verify
from trace.log.verifying import Tampered


async def brought(log: Path, copy: Path) -> int:
    folder = LogFolder(copy)
    folder.open()
    try:
        tree = await mirrored(FolderSource(log), folder, SIGNER.verifier)
    finally:
        folder.close()
    return tree.size


async def test_a_copy_goes_on_from_what_it_has(folder: Path) -> None:
    for size in (0, 10, 300, 300, 70_000):
        log = folder / f"log-{size}"
        write(log, [numbered(0, size)])
        assert await brought(log, folder / "copy") == size
    said: list[str] = []
    assert await verify(str(folder / "copy"), key=None, remember=None, say=said.append, now_s=lambda: NOW_S) == VERIFIED
    kept, original = files_under(folder / "copy"), files_under(folder / "log-70000")
    assert {name: kept.get(name) for name in original} == original


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/entries/002.p/188", "tile/0/001", "tile/0/002.p/188"])
async def test_what_was_not_signed_is_not_taken(name: str, folder: Path) -> None:
    write(folder / "log", [numbered(0, 700)])
    good = (folder / "log" / name).read_bytes()
    (folder / "log" / name).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(Tampered):
        await brought(folder / "log", folder / "copy")
    assert not (folder / "copy" / "checkpoint").exists()
    (folder / "log" / name).write_bytes(good)
    assert await brought(folder / "log", folder / "copy") == 700


async def test_a_log_that_went_back_or_was_forked_is_not_followed(folder: Path) -> None:
    write(folder / "log", [numbered(0, 300)])
    assert await brought(folder / "log", folder / "copy") == 300
    before = files_under(folder / "copy")
    write(folder / "short", [numbered(0, 200)])
    write(folder / "fork", [[b"another", *numbered(1, 400)]])
    for other in ("short", "fork"):
        with pytest.raises(Tampered):
            await brought(folder / other, folder / "copy")
        assert files_under(folder / "copy") == before


async def test_a_folder_of_another_log_is_not_written_into(folder: Path) -> None:
    write(folder / "log", [numbered(0, 300)])
    assert await brought(folder / "log", folder / "copy") == 300
    (folder / "copy" / "tile/0/001.p/44").write_bytes(bytes(44 * 32))
    with pytest.raises(FolderError, match="is not what its hashes say"):
        await brought(folder / "log", folder / "copy")
    with pytest.raises(SourceError):
        await brought(folder / "nothing", folder / "copy2")
