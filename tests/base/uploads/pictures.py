"""Real pictures for tests, made here: of four colours, so that it shows how they were turned; and what is in a WebP."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 40), (30, 40, 220), (245, 245, 245)
TAG_ORIENTATION, TAG_GPS, TAG_MAKE = 0x0112, 0x8825, 0x010F
SECRET_PLACE = b"SECRET-PLACE-31.2304N-121.4737E"

Colour = tuple[int, int, int]


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green above; blue, white below."""
    image = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    for at, colour in (((0, 0), RED), ((half[0], 0), GREEN), ((0, half[1]), BLUE), (half, WHITE)):
        image.paste(colour, (*at, at[0] + half[0], at[1] + half[1]))
    return image


# How a camera stores an upright picture, by what it then says in EXIF (CIPA DC-008, 4.6.5, and its figure): the turn that
# brings it back is the inverse of this one.
STORED: dict[int, Callable[[Image.Image], Image.Image]] = {
    1: lambda upright: upright,
    2: lambda upright: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda upright: upright.transpose(Image.Transpose.ROTATE_180),
    4: lambda upright: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda upright: upright.transpose(Image.Transpose.TRANSPOSE),
    6: lambda upright: upright.transpose(Image.Transpose.ROTATE_90),
    7: lambda upright: upright.transpose(Image.Transpose.TRANSVERSE),
    8: lambda upright: upright.transpose(Image.Transpose.ROTATE_270),
}


def saved(image: Image.Image, kind: str = "JPEG", *, orientation: int | None = None, **options: Any) -> bytes:
    """The picture as a file, with that orientation in its EXIF."""
    if orientation is not None:
        exif = Image.Exif()
        exif[TAG_ORIENTATION] = orientation
        options["exif"] = exif
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def telling() -> bytes:
    """A JPEG that says where it was taken: in EXIF and its GPS, in XMP, and in a comment."""
    exif = Image.Exif()
    exif[TAG_MAKE] = SECRET_PLACE.decode()
    exif[TAG_GPS] = {1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0), 27: SECRET_PLACE}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET_PLACE + b"</x:xmpmeta>"
    return saved(quarters(), exif=exif, xmp=xmp, comment=SECRET_PLACE, quality=95)


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes], data: bytes = b"") -> bytes:
    """A PNG of 8-bit grey that says it is so large, with these chunks before its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def gif_of(frames: int) -> bytes:
    """A GIF of one pixel and so many frames."""
    frame = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c\0\0\0\0\x01\0\x01\0\0" + b"\x02\x02\x44\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b"\x3b"


def chunks_of(webp: bytes) -> list[bytes]:
    """The names of the chunks of a WebP."""
    assert webp[:4] + webp[8:12] == b"RIFFWEBP"
    assert int.from_bytes(webp[4:8], "little") == len(webp) - 8
    names, at = [], 12
    while at < len(webp):
        names.append(webp[at : at + 4])
        at += 8 + (int.from_bytes(webp[at + 4 : at + 8], "little") + 1) // 2 * 2
    return names


def corners(image: Image.Image) -> list[Colour]:
    """The colours of the four quarters: above left and right, below left and right, each to the next of ours."""
    width, height = image.size
    found = image.convert("RGB")
    places = [(width // 4, height // 4), (width * 3 // 4, height // 4)]
    places += [(width // 4, height * 3 // 4), (width * 3 // 4, height * 3 // 4)]
    return [nearest(found.getpixel(place)) for place in places]


def nearest(pixel: Any) -> Colour:
    colours = (RED, GREEN, BLUE, WHITE)
    best = min(colours, key=lambda colour: sum(abs(a - b) for a, b in zip(colour, pixel, strict=True)))
    assert max(abs(a - b) for a, b in zip(best, pixel, strict=True)) < 12, pixel
    return best
