"""What the terminal shows is a QR code that a reader reads, with dark modules on light whatever the terminal's colours are."""

import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from livehub.commands import qr

ADDRESS = "https://192.168.100.200:18443/studio/demo#token=" + "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." * 9
SCALE = 6
TERMINAL_COLUMNS = 80
_HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def modules(shown: str) -> np.ndarray:
    """1 where the terminal shows ink."""
    rows: list[list[int]] = []
    for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).split("\n"):
        rows += [[_HALVES[character][half] for character in line] for half in (0, 1)]
    return np.array(rows, np.uint8)


def write_png(path: Path, ink: np.ndarray) -> None:
    pixels = np.kron(255 - 255 * ink, np.ones((SCALE, SCALE), np.uint8)).astype(np.uint8)
    context = av.CodecContext.create("png", "w")
    assert isinstance(context, VideoCodecContext)
    context.height, context.width = pixels.shape
    context.pix_fmt, context.time_base = "gray", Fraction(1)
    path.write_bytes(b"".join(bytes(p) for p in context.encode(av.VideoFrame.from_ndarray(pixels, format="gray"))))


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
@pytest.mark.parametrize("text", [ADDRESS, "https://10.0.0.2:8080/studio/demo#token=x"])
@pytest.mark.parametrize("coloured", [True, False])
def test_a_reader_reads_the_address(tmp_path: Path, text: str, coloured: bool):
    write_png(tmp_path / "code.png", modules(qr.in_terminal(text, coloured=coloured)))
    read = subprocess.run(["zbarimg", "-q", "--raw", str(tmp_path / "code.png")], capture_output=True, check=True)
    assert read.stdout.decode().strip() == text


def test_it_fits_a_terminal_with_its_margin():
    ink = modules(qr.in_terminal(ADDRESS))
    assert ink.shape[1] <= TERMINAL_COLUMNS
    assert not ink[: qr.QUIET].any()
    assert not ink[-qr.QUIET :].any()
    assert not ink[:, : qr.QUIET].any()
    assert not ink[:, -qr.QUIET :].any()


def test_each_line_sets_its_colours_and_puts_them_back():
    lines = qr.in_terminal(ADDRESS).split("\n")
    assert all(line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m") for line in lines)
