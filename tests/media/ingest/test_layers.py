"""Of a simulcast one layer is taken, the largest that begins at once, for as long as it sends."""

from media.ingest.layers import CHOICE_S, LAYER_SILENT_S, LayerChoice
from tests.media.hls.streams import SPS

SLICE = b"\x41\x9a"


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def test_the_first_stream_is_taken_while_it_sends_and_no_other() -> None:
    layers = LayerChoice()
    taken = [ssrc for n in range(300) for ssrc in (1, 2, 3) if layers.takes(ssrc, SLICE, n / 30)]
    assert taken == [1] * 300


def test_a_larger_picture_wins_in_the_first_second() -> None:
    layers = LayerChoice()
    assert layers.takes(1, SPS[320], 10.0)
    assert layers.takes(2, stap(SPS[1280], b"\x68\xce"), 10.01)
    assert not layers.takes(3, SPS[640], 10.02)
    assert not layers.takes(1, SLICE, 10.03)
    assert layers.takes(2, SLICE, 10.03)


def test_afterwards_a_larger_picture_changes_nothing() -> None:
    layers = LayerChoice()
    assert layers.takes(1, SPS[320], 10.0)
    assert not layers.takes(2, SPS[1280], 10.0 + CHOICE_S)


def test_another_is_taken_once_the_one_that_was_has_been_silent() -> None:
    layers = LayerChoice()
    assert layers.takes(1, SLICE, 10.0)
    assert not layers.takes(2, SLICE, 10.0 + LAYER_SILENT_S - 0.01)
    assert layers.takes(2, SLICE, 10.0 + LAYER_SILENT_S)
    assert not layers.takes(1, SLICE, 10.0 + LAYER_SILENT_S + 0.01)
    assert layers.ssrc == 2


def test_what_is_no_sps_tells_no_size() -> None:
    layers = LayerChoice()
    assert layers.takes(1, SPS[320], 10.0)
    for payload in (b"", b"\x67", b"\x67\x42", b"\x78", b"\x78\xff\xff" + SPS[1920], b"\x78\0\1\x67"):
        assert not layers.takes(2, payload, 10.1)
