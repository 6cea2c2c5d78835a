"""Durations of Opus packets by their first byte, against the table of RFC 6716, section 3.1, and against libopus itself."""

import av
import numpy as np
import pytest

from media.codecs.audio import opus_duration
from media.frames import OPUS_FRAME, OPUS_SILENCE


@pytest.mark.parametrize(
    ("packet", "ms"),
    [
        (b"\x00", 10), (b"\x08", 20), (b"\x18", 60), (b"\x60", 10), (b"\x68", 20), (b"\x80", 2.5), (b"\xf8", 20),
        (b"\xf9", 40), (b"\xfa", 40), (b"\xfb\x03", 60), (b"\xfb\x06", 120),
    ],
)  # fmt: skip
def test_durations(packet: bytes, ms: float) -> None:
    assert opus_duration(packet) == ms * 48


@pytest.mark.parametrize("packet", [b"", b"\xfb\x3f", b"\xfb\x00"])
def test_what_cannot_be_has_that_of_a_usual_packet(packet: bytes) -> None:
    assert opus_duration(packet) == OPUS_FRAME


def test_silence_is_20_ms_of_silence_to_a_real_decoder() -> None:
    decoder = av.CodecContext.create("libopus", "r")
    frames = decoder.decode(av.Packet(OPUS_SILENCE))
    assert sum(frame.samples for frame in frames) in (OPUS_FRAME, OPUS_FRAME - 312)  # less the decoder's pre-skip
    assert all(not np.any(np.abs(frame.to_ndarray().astype(float)) > 1e-3) for frame in frames)
