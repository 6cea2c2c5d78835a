"""A witness cosigns one history of a log, and a log is published with the cosignatures that it needs."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.base.served import Answer, Served, serving
from tests.integration.server import eventually
from tests.trace.logs import SIGNER, numbered, prepared, writing
from trace.log import cosignatures, notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosigningKey
from trace.log.cosigning import Cosigning
from trace.log.growth import Growth
from trace.log.keys import Ed25519Signer
from trace.log.merkle import EMPTY_ROOT, Node, consistency_ranges, perfect_nodes, proof
from trace.log.notes import Note, Verifier
from trace.log.reader import LogReader
from trace.log.tiles import Tile, interior
from trace.log.witnessing import Proposal

NAME = "witness.example"
SEED = bytes(range(1, 33))
ENTRIES = numbered(0, 200)
CALL = "POST /log/witness/add-checkpoint"


def key_of(kind: str = "ed25519") -> CosigningKey:
    return CosigningKey(NAME, COSIGNATURE_ED25519 if kind == "ed25519" else COSIGNATURE_MLDSA44, SEED)


def witness(database_url: str, **settings: Any) -> Any:
    given = {
        "log_witness_key": SEED.hex(), "log_witness_name": NAME, "log_witnessed": SIGNER.verifier.vkey, **settings,
    }  # fmt: skip
    return serving(database_url, **given)


def tree_of(size: int, entries: Sequence[bytes] = ENTRIES) -> Checkpoint:
    growth, _ = Growth().grown(entries[:size])
    return Checkpoint(SIGNER.verifier.name, size, growth.root())


def consistency(before: int, size: int) -> tuple[bytes, ...]:
    _, files = Growth().grown(ENTRIES[:size])
    levels = interior(dict(files)[Tile(0, 0, size)])

    def hash_of(node: Node) -> bytes:
        level, index = node
        return levels[level][index * 32 : index * 32 + 32]

    assert perfect_nodes((0, size))
    return tuple(proof(consistency_ranges(before, size), hash_of)) if before else ()


def proposal(before: int, size: int, signer: Ed25519Signer = SIGNER, **changed: Any) -> bytes:
    tree = changed.get("tree") or tree_of(size)
    note = Note(tree.text, (signer.sign(tree.text),)).encode()
    hashes = changed["hashes"] if "hashes" in changed else consistency(before, size)
    return Proposal(before, hashes, note).encode()


async def asked(served: Served, body: bytes) -> Answer:
    return await served.call(CALL, raw=body, role=None, headers={"Content-Type": "text/plain"})


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
async def test_a_log_that_goes_on_is_cosigned(kind: str, database_url: str) -> None:
    async with witness(database_url, log_witness_kind=kind) as served:
        for before, size in ((0, 5), (5, 5), (5, 8), (8, 131)):
            answer = await asked(served, proposal(before, size))
            assert answer.status == 200, answer
            note = notes.read(tree_of(size).text.encode() + b"\n" + answer.raw)
            assert notes.verified(note, [key_of(kind).cosigner]) == [key_of(kind).cosigner]
            assert cosignatures.time_of(note.signatures[0].raw) > 1_700_000_000
        rows = await served.database.fetch("SELECT size, root FROM log_witnessed")
        assert [tuple(row) for row in rows] == [(131, tree_of(131).root)]


STRANGER = Ed25519Signer("other.example/log", SEED)
FORKED = tree_of(8, [b"another", *ENTRIES[1:]])
REFUSED = {
    "behind": (proposal(0, 8), 409, b"5\n"),
    "ahead": (proposal(6, 8), 409, b"5\n"),
    "forked at its size": (proposal(5, 5, tree=tree_of(5, [b"another", *ENTRIES[1:]]), hashes=()), 409, b"5\n"),
    "forked further on": (proposal(5, 8, tree=FORKED), 422, None),
    "no proof": (proposal(5, 8, hashes=()), 422, None),
    "a proof where none is": (proposal(5, 5, hashes=(bytes(32),)), 422, None),
    "smaller": (proposal(5, 3, hashes=()), 400, None),
    "another log": (proposal(0, 5, STRANGER, tree=Checkpoint(STRANGER.verifier.name, 5, bytes(32))), 404, None),
    "another key": (proposal(5, 8, Ed25519Signer(SIGNER.verifier.name, SEED)), 403, None),
    "no checkpoint": (b"old 5\n\nnothing\n", 400, None),
    "no empty line": (b"old 5\n", 400, None),
    "a leading zero": (proposal(5, 8).replace(b"old 5", b"old 05"), 400, None),
    "a minus": (proposal(5, 8).replace(b"old 5", b"old -5"), 400, None),
    "64 hashes": (proposal(5, 8, hashes=(bytes(32),) * 64), 400, None),
    "short hashes": (proposal(5, 8, hashes=(bytes(31),)), 400, None),
    "no base64": (proposal(5, 8).replace(b"old 5\n", b"old 5\n***\n"), 400, None),
    "far too long": (b"old 5\n" + b"A" * 300_000, 413, None),
}  # fmt: skip


async def test_what_contradicts_or_is_none_is_refused_and_nothing_changes(database_url: str) -> None:
    async with witness(database_url) as served:
        assert (await asked(served, proposal(0, 5))).status == 200
        before = await served.rows("log_witnessed")
        for what, (body, status, said) in REFUSED.items():
            answer = await asked(served, body)
            assert answer.status == status, what
            assert said is None or (answer.raw, answer.headers["Content-Type"].split(";")[0]) == (
                said,
                "text/x.tlog.size",
            )
        assert await served.rows("log_witnessed") == before


async def test_of_a_log_never_seen_a_proof_from_nothing_is_empty(database_url: str) -> None:
    async with witness(database_url) as served:
        assert (await asked(served, proposal(0, 5, hashes=(bytes(32),)))).status == 422
        assert (await asked(served, proposal(0, 5))).status == 200


async def test_of_two_that_race_only_one_is_cosigned(database_url: str) -> None:
    async with witness(database_url) as served:
        assert (await asked(served, proposal(0, 5))).status == 200
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.fetchrow("SELECT FROM log_witnessed FOR UPDATE")
            racing = asyncio.gather(asked(served, proposal(5, 8)), asked(served, proposal(5, 131)))
            await asyncio.sleep(0.1)
        await other.close()
        answers = sorted(answer.status for answer in await racing)
        assert answers == [200, 409]


async def test_a_server_that_is_no_witness_says_so(database_url: str) -> None:
    async with serving(database_url) as served:
        assert (await asked(served, proposal(0, 5))).status in (404, 405)


async def test_a_log_is_published_with_its_cosignatures(
    database_url: str, empty_database_url: str, folder: Path
) -> None:
    del empty_database_url
    async with witness(database_url) as served:
        url = str(served.client.make_url("/log/witness"))
        reader = LogReader(folder / "log", tiles_cached_max=10)
        asked_ones = Cosigning([(url, key_of().cosigner)], reader, least=1, within_s=30.0)
        own = CosigningKey(SIGNER.verifier.name, COSIGNATURE_MLDSA44, SEED)
        async with writing(database_url, folder / "log", cosigning=asked_ones, own_cosigner=own) as log:
            for first, after in ((0, 10), (10, 300), (300, 301)):
                await log.append(numbered(first, after))
                await log.until(after)
            raw = log.folder.checkpoint()
            assert raw is not None
            known: list[Verifier] = [SIGNER.verifier, own.cosigner, key_of().cosigner]
            assert notes.verified(notes.read(raw), known) == known


async def test_without_the_cosignatures_that_it_needs_nothing_is_published(database_url: str, folder: Path) -> None:
    reader = LogReader(folder / "log", tiles_cached_max=10)
    nobody = [("http://127.0.0.1:9", key_of().cosigner)]
    async with prepared(database_url, folder / "log") as log:
        log.writer._cosigning = Cosigning(nobody, reader, least=1, within_s=1.0)
        await log.append(numbered(0, 10))
        log.writer.start()
        assert "0 of 1 witnesses have cosigned" in await log.until_trouble()
        assert log.folder.checkpoint() is None
        log.writer._cosigning = Cosigning(nobody, reader, least=0, within_s=1.0)

        async def is_published() -> bool:
            return (tree := log.published()) is not None and tree.size == 10

        await eventually(is_published)


async def test_a_log_that_a_witness_has_seen_further_on_is_not_signed_again(database_url: str, folder: Path) -> None:
    async with witness(database_url) as served:
        url = str(served.client.make_url("/log/witness"))

        def asking() -> Cosigning:
            reader = LogReader(folder / "log", tiles_cached_max=10)
            return Cosigning([(url, key_of().cosigner)], reader, least=0, within_s=30.0)

        async with writing(database_url, folder / "log", cosigning=asking()) as log:
            await log.append(numbered(0, 10))
            await log.until(10)
        # PostgreSQL has lost the last five, and the folder is another machine's.
        shutil.rmtree(folder / "log")
        async with prepared(database_url, folder / "log", cosigning=asking()) as log:
            await log.fetch(
                "UPDATE log_head SET leaves = 0, size = 0, root = $1, note = NULL, published = 0", EMPTY_ROOT
            )
            await log.fetch("DELETE FROM log_leaves")
            await log.fetch("DELETE FROM log_entries WHERE id > 5")
            await log.fetch("UPDATE log_head SET settled = '1:1:'")
            log.writer.start()
            assert "has cosigned 10 leaves, and" in await log.until_trouble()
            assert log.folder.checkpoint() is None


async def test_a_witness_that_fails_is_left_alone_for_a_while(database_url: str, folder: Path) -> None:
    asked_of: list[float] = []

    class Counting(Cosigning):
        async def _post(self, *arguments: Any) -> tuple[int, bytes]:
            asked_of.append(asyncio.get_running_loop().time())
            return await super()._post(*arguments)

    reader = LogReader(folder / "log", tiles_cached_max=10)
    nobody = Counting([("http://127.0.0.1:9", key_of().cosigner)], reader, least=0, within_s=1.0)
    async with writing(database_url, folder / "log", cosigning=nobody) as log:
        for after in range(1, 12):
            await log.append(numbered(after - 1, after))
            await log.until(after)
    assert len(asked_of) < 5
