"""Opus packets, as far as their first byte tells (RFC 6716, section 3.1), and AAC-LC as it is made here. Pure: no I/O."""

AAC_FRAME = 1_024  # samples (ISO 14496-3, 4.5.1.1)
AAC_SPECIFIC_CONFIG = bytes(
    (0x11, 0x90)
)  # AAC-LC, 48 kHz, stereo: object type 2, frequency index 3, 2 channels (1.6.2.1)
AAC_SILENCE = bytes((0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C))  # a stereo frame of it

_SILK = (480, 960, 1_920, 2_880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
OPUS_DURATION_MAX = 5_760  # 120 ms, section 3.4, rule R5


def opus_duration(packet: bytes) -> int:
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
    return duration if 0 < duration <= OPUS_DURATION_MAX else 960
