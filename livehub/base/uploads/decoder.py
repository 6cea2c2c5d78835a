"""One untrusted picture into two clean ones, in a process of its own that has nothing: no settings, no database, no secrets.

    python -I decoder.py '{"kind": "JPEG", ...}' < picture  >  a line of JSON, then the large picture, then the small one

    {"width": 1600, "height": 1200, "large": 81234}             of the large one its size, and how many bytes it has
    {"fault": "too_many_pixels" | "damaged" | "too_costly"}     nothing follows

It bounds its own memory and processor time before it looks at the picture, writes no file, and gives way to the server's own
work. What a decoder may be made to do ends with this process. The server loads none of this, nor Pillow: it starts it by its
path.

What comes out has pixels only: each picture is encoded from a new one that has no metadata to take along. Orientation is EXIF's
(CIPA DC-008, 4.6.5: tag 0x0112), and is applied to the pixels once.
"""

import io
import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO, NamedTuple

from PIL import Image, ImageCms, PngImagePlugin

TEXT_BYTES_MAX = 4_000_000  # of a PNG's compressed texts; they are thrown away
ICC_BYTES_MAX = 4_000_000  # the largest of real printers have 2 MB; a picture with more is taken for sRGB
QUALITY = 82
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow's own bounds, of this process alone.
Image.MAX_IMAGE_PIXELS = None  # ours are checked
PngImagePlugin.MAX_TEXT_CHUNK = ICC_BYTES_MAX  # of a profile, too, and of each text
PngImagePlugin.MAX_TEXT_MEMORY = TEXT_BYTES_MAX


class Bounds(NamedTuple):
    """Of what is decoded, in pixels."""

    pixels_max: int
    edge_px_max: int


class TooManyPixels(Exception):
    """More than is decoded."""


def decoded(file: BinaryIO, kind: str, *, bounds: Bounds, edge_px: int) -> Image.Image:
    """The picture, upright, in sRGB (mode RGB or RGBA), its long edge at most `edge_px`, without metadata.

    Raises TooManyPixels before anything is decoded, and whatever Pillow raises.
    """
    file.seek(0)  # wherever the server left it
    if kind == "WEBP":  # whose decoder makes room for all pixels as soon as it is opened
        _check_size(webp_size(file.read(30)), bounds)
        file.seek(0)
    image = Image.open(file, formats=[kind])
    _check_size(image.size, bounds)
    if kind == "JPEG":
        image.draft(None, (edge_px, edge_px))  # decodes to an eighth, a quarter, half of it, never to less than this
    image.load()
    turn = _TURNS.get(_orientation(image))
    profile = image.info.get("icc_profile")
    small = shrunk(_plain(image), edge_px)
    if turn is not None:
        small = small.transpose(turn)
    return _clean(_in_srgb(small, profile))


def shrunk(image: Image.Image, edge_px: int) -> Image.Image:
    """The picture with its long edge at most `edge_px`; never enlarged."""
    long_edge = max(image.size)
    if long_edge <= edge_px:
        return image
    width, height = (max(1, round(edge * edge_px / long_edge)) for edge in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def encoded(image: Image.Image) -> bytes:
    """The picture as WebP."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height in the first 30 bytes of a WebP (RFC 9649, section 2). Raises ValueError on what is none."""
    chunk, data = head[12:16], head[20:30]
    if len(data) < 10:
        raise ValueError("a WebP ends in its header")
    if chunk == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(f"a WebP begins with a chunk {chunk!r}")


def _check_size(size: tuple[int, int], bounds: Bounds) -> None:
    width, height = size
    if width * height > bounds.pixels_max or max(size) > bounds.edge_px_max:
        raise TooManyPixels


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  (EXIF that cannot be read says nothing)
        return 1
    return value if isinstance(value, int) else 1


def _plain(image: Image.Image) -> Image.Image:
    """In a mode in which pixels can be averaged: L, CMYK, RGB or RGBA."""
    mode = image.mode
    if mode in ("L", "CMYK", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda grey: grey / 256).convert("L")
    if mode in ("LA", "La", "PA", "RGBa", "RGBA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if mode == "1" else "RGB")


def _in_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """In mode RGB or RGBA, out of the colour space of an ICC profile if it can be read, else as if it were sRGB."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if not isinstance(profile, bytes) or not 0 < len(profile) <= ICC_BYTES_MAX:
        return image.convert(target)
    alpha = image.getchannel("A") if target == "RGBA" else None
    try:
        colours = ImageCms.profileToProfile(
            image.convert("RGB") if alpha is not None else image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert(target)
    assert colours is not None
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _clean(image: Image.Image) -> Image.Image:
    """The same pixels in a picture that has nothing else."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def _bound(memory_bytes: int, processor_s: int) -> None:
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, processor_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (OSError, ValueError):
            pass  # macOS has no bound of the address space; the server's bound of time holds there, too
    os.nice(10)


def main() -> None:
    given = json.loads(sys.argv[1])
    _bound(given["memory_bytes"], given["processor_s"])
    bounds = Bounds(given["pixels_max"], given["edge_px_max"])
    pictures: list[bytes] = []
    header: dict[str, object]
    try:
        large = decoded(sys.stdin.buffer, given["kind"], bounds=bounds, edge_px=given["large_px"])
        pictures = [encoded(large), encoded(shrunk(large, given["small_px"]))]
        header = {"width": large.width, "height": large.height, "large": len(pictures[0])}
    except TooManyPixels:
        header = {"fault": "too_many_pixels"}
    except MemoryError:
        header = {"fault": "too_costly"}
    except Exception as error:  # noqa: BLE001  (whatever decoders say of what somebody sent)
        header = {"fault": "damaged", "reason": repr(error)[:200]}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + b"".join(pictures))


if __name__ == "__main__":
    main()
