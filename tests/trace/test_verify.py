"""Whoever has a log's key finds all that was done to it: changes, cuts, doubles, other orders, stale checkpoints, forks."""

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.trace.logs import SIGNER, files_under, numbered
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import COSIGNATURE_ED25519, CosigningKey
from trace.log.folder import LogFolder
from trace.log.growth import Growth
from trace.log.keys import Ed25519Signer
from trace.log.notes import Note
from trace.log.tiles import Tile
from trace.log.verify import COULD_NOT_LOOK, TAMPERED, VERIFIED, verify

WITNESS = CosigningKey("witness.example", COSIGNATURE_ED25519, bytes(reversed(range(32))))
NOW_S = 1_800_000_000
SIZE = 1_000


def write(path: Path, batches: Sequence[Sequence[bytes]], signer: Ed25519Signer = SIGNER, cosigned_s: int = 0) -> None:
    """A log of these batches, a checkpoint after each; cosigned by the witness at `cosigned_s`, if not 0."""
    folder, growth = LogFolder(path), Growth()
    folder.open()
    for entries in batches:
        growth, files = growth.grown(entries)
        folder.write(files)
        tree = Checkpoint(signer.verifier.name, growth.size, growth.root())
        cosigned = (WITNESS.cosign(tree.text, cosigned_s),) if cosigned_s else ()
        folder.publish(Note(tree.text, (signer.sign(tree.text), *cosigned)).encode())
    folder.write_key(signer.verifier.vkey)
    folder.close()


@pytest.fixture
def key(folder: Path) -> Path:
    path = folder / "log.key"
    path.write_text(SIGNER.verifier.vkey)
    return path


@pytest.fixture
def log(folder: Path) -> Path:
    write(folder / "log", [numbered(0, 300), numbered(300, SIZE)])
    return folder / "log"


class Said:
    """Verifies, and keeps what was said."""

    def __init__(self) -> None:
        self.text = ""

    async def of(self, place: Path, key: Path | None, **options: object) -> int:
        given = {"remember": None, "say": self._say, "now_s": lambda: float(NOW_S), **options}
        return await verify(str(place), key=key, **given)  # type: ignore[arg-type]

    def _say(self, text: str) -> None:
        self.text = text


async def test_a_log_as_it_was_signed_is_verified(log: Path, key: Path) -> None:
    said = Said()
    assert await said.of(log, key) == VERIFIED
    assert said.text.startswith("verified: 1,000 entries of shop.example/log, root ")
    assert said.text.endswith("signed by the key given")
    assert await said.of(log, None) == VERIFIED
    assert said.text.endswith("give --key to be sure whose it is")


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536, 65_537])
async def test_logs_of_any_size_are_verified(size: int, folder: Path, key: Path) -> None:
    write(folder / "log", [numbered(0, size)])
    assert await Said().of(folder / "log", key) == VERIFIED


async def test_every_flipped_bit_is_found(log: Path, key: Path) -> None:
    said, chance = Said(), random.Random(7)
    files = files_under(log)
    names = sorted(files)
    for _ in range(300):
        name = chance.choices(names, weights=[len(files[each]) for each in names])[0]
        at, bit = chance.randrange(len(files[name])), 1 << chance.randrange(8)
        changed = bytearray(files[name])
        changed[at] ^= bit
        (log / name).write_bytes(changed)
        assert await said.of(log, key) == TAMPERED, (name, at, bit)
        (log / name).write_bytes(files[name])
    assert await said.of(log, key) == VERIFIED


