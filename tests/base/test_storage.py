"""A folder keeps objects as a bucket does (tests/media/record/test_object_store.py): whole, or not at all."""

from pathlib import Path

import pytest

from livehub.base.storage import Folder, read_all


async def test_what_is_put_can_be_got_whole_and_in_pieces(folder: Path) -> None:
    store, data = Folder(folder / "kept"), bytes(range(256))
    (folder / "file").write_bytes(data)
    await store.put("a/one", folder / "file")
    await store.put("a/two", b"bytes")
    assert await read_all(store, "a/one") == data
    assert await read_all(store, "a/one", 10, 30) == data[10:30]
    assert await read_all(store, "a/two") == b"bytes"
    found = await store.get("a/one", 250)
    assert found is not None
    assert (found.size, found.begin, found.end) == (256, 250, 256)
    described = await store.describe("a/one")
    assert described is not None
    assert (described.size, described.etag) == (256, found.etag)


async def test_what_is_not_there_is_none(folder: Path) -> None:
    store = Folder(folder / "kept")
    await store.put("a/one", b"x")
    for key in ("a/two", "b/one", "a/one/more"):
        assert await store.get(key) is None
        assert await store.describe(key) is None
    await store.delete_under("b")


async def test_only_what_lies_under_a_prefix_is_deleted(folder: Path) -> None:
    store = Folder(folder)
    for key in ("a/one", "a/b/two", "ab/three"):
        await store.put(key, b"x")
    await store.delete_under("a")
    assert [await store.describe(key) is None for key in ("a/one", "a/b/two", "ab/three")] == [True, True, False]


async def test_a_file_that_could_not_be_put_leaves_no_part_of_it(folder: Path) -> None:
    store = Folder(folder)
    await store.put("a/one", b"old")
    with pytest.raises(FileNotFoundError):
        await store.put("a/one", folder / "missing")
    (folder / "a" / "two").mkdir()
    with pytest.raises(OSError, match="directory"):
        await store.put("a/two", b"new")
    assert await read_all(store, "a/one") == b"old"
    assert sorted(path.name for path in (folder / "a").iterdir()) == ["one", "two"]
