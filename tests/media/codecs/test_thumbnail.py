"""A key frame becomes a small JPEG; anything else is refused, whatever the bytes are."""

import io

import av
import pytest
from av.container import InputContainer
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs.thumbnail import BYTES_MAX, Undecodable, thumbnail
from media.program.slate import Slate

KEY = Slate(1280, 720).frame_at(0)[1]
# Baseline, level 5.1, 16,384 x 16,384 pixels: what the decoder would have to set memory aside for.
HUGE_SPS = bytes.fromhex("6742c033da0100100401005f88")


def size_of(jpeg: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(jpeg), format="jpeg_pipe") as container:
        assert isinstance(container, InputContainer)
        picture = next(container.decode(video=0))
    return picture.width, picture.height


@pytest.mark.parametrize(
    ("size", "small"), [((1280, 720), (480, 270)), ((720, 1280), (270, 480)), ((320, 240), (320, 240))]
)
def test_a_key_frame_becomes_a_small_jpeg(size: tuple[int, int], small: tuple[int, int]):
    jpeg = thumbnail(Slate(*size).frame_at(0)[1])
    assert size_of(jpeg) == small
    assert len(jpeg) < 40_000


@pytest.mark.parametrize(
    "units",
    [(), (b"",), (b"\x65",), KEY[:2], KEY[2:], (b"\x65" + bytes(BYTES_MAX),), (HUGE_SPS, *KEY[1:]), (b"\x00" * 1_000,)],
)
def test_what_is_no_key_frame_is_refused(units: tuple[bytes, ...]):
    with pytest.raises(Undecodable):
        thumbnail(units)


@settings(max_examples=60)
@given(st.integers(0, len(KEY) - 1), st.integers(0, 10_000), st.binary(min_size=1, max_size=30))
def test_a_damaged_one_gives_some_picture_or_is_refused(which: int, at: int, noise: bytes):
    unit = KEY[which]
    at %= len(unit)
    units = (*KEY[:which], unit[:at] + noise + unit[at + len(noise) :], *KEY[which + 1 :])
    try:
        jpeg = thumbnail(units)
    except Undecodable:
        return
    assert jpeg.startswith(b"\xff\xd8")
