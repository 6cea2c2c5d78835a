"""Opus packets, as far as their first byte tells (RFC 6716, section 3.1). Pure: no I/O."""

_SILK = (480, 960, 1_920, 2_880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
DURATION_MAX = 5_760  # 120 ms, section 3.4, rule R5


def duration_of(packet: bytes) -> int:
    """Ticks of 48 kHz that the packet lasts; that of one usual packet for one that can't be read."""
    if not packet:
        return 960
    config, frames = packet[0] >> 3, packet[0] & 3
    if config < 12:
        each = _SILK[config % 4]
    elif config < 16:
        each = _HYBRID[config % 2]
    else:
        each = _CELT[config % 4]
    count = (1, 2, 2)[frames] if frames < 3 else (packet[1] & 0x3F if len(packet) > 1 else 1)
    duration = each * count
    return duration if 0 < duration <= DURATION_MAX else 960
