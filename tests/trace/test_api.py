"""The log over HTTP: everybody reads it, tiles for ever and the checkpoint anew, and what is not there is said so."""

import asyncio
from base64 import b64decode
from pathlib import Path

import pytest

from tests.base.served import Served, serving
from tests.trace.logs import SIGNER, numbered
from tests.trace.test_verify import write
from trace.log import receipts
from trace.log.merkle import check_consistency, check_inclusion, leaf_hash, node_hash, split
from trace.log.reader import LogReader
from trace.log.sources import HttpSource
from trace.log.verify import VERIFIED, verify

SIZE = 70_000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three levels."""
    path = tmp_path_factory.mktemp("log")
    write(path, [numbered(0, SIZE)])
    return path


async def test_what_is_published_is_for_everybody(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        for path in ("checkpoint", "key", "tile/0/000", "tile/0/273.p/112", "tile/2/000.p/1", "tile/entries/273.p/112"):
            answer = await served.call(f"GET /log/{path}", role=None)
            assert (answer.status, answer.raw) == (200, (big / path).read_bytes()), path
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            is_tile = path.startswith("tile/")
            assert answer.headers["Cache-Control"] == ("public, max-age=31536000, immutable" if is_tile else "no-cache")


NO_TILES = (
    "tile/0/x000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x000/000", "tile/0/274", "tile/0/273.p/113",
    "tile/0/273", "tile/2/000.p/2", "tile/3/000.p/1", "tile/entries/274.p/1", "tile/64/000", "tile/0/%2e%2e", "tile/",
)  # fmt: skip


async def test_what_the_tree_has_not_is_not_found(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        found = {path: (await served.call(f"GET /log/{path}", role=None)).status for path in NO_TILES}
        assert found == dict.fromkeys(NO_TILES, 404)


async def test_a_partial_tile_is_there_after_it_became_wider(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        for path, whole, width in (("tile/0/000.p/7", "tile/0/000", 7), ("tile/0/273.p/100", "tile/0/273.p/112", 100)):
            answer = await served.call(f"GET /log/{path}", role=None)
            assert answer.raw == (big / whole).read_bytes()[: width * 32]


async def test_a_receipt_proves_that_an_entry_is_in_the_log(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        for index in (0, 255, 256, 65_535, 65_536, SIZE - 1):
            answer = await served.call(f"GET /log/proof/{index}", role=None)
            receipt = receipts.read(answer.raw)
            tree = receipts.check(receipt, b'{"number":%d}' % index, SIGNER.verifier)
            assert (receipt.index, tree.size) == (index, SIZE)


async def test_there_is_no_receipt_of_what_is_not_there(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        for index in ("70000", "-1", "01", "1.0", "x", "9" * 40):
            answer = await served.call(f"GET /log/proof/{index}", role=None)
            assert (answer.status, answer.body["code"]) == (404, 6004), index


async def test_many_entries_are_proven_in_one_answer_of_any_tree_so_far(database_url: str, big: Path) -> None:
    async with serving(database_url, log_dir=str(big)) as served:
        for size, leaves, since in (
            (SIZE, [0, 255, 256, 65_536, SIZE - 1], [1, 65_536, SIZE]),
            (300, [299, 7], [256]),
            (7, [], []),
        ):
            asked = f"size={size}&leaves={','.join(map(str, leaves))}&since={','.join(map(str, since))}"
            found = (await served.call(f"GET /log/proofs?{asked}", role=None)).body
            reader = LogReader(big, tiles_cached_max=100)
            roots = {n: root([leaf_hash(each) for each in numbered(0, n)]) for n in {size, *since}}
            for each, leaf in zip(found["entries"], leaves, strict=True):
                assert (each["leaf"], each["entry"]) == (leaf, f'{{"number":{leaf}}}')
                hashes = [b64decode(one) for one in each["hashes"]]
                check_inclusion(leaf_hash(each["entry"].encode()), leaf, size, hashes, roots[size])
            for each, before in zip(found["since"], since, strict=True):
                assert [b64decode(one) for one in each["hashes"]] == reader.consistency(before, size)
                check_consistency(before, size, reader.consistency(before, size), roots[before], roots[size])


def root(hashes: list[bytes]) -> bytes:
    """As RFC 9162, 2.1.1, defines it."""
    if len(hashes) == 1:
        return hashes[0]
    middle = split(len(hashes))
    return node_hash(root(hashes[:middle]), root(hashes[middle:]))


async def test_proofs_of_what_is_not_there_are_none(database_url: str, big: Path) -> None:
    many = ",".join(map(str, range(101)))
    async with serving(database_url, log_dir=str(big)) as served:
        for asked in (
            "", "size=0", f"size={SIZE + 1}&leaves=0", "size=7&leaves=7", "size=7&since=8", "size=7&since=0", "size=7&leaves=x",
            "size=7,8", f"size=700&leaves={many}", "size=7&since=1,2,3,4,5", "size=07&leaves=1",
        ):  # fmt: skip
            answer = await served.call(f"GET /log/proofs?{asked}", role=None)
            assert (answer.status, answer.body["code"]) == (404, 6004), asked
    async with serving(database_url) as served:
        assert (await served.call("GET /log/proofs?size=1", role=None)).body["code"] == 6002


async def test_where_no_log_is_published_it_is_said_so(database_url: str, folder: Path) -> None:
    for log_dir in ("", str(folder)):
        async with serving(database_url, log_dir=log_dir) as served:
            for path in ("checkpoint", "key", "proof/0"):
                answer = await served.call(f"GET /log/{path}", role=None)
                assert answer.status == 404, path


async def test_a_server_is_verified_as_a_folder_is(database_url: str, big: Path) -> None:
    said: list[str] = []
    async with serving(database_url, log_dir=str(big)) as served:
        assert await verify(url_of(served), key=None, remember=None, say=said.append) == VERIFIED
    assert said[0].startswith("verified: 70,000 entries")


async def test_a_server_that_is_away_or_no_log_is_not_called_tampered_with(database_url: str) -> None:
    said: list[str] = []
    async with serving(database_url) as served:
        assert await verify(url_of(served), key=None, remember=None, say=said.append) == 2
        source = HttpSource(url_of(served))
        assert await source.key() is None
        await source.close()
    assert said[0].startswith("could not look: ")


async def test_who_verifies_waits_as_the_server_says_and_misses_nothing(database_url: str, big: Path) -> None:
    said: list[str] = []
    async with serving(database_url, log_dir=str(big), http_files_burst_max=150, http_files_per_s_max=300.0) as served:

        async def time_goes_on() -> None:
            while True:
                await asyncio.sleep(0.05)
                served.clock.now_s += 0.1

        going = asyncio.create_task(time_goes_on())
        assert await verify(url_of(served), key=None, remember=None, say=said.append) == VERIFIED
        going.cancel()
        answers = [await served.call("GET /log/tile/0/000", role=None) for _ in range(151)]
        assert answers[-1].status == 429
    assert said[0].startswith("verified: 70,000 entries")  # of 549 files


def url_of(served: Served) -> str:
    return str(served.client.make_url("/"))
