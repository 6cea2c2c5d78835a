"""H.264 in RTP (RFC 6184), both ways. Pure: no I/O, no clock.

In, packetization modes 0 and 1: the payloads of one access unit become NAL units. Out, mode 1: NAL units become payloads, all
but the last of one size where a unit is split, so that the kernel can send a run of them in one call (UDP segmentation).
"""

from collections.abc import Iterable, Sequence

from media.codecs.h264 import AUD, EMPTY, UNITS_MAX, BrokenFrame

_STAP_A, _FU_A = 24, 28
_START, _END = 0x80, 0x40


def units_of(payloads: Iterable[bytes]) -> tuple[bytes, ...]:
    """The NAL units in the payloads of one access unit, in order, without empty ones (h264.EMPTY). Raises BrokenFrame."""
    units: list[bytes] = []
    fragments: list[bytes] | None = None
    for payload in payloads:
        if not payload:
            continue  # padding, which senders use to probe the link
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            fragments = _fragment(payload, fragments, units)
            continue
        if fragments is not None:
            raise BrokenFrame("a fragmented unit has no end")
        if 0 < kind < 24:
            units.append(payload)
        elif kind == _STAP_A:
            _split(payload, units)
        else:
            raise BrokenFrame(f"type {kind} is not of packetization mode 1")
        if len(units) > UNITS_MAX:
            raise BrokenFrame("too many units")
    if fragments is not None:
        raise BrokenFrame("a fragmented unit has no end")
    full = tuple(unit for unit in units if unit[0] & 0x1F not in EMPTY)
    if any(len(unit) < 2 for unit in full):
        raise BrokenFrame("a unit of one byte")
    return full


def _fragment(payload: bytes, fragments: list[bytes] | None, units: list[bytes]) -> list[bytes] | None:
    if len(payload) < 2:
        raise BrokenFrame("a fragment without a header")
    header = payload[1]
    if header & _START:
        if fragments is not None:
            raise BrokenFrame("a fragmented unit has no end")
        fragments = [bytes((payload[0] & 0xE0 | header & 0x1F,))]
    elif fragments is None:
        raise BrokenFrame("a fragmented unit has no beginning")
    fragments.append(payload[2:])
    if header & _END:
        units.append(b"".join(fragments))
        return None
    return fragments


def _split(payload: bytes, units: list[bytes]) -> None:
    at, end = 1, len(payload)
    while at + 2 <= end:
        size = payload[at] << 8 | payload[at + 1]
        at += 2
        if size == 0 or at + size > end:
            raise BrokenFrame("an aggregate's sizes do not fit")
        units.append(payload[at : at + size])
        at += size
    if at != end:
        raise BrokenFrame("an aggregate's sizes do not fit")


def payloads_of(units: Sequence[bytes], size_max: int) -> list[bytes]:
    """RTP payloads of at most `size_max` bytes for one access unit; small units in front travel together (STAP-A)."""
    payloads: list[bytes] = []
    together: list[bytes] = []
    size = 1

    def close() -> None:
        nonlocal together, size
        if len(together) == 1:
            payloads.append(together[0])
        elif together:
            head = max(unit[0] & 0x60 for unit in together) | _STAP_A
            payloads.append(bytes((head,)) + b"".join(len(u).to_bytes(2, "big") + u for u in together))
        together, size = [], 1

    for unit in units:
        if unit[0] & 0x1F == AUD:
            continue
        if len(unit) > size_max:
            close()
            payloads += _fragments(unit, size_max)
            continue
        if size + 2 + len(unit) > size_max:
            close()
        together.append(unit)
        size += 2 + len(unit)
    close()
    return payloads


def _fragments(unit: bytes, size_max: int) -> list[bytes]:
    """FU-A payloads, all of `size_max` but the last, which is shorter or as long."""
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    step = size_max - 2
    cuts = range(1, len(unit), step)
    first, last = cuts[0], cuts[-1]
    return [
        bytes((indicator, kind | (_START if at == first else 0) | (_END if at == last else 0))) + unit[at : at + step]
        for at in cuts
    ]