def rewritten(log: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """The log with changed entries, its tiles made to fit, under the checkpoint that was signed."""
    checkpoint = (log / "checkpoint").read_bytes()
    shutil.rmtree(log)
    write(log, [change(numbered(0, SIZE))])
    (log / "checkpoint").write_bytes(checkpoint)


def moved(entries: list[bytes]) -> list[bytes]:
    return [*entries[:10], entries[11], entries[10], *entries[12:]]


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "an entry is changed": lambda entries: [*entries[:500], b"another", *entries[501:]],
    "an entry is removed": lambda entries: [*entries[:500], *entries[501:]],
    "the end is cut off": lambda entries: entries[:900],
    "an entry is doubled": lambda entries: [*entries[:500], entries[500], *entries[500:-1]],
    "two are in another order": moved,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_entries_that_are_not_those_signed_are_found(
    change: Callable[[list[bytes]], list[bytes]], log: Path, key: Path
) -> None:
    rewritten(log, change)
    assert await Said().of(log, key) == TAMPERED


@pytest.mark.parametrize("name", ["tile/0/002", "tile/entries/001", "tile/entries/003.p/232", "tile/1/000.p/3"])
async def test_a_file_that_is_gone_is_found(name: str, log: Path, key: Path) -> None:
    (log / name).unlink()
    said = Said()
    assert await said.of(log, key) == TAMPERED
    assert said.text == f"TAMPERED: {name} is missing"


async def test_a_log_signed_by_somebody_else_is_found(folder: Path, key: Path) -> None:
    write(folder / "log", [numbered(0, 10)], Ed25519Signer("shop.example/log", bytes(32)))
    assert await Said().of(folder / "log", key) == TAMPERED


async def test_a_log_that_went_back_is_stale(log: Path, key: Path, folder: Path) -> None:
    said, remembered = Said(), folder / "seen"
    assert await said.of(log, key, remember=remembered) == VERIFIED
    shutil.rmtree(log)
    write(log, [numbered(0, 300)])
    assert await said.of(log, key, remember=remembered) == TAMPERED
    assert said.text == "TAMPERED: the checkpoint is stale: it has 300 entries, and one of 1,000 was seen before"
    assert await said.of(log, key) == VERIFIED  # who has not seen it cannot know


@pytest.mark.parametrize("size", [SIZE, SIZE + 500])
async def test_a_log_with_another_history_is_forked(size: int, log: Path, key: Path, folder: Path) -> None:
    said, remembered = Said(), folder / "seen"
    assert await said.of(log, key, remember=remembered) == VERIFIED
    kept = remembered.read_bytes()
    shutil.rmtree(log)
    entries = numbered(0, size)
    entries[100] = b"another"
    write(log, [entries])
    assert await said.of(log, key, remember=remembered) == TAMPERED
    assert "forked" in said.text
    assert remembered.read_bytes() == kept


async def test_a_log_that_grew_is_remembered_at_its_new_size(log: Path, key: Path, folder: Path) -> None:
    said, remembered = Said(), folder / "seen"
    assert await said.of(log, key, remember=remembered) == VERIFIED
    shutil.rmtree(log)
    write(log, [numbered(0, SIZE + 500)])
    assert await said.of(log, key, remember=remembered) == VERIFIED
    assert remembered.read_bytes() == (log / "checkpoint").read_bytes()


async def test_a_checkpoint_that_no_witness_has_seen_of_late_is_stale(folder: Path, key: Path) -> None:
    said, witness = Said(), folder / "witness.key"
    witness.write_text(WITNESS.cosigner.vkey)
    write(folder / "log", [numbered(0, 10)], cosigned_s=NOW_S - 100)
    options = {"witnesses": (witness,)}
    assert await said.of(folder / "log", key, **options) == VERIFIED
    assert await said.of(folder / "log", key, **options, witnessed_within_s=100.0) == VERIFIED
    assert await said.of(folder / "log", key, **options, witnessed_within_s=99.0) == TAMPERED
    assert said.text.endswith("it is stale: witnesses last cosigned it 100 s ago")
    write(folder / "alone", [numbered(0, 10)])
    assert await said.of(folder / "alone", key, **options) == TAMPERED
    assert said.text.endswith("none of the witnesses has cosigned it")


async def test_where_nothing_can_be_seen_nothing_is_said_to_be_tampered_with(folder: Path, key: Path) -> None:
    said = Said()
    assert await said.of(folder / "nowhere", key) == COULD_NOT_LOOK
    (folder / "empty").mkdir()
    assert await said.of(folder / "empty", key) == COULD_NOT_LOOK
    write(folder / "log", [numbered(0, 10)])
    (folder / "bad.key").write_text("no key")
    assert await said.of(folder / "log", folder / "bad.key") == COULD_NOT_LOOK


async def test_what_is_written_and_not_signed_yet_is_nothing_bad(log: Path, key: Path) -> None:
    signed = (log / "checkpoint").read_bytes()
    shutil.rmtree(log)
    write(log, [numbered(0, SIZE + 300)])
    (log / "checkpoint").write_bytes(signed)
    assert await Said().of(log, key) == VERIFIED


async def test_what_earlier_checkpoints_left_is_checked_too(log: Path, key: Path) -> None:
    old = log / "tile/entries/001.p/44"
    assert old.read_bytes() == LogFolder(log).read(Tile(-1, 1, 44))
    old.write_bytes(old.read_bytes().replace(b'"number":299', b'"number":298'))
    said = Said()
    assert await said.of(log, key) == TAMPERED
    assert said.text == "TAMPERED: tile/entries/001.p/44 is not what the tree begins with there"
