"""Transport-wide feedback read back, bit by bit as draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1 draws it.

Written apart from media/ingest/transport_cc.py, of which nothing is used, so that a mistake there is not made here as well.
"""

from msgspec import Struct


class Told(Struct, frozen=True):
    """`arrivals`: for each packet from `base` on, seconds since the reference time's zero, or None: not received."""

    sender: int
    media: int
    base: int
    count: int
    reference_s: float
    arrivals: tuple[float | None, ...]


def read(data: bytes) -> Told:
    """One RTCP packet that fills `data`."""
    bits = "".join(f"{byte:08b}" for byte in data)

    def number(at: int, size: int) -> int:
        return int(bits[at : at + size], 2)

    assert (number(0, 2), number(2, 1), number(3, 5), number(8, 8)) == (2, 0, 15, 205)
    assert 4 * (number(16, 16) + 1) == len(data)
    statuses = number(112, 16)
    reference = number(128, 24)
    if reference >= 1 << 23:
        reference -= 1 << 24
    at, symbols = 160, list[int]()
    while len(symbols) < statuses:
        chunk = bits[at : at + 16]
        at += 16
        if chunk[0] == "0":
            assert chunk[1:3] != "11"
            symbols += [int(chunk[1:3], 2)] * int(chunk[3:], 2)
        elif chunk[1] == "0":
            symbols += [int(bit) for bit in chunk[2:]]
        else:
            symbols += [int(chunk[2 + 2 * n : 4 + 2 * n], 2) for n in range(7)]
    now_s = reference * 0.064
    arrivals: list[float | None] = []
    for symbol in symbols[:statuses]:
        if symbol == 0:
            arrivals.append(None)
            continue
        size = 8 * symbol
        delta = number(at, size)
        if symbol == 2 and delta >= 1 << 15:
            delta -= 1 << 16
        at += size
        now_s += delta * 0.00025
        arrivals.append(now_s)
    assert set(bits[at:]) <= {"0"}
    assert len(bits) - at < 32
    return Told(number(32, 32), number(64, 32), number(96, 16), number(152, 8), reference * 0.064, tuple(arrivals))
