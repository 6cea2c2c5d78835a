"""One log, whatever happens to who writes it: each entry that committed is in it once, in order, and no two checkpoints of one
size differ.
"""

import asyncio
import errno
import shutil
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

import pytest

from livehub.base.db import Transaction
from tests.base.served import serving
from tests.integration.server import eventually
from tests.trace.logs import SIGNER, files_under, numbered, prepared, writing
from trace.log.entries import append
from trace.log.folder import LogFolder
from trace.log.growth import Growth
from trace.log.keys import Ed25519Signer
from trace.log.leaves import Leaves
from trace.log.merkle import EMPTY_ROOT
from trace.log.tiles import Tile, bundles_of, tiles_of
from trace.log.writer import LogWriter


class Killed(Exception):
    """The process ends here."""


def root_of(entries: Iterable[bytes]) -> bytes:
    growth, _ = Growth().grown(list(entries))
    return growth.root()


async def test_what_commits_is_published_and_its_leaf_is_known(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        ids = await log.append(numbered(0, 300))
        tree = await log.until(300)
        assert tree.root == root_of(numbered(0, 300))
        assert log.entries() == numbered(0, 300)
        leaves = Leaves(log.config, log.database)
        assert await leaves.awaited(ids) == {entry: leaf for leaf, entry in enumerate(ids)}
        assert (folder / "log" / "key").read_text() == f"{SIGNER.verifier.vkey}\n"


async def test_everybody_is_told_how_it_stands(database_url: str, folder: Path) -> None:
    async with serving(database_url) as served, prepared(database_url, folder / "log") as log:
        assert (await served.call("GET /api/log", role=None)).body["code"] == 6002
        log.writer.start()
        await log.append(numbered(0, 10))
        tree = await log.until(10)
        assert await served.done("GET /api/log", role=None) == {
            "origin": "shop.example/log", "key": SIGNER.verifier.vkey, "size": 10, "root": b64encode(tree.root).decode(),
            "published_at": "2027-01-15T08:00:00.000Z", "waiting": 0,
        }  # fmt: skip
        await log.writer.stop()
        await log.append(numbered(10, 17))
        assert (await served.done("GET /api/log", role=None))["waiting"] == 7


async def test_a_log_that_has_begun_has_a_checkpoint_of_nothing(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        tree = await log.until(0)
        assert (tree.size, tree.root) == (0, EMPTY_ROOT)


async def test_the_folder_has_the_files_of_its_tree_and_no_other(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        for first, after in ((0, 10), (10, 250), (250, 600), (600, 601)):
            await log.append(numbered(first, after))
            await log.until(after)
    names = {tile.path for tile in (*tiles_of(601), *bundles_of(601))}
    assert set(files_under(folder / "log")) == {"checkpoint", "key", *names}


async def dies_after_its_entry(tx: Transaction) -> None:
    await append(tx, [b"gone"])
    raise Killed


async def test_what_is_rolled_back_never_enters(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        with pytest.raises(Killed):
            await log.database.run(dies_after_its_entry)
        await log.append([b"kept"])
        await log.until(1)
        assert log.entries() == [b"kept"]


async def test_a_transaction_that_commits_late_loses_nothing(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        async with log.database.transaction() as tx:
            await tx.connection.execute("INSERT INTO log_entries (entry) VALUES ('late')")
            await log.append(numbered(0, 20))
            await log.until(20)
        await log.until(21)
        assert log.entries() == [*numbered(0, 20), b"late"]


async def test_who_begins_again_goes_on_with_the_same_log(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 300))
        await log.until(300)
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(300, 700))
        tree = await log.until(700)
        assert tree.root == root_of(numbered(0, 700))


async def test_a_folder_that_was_lost_is_made_again_as_it_was(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log", log_batch_max=130) as log:
        await log.append(numbered(0, 700))
        await log.until(700)
    before = files_under(folder / "log")
    shutil.rmtree(folder / "log")
    async with writing(database_url, folder / "log") as log:
        await log.until(700)
    after = files_under(folder / "log")
    assert after["checkpoint"] == before["checkpoint"]
    # Parts of a tile that a longer one has replaced are dropped a moment after it is published.
    assert {name for name in before if ".p/" not in name} <= after.keys() <= before.keys()
    assert after == {name: before[name] for name in after}


async def test_another_machine_has_the_same_files(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "one") as one, writing(database_url, folder / "two") as two:
        await one.append(numbered(0, 400))
        await one.until(400)
        await two.until(400)
        assert sorted((one.writer.is_leading, two.writer.is_leading)) == [False, True]
    assert files_under(folder / "one") == files_under(folder / "two")


@pytest.mark.parametrize("step", ["_sequenced", "_written", "record", "publish", "drop_partial"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_at_any_step_leaves_one_log(
    step: str, when: str, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: dict[int, bytes] = {}
    sign = Ed25519Signer.sign

    def signing(signer: Ed25519Signer, text: str) -> object:
        size, root = text.split("\n")[1:3]
        assert signed.setdefault(int(size), root.encode()) == root.encode()
        return sign(signer, text)

    monkeypatch.setattr(Ed25519Signer, "sign", signing)
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 100))
        await log.until(100)
        seen = log.published()
    async with prepared(database_url, folder / "log") as log:
        await log.append(numbered(100, 500))
        killed = kill(log.writer, step, when)
        with pytest.raises(Killed):
            await asyncio.wait_for(log.writer._write_whenever_possible(), 60)  # with nobody who begins it again
        assert killed == [True]
    async with writing(database_url, folder / "log", log_batch_max=77) as log:
        await log.append(numbered(500, 510))
        tree = await log.until(510)
        assert tree.root == root_of(numbered(0, 510))
        assert log.entries() == numbered(0, 510)
    assert seen is not None
    assert seen.root == root_of(numbered(0, 100))


def kill(writer: LogWriter, step: str, when: str) -> list[bool]:
    """Let the writer die at the step, before or after it. What was signed but not recorded is seen by nobody."""
    owner, name = {
        "record": (writer, "_publish"), "publish": (writer._folder, "publish"),
        "drop_partial": (writer._folder, "drop_partial"),
    }.get(step, (writer, step))  # fmt: skip
    real, killed = getattr(owner, name), list[bool]()

    def plain(*arguments: object) -> object:
        if when == "after":
            real(*arguments)
        killed.append(True)
        raise Killed

    async def dying(*arguments: object) -> object:
        if when == "after":
            await real(*arguments)
        killed.append(True)
        raise Killed

    setattr(owner, name, plain if owner is not writer else dying)
    return killed


async def test_who_was_believed_dead_can_publish_nothing(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "one") as one:
        await one.append(numbered(0, 10))
        await one.until(10)
        await one.fetch("UPDATE log_head SET epoch = epoch + 1")
        await one.append(numbered(10, 20))
        await one.until(20)  # it begins again, with an epoch of its own
        (head,) = await one.fetch("SELECT epoch, size FROM log_head")
        assert (head["epoch"], head["size"]) == (3, 20)
        assert one.entries() == numbered(0, 20)


async def test_a_log_that_postgresql_has_lost_a_part_of_is_not_signed_again(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 10))
        await log.until(10)
        (early,) = await log.fetch("SELECT size, root, note FROM log_head")
        await log.append(numbered(10, 20))
        await log.until(20)
        published = log.folder.checkpoint()
    async with prepared(database_url, folder / "log") as log:
        await log.fetch("DELETE FROM log_leaves WHERE leaf >= 10")
        await log.fetch("UPDATE log_head SET leaves = $1, size = $1, root = $2, note = $3", *early)
        log.writer.start()
        assert "checkpoint of 20 leaves, and PostgreSQL knows of 10" in await log.until_trouble()
        assert log.folder.checkpoint() == published


async def test_entries_that_were_changed_in_postgresql_are_not_signed_again(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 10))
        await log.until(10)
    shutil.rmtree(folder / "log")
    async with prepared(database_url, folder / "log") as log:
        await log.fetch("UPDATE log_entries SET entry = 'another' WHERE id = 5")
        log.writer.start()
        assert "are not those that were signed for a tree of 10" in await log.until_trouble()
        assert log.folder.checkpoint() is None


async def test_another_key_or_name_writes_nothing_into_the_log(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 10))
        await log.until(10)
    before = files_under(folder / "log")
    for other in (Ed25519Signer("shop.example/log", bytes(32)), Ed25519Signer("other.example/log", bytes(range(32)))):
        async with writing(database_url, folder / "log", signer=other) as log:
            assert "the key given is of" in await log.until_trouble()
    assert files_under(folder / "log") == before


async def test_a_full_disk_delays_and_loses_nothing(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 10))
        await log.until(10)
        is_full = True
        write = LogFolder.write

        def full(folder: LogFolder, files: list[tuple[Tile, bytes]]) -> None:
            if is_full:
                write(folder, files[:1])
                raise OSError(errno.ENOSPC, "No space left on device")
            write(folder, files)

        monkeypatch.setattr(LogFolder, "write", full)
        await log.append(numbered(10, 700))
        assert "No space left" in await log.until_trouble()
        assert (tree := log.published()) is not None
        assert tree.size == 10
        is_full = False
        await log.until(700)
        assert log.entries() == numbered(0, 700)


async def test_after_a_restore_into_another_cluster_nothing_is_left_out(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:
        await log.append(numbered(0, 10))
        await log.until(10)
    async with prepared(database_url, folder / "log") as log:
        # As a dump of a cluster whose transactions had far higher ids leaves it.
        await log.append([b"waited when it was dumped"])
        await log.fetch("UPDATE log_entries SET xid = (xid::text::bigint + 4000000000)::text::xid8")
        await log.fetch("UPDATE log_head SET settled = '4000000000:4000000000:'")
        log.writer.start()
        await log.until(11)
        await log.append([b"new"])
        await log.until(12)
        assert log.entries() == [*numbered(0, 10), b"waited when it was dumped", b"new"]


async def test_two_processes_do_not_write_one_folder(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log, writing(database_url, folder / "log") as other:
        await log.append(numbered(0, 10))
        await log.until(10)

        async def is_told() -> bool:
            return "another process writes the log" in log.writer.trouble + other.writer.trouble

        await eventually(is_told)
