"""How much of what can be done to a log its verifier finds.

    python -m tests.bench.tampering [--flips N] [--each N] [--seed N]

A log of SIZE entries in two checkpoints is tampered with at places of chance, and verified with the log's key each time: bits
are flipped in any published file; or entries are changed, removed, put in another order, cut off or doubled, with all tiles
made to fit, under the checkpoint that was signed; or its operator, who has the key, signs a shorter log, another history, or
shows one that no witness has seen of late, to somebody who remembers. Prints what was found, and ends with 1 if something was
not.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.trace.logs import SIGNER, files_under, numbered
from tests.trace.test_verify import NOW_S, WITNESS, Said, write
from trace.log.verify import TAMPERED, VERIFIED

SIZE = 1_000
FIRST = 300
WITNESSED_WITHIN_S = 3_600
# The last entry of all, once more, would be one that is not signed yet, which is nothing bad.
DOUBLED_MAX = SIZE - 1

Tamper = Callable[["Bed", random.Random], Awaitable[int]]


class Bed:
    """A log as it was signed, the key, and where a copy is tampered with."""

    def __init__(self, folder: Path) -> None:
        self.good, self.log, self.remembered = folder / "good", folder / "log", folder / "seen"
        self.key = folder / "key"
        self.key.write_text(SIGNER.verifier.vkey)
        self.witness = folder / "witness"
        self.witness.write_text(WITNESS.cosigner.vkey)
        write(self.good, [numbered(0, FIRST), numbered(FIRST, SIZE)])
        self.files = files_under(self.good)
        self.names = sorted(self.files)
        self.weights = [len(self.files[name]) for name in self.names]

    def fresh(self) -> None:
        shutil.rmtree(self.log, ignore_errors=True)
        shutil.copytree(self.good, self.log)
        self.remembered.unlink(missing_ok=True)

    async def verified(self, **options: object) -> int:
        return await Said().of(self.log, self.key, **options)

    async def rewritten(self, entries: list[bytes]) -> int:
        """Under the checkpoint that was signed."""
        checkpoint = self.files["checkpoint"]
        shutil.rmtree(self.log)
        write(self.log, [entries])
        (self.log / "checkpoint").write_bytes(checkpoint)
        return await self.verified()

    async def signed(self, entries: list[bytes]) -> int:
        """By the log's own key, shown to somebody who has seen it before."""
        assert await self.verified(remember=self.remembered) == VERIFIED
        shutil.rmtree(self.log)
        write(self.log, [entries])
        return await self.verified(remember=self.remembered)


async def flip(bed: Bed, chance: random.Random) -> int:
    name = chance.choices(bed.names, weights=bed.weights)[0]
    changed = bytearray(bed.files[name])
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    (bed.log / name).write_bytes(changed)
    return await bed.verified()


async def change(bed: Bed, chance: random.Random) -> int:
    entries = numbered(0, SIZE)
    entries[chance.randrange(SIZE)] += b" "
    return await bed.rewritten(entries)


async def remove(bed: Bed, chance: random.Random) -> int:
    entries = numbered(0, SIZE)
    del entries[chance.randrange(SIZE)]
    return await bed.rewritten(entries)


async def reorder(bed: Bed, chance: random.Random) -> int:
    entries = numbered(0, SIZE)
    one, other = chance.sample(range(SIZE), 2)
    entries[one], entries[other] = entries[other], entries[one]
    return await bed.rewritten(entries)


async def truncate(bed: Bed, chance: random.Random) -> int:
    return await bed.rewritten(numbered(0, chance.randrange(SIZE)))


async def double(bed: Bed, chance: random.Random) -> int:
    entries = numbered(0, SIZE)
    at = chance.randrange(DOUBLED_MAX)
    entries.insert(at, entries[at])
    return await bed.rewritten(entries[: chance.choice((SIZE, SIZE + 1))])


async def stale(bed: Bed, chance: random.Random) -> int:
    return await bed.signed(numbered(0, chance.randrange(1, SIZE)))


async def unwitnessed(bed: Bed, chance: random.Random) -> int:
    shutil.rmtree(bed.log)
    ago_s = WITNESSED_WITHIN_S + 1 + chance.randrange(10**7)
    write(bed.log, [numbered(0, SIZE)], cosigned_s=NOW_S - ago_s)
    return await bed.verified(witnesses=(bed.witness,), witnessed_within_s=float(WITNESSED_WITHIN_S))


async def fork(bed: Bed, chance: random.Random) -> int:
    entries = numbered(0, SIZE + chance.randrange(500))
    entries[chance.randrange(SIZE)] += b" "
    return await bed.signed(entries)


KINDS: tuple[Tamper, ...] = (change, remove, reorder, truncate, double, stale, unwitnessed, fork)


async def run(flips: int, each: int, seed: int) -> int:
    chance, missed = random.Random(seed), 0
    with tempfile.TemporaryDirectory(prefix="livehub-") as folder:
        bed = Bed(Path(folder))
        for kind, times in ((flip, flips), *((kind, each) for kind in KINDS)):
            started_s, found = time.perf_counter(), 0
            for _ in range(times):
                bed.fresh()
                found += await kind(bed, chance) == TAMPERED
            missed += times - found
            took_s = time.perf_counter() - started_s
            sys.stdout.write(f"{kind.__name__:<12} {found:>6} of {times:>6} found   {took_s:.1f} s\n")
            sys.stdout.flush()
        bed.fresh()
        assert await bed.verified() == VERIFIED
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description="how much of what can be done to a log its verifier finds")
    parser.add_argument("--flips", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return 1 if asyncio.run(run(given.flips, given.each, given.seed)) else 0


if __name__ == "__main__":
    sys.exit(main())
