"""SPS as encoders make them are read; what is none is refused and nothing else happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.h264 import BrokenSps, Sps, avcc, read_sps
from tests.media.hls.streams import PPS, SPS, encoded_video


@pytest.mark.parametrize(
    ("width", "height", "level"), [(320, 180, "0d"), (640, 360, "1e"), (1280, 720, "1f"), (1920, 1080, "28")]
)
def test_size_and_codecs_are_those_that_were_encoded(width: int, height: int, level: str) -> None:
    read = read_sps(SPS[width])
    assert (read.width, read.height) == (width, height)
    assert read.codecs == f"avc1.42c0{level}"
    assert read.sar == (1, 1)


def test_odd_sizes_are_cropped_and_not_rounded() -> None:
    first = encoded_video(322, 182, 1)[0]
    read = read_sps(next(unit for unit in first.units if unit[0] & 0x1F == 7))
    assert (read.width, read.height) == (322, 182)


def test_a_high_profile_with_scaling_lists_and_an_aspect_ratio_is_read() -> None:
    writer = Writer()
    writer.unsigned(0, 1, 0, 0)  # id, 4:2:0, depths of 8
    writer.bits("01")  # no bypass; scaling lists
    writer.bits("1").signed(*[0] * 16)  # the first: as the default goes on
    writer.bits("0" * 7)
    writer.unsigned(0, 2, 1)  # frame numbers, order of pictures as they come, one reference
    writer.bits("0").unsigned(44, 35).bits("110")  # 720x576, frames only, direct 8x8, no cropping
    writer.bits("11").bits(f"{255:08b}{64:016b}{45:016b}")  # VUI: aspect ratio 64:45
    read = read_sps(bytes((0x67, 100, 0, 31)) + writer.bytes())
    assert read == Sps(profile=100, constraints=0, level=31, width=720, height=576, sar=(64, 45))
    assert read.codecs == "avc1.64001f"


def test_the_decoder_configuration_holds_every_parameter_set_whole() -> None:
    made = avcc([SPS[640]], [PPS], read_sps(SPS[640]))
    size = len(SPS[640])
    assert made == b"\1\x42\xc0\x1e\xff\xe1" + size.to_bytes(2, "big") + SPS[640] + b"\1\0\4" + PPS


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        read = read_sps(b"\x67" + payload)
    except BrokenSps:
        return
    assert 0 < read.width <= 16_384
    assert 0 < read.height <= 16_384


@pytest.mark.parametrize("size", range(10))
def test_an_sps_that_ends_early_is_refused(size: int) -> None:
    with pytest.raises(BrokenSps):
        read_sps(SPS[1920][:size])


class Writer:
    """Bits, and Exp-Golomb codes (ITU-T H.264, 9.1)."""

    def __init__(self) -> None:
        self._bits = ""

    def bits(self, text: str) -> "Writer":
        self._bits += text
        return self

    def unsigned(self, *numbers: int) -> "Writer":
        for number in numbers:
            code = f"{number + 1:b}"
            self._bits += "0" * (len(code) - 1) + code
        return self

    def signed(self, *numbers: int) -> "Writer":
        return self.unsigned(*(2 * number - 1 if number > 0 else -2 * number for number in numbers))

    def bytes(self) -> "bytes":
        text = self._bits + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")
