"""How many different people have been in a room, counted by all its processes together. Pure: no I/O, no clock.

    up to EXACT_MAX people: the set of their hashes        more: a HyperLogLog of 4,096 registers

Both grow only, and the union of two is again one: whoever is heard twice, late, or by several processes counts once, so
copies may be sent and stored without care for order. Exact for a small room, whose host knows the forty neighbours by name;
1.6 % standard error beyond (1.04 / sqrt(4096)). What is kept and sent are 64-bit hashes of ids, not ids.

HyperLogLog: Flajolet et al. 2007. The estimate is that of Ertl 2017, "New cardinality estimation algorithms for HyperLogLog
sketches", algorithm 6: one formula for few and for many, without tables of corrections. The `datasketches` package was
looked at: 1.8 MB, numpy in every process at its import (some 25 MB), nothing for Python 3.14, and for small rooms a set of
26-bit coupons, which is nearly but not always exact. What is needed of it are these few functions.
"""

import math
import zlib
from hashlib import blake2b

EXACT_MAX = 256
REGISTERS = 4_096
INDEX_BITS = 12
RANK_MAX = 64 - INDEX_BITS + 1
HASH_BYTES = 8
COUNT_MAX = 2**53 - 1  # what every JSON reader holds; only registers that somebody forged say more
_EXACT, _SKETCH = b"e", b"s"


class UniqueCounter:
    """`added` counts the people who were new here, and none that was learned from another copy."""

    __slots__ = ("_count", "_hashes", "_registers", "added")

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._registers: bytearray | None = None
        self._count: int | None = 0
        self.added = 0

    @property
    def count(self) -> int:
        """How many; exact up to EXACT_MAX."""
        if self._registers is None:
            return len(self._hashes)
        if self._count is None:
            self._count = max(EXACT_MAX + 1, round(min(COUNT_MAX, _estimate(self._registers))))
        return self._count

    @property
    def is_exact(self) -> bool:
        """Whether `count` is a count, and no estimate."""
        return self._registers is None

    def add(self, person: str) -> None:
        """Somebody with this id is, or was, in the room."""
        if self._take(int.from_bytes(blake2b(person.encode(), digest_size=HASH_BYTES).digest(), "big")):
            self.added += 1

    def merge(self, packed: bytes) -> None:
        """All whom another copy counted. Raises ValueError when it is none."""
        kind, body = packed[:1], packed[1:]
        if kind == _EXACT and len(body) % HASH_BYTES == 0 and len(body) <= EXACT_MAX * HASH_BYTES:
            for at in range(0, len(body), HASH_BYTES):
                self._take(int.from_bytes(body[at : at + HASH_BYTES], "big"))
        elif kind == _SKETCH:
            self._merge_registers(_unpacked(body))
        else:
            raise ValueError("not a count of people")

    def pack(self) -> bytes:
        """A copy for others: 8 bytes a person up to EXACT_MAX, then some 2 KB for ever."""
        if self._registers is None:
            return _EXACT + b"".join(hashed.to_bytes(HASH_BYTES, "big") for hashed in sorted(self._hashes))
        return _SKETCH + zlib.compress(bytes(self._registers), 1)

    def _take(self, hashed: int) -> bool:
        """Whether that changed anything."""
        if self._registers is not None:
            return self._raise_register(hashed)
        if hashed in self._hashes:
            return False
        self._hashes.add(hashed)
        if len(self._hashes) > EXACT_MAX:
            self._begin_sketch()
        return True

    def _begin_sketch(self) -> None:
        self._registers = bytearray(REGISTERS)
        for hashed in self._hashes:
            self._raise_register(hashed)
        self._hashes.clear()

    def _raise_register(self, hashed: int) -> bool:
        assert self._registers is not None
        index = hashed & (REGISTERS - 1)
        rank = RANK_MAX - (hashed >> INDEX_BITS).bit_length()  # leading zeros of the rest, and one
        if rank <= self._registers[index]:
            return False
        self._registers[index] = rank
        self._count = None
        return True

    def _merge_registers(self, others: bytes) -> None:
        if self._registers is None:
            self._begin_sketch()
        assert self._registers is not None
        self._registers = bytearray(map(max, self._registers, others))
        self._count = None


def _unpacked(body: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        registers = decompressor.decompress(body, REGISTERS + 1)
    except zlib.error as error:
        raise ValueError("not a count of people") from error
    if len(registers) != REGISTERS or max(registers) > RANK_MAX:
        raise ValueError("not a count of people")
    return registers


def _estimate(registers: bytearray) -> float:
    """Ertl 2017, algorithm 6."""
    z = REGISTERS * _tau(1 - registers.count(RANK_MAX) / REGISTERS)
    for rank in range(RANK_MAX - 1, 0, -1):
        z = 0.5 * (z + registers.count(rank))
    z += REGISTERS * _sigma(registers.count(0) / REGISTERS)
    return REGISTERS * REGISTERS / (2 * math.log(2) * z) if z else math.inf  # all registers are full


def _sigma(x: float) -> float:
    """The sum of x^(2^k) 2^(k-1) over k >= 1, and x; for registers that are empty."""
    if x == 1.0:
        return math.inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    """A third of 1 - x less the sum of (1 - x^(2^-k))^2 2^-k over k >= 1; for registers that are full."""
    if x in (0.0, 1.0):
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1 - x) ** 2 * y
    return z / 3
