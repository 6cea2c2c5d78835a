"""The decoder: what comes out is upright, small, in sRGB, and pixels only; what is too large is not decoded."""

import io
import zlib

import pytest
from PIL import Image, ImageCms

from livehub.base.uploads.decoder import Bounds, TooManyPixels, decoded, encoded, shrunk, webp_size
from tests.base.uploads.pictures import SECRET_PLACE, STORED, chunks_of, png_of, quarters, saved, telling

BOUNDS = Bounds(1_000_000, 20_000)


def read(data: bytes, kind: str, edge_px: int = 1_600) -> Image.Image:
    return decoded(io.BytesIO(data), kind, bounds=BOUNDS, edge_px=edge_px)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_every_orientation_is_turned_upright_to_the_pixel(orientation: int) -> None:
    upright = Image.frombytes("RGB", (5, 3), bytes(range(45)))
    turned = read(saved(STORED[orientation](upright), "PNG", orientation=orientation), "PNG")
    assert (turned.size, turned.tobytes()) == ((5, 3), upright.tobytes())
    assert turned.getexif() == {}


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_is_none_changes_nothing(orientation: int) -> None:
    upright = Image.frombytes("RGB", (5, 3), bytes(range(45)))
    assert read(saved(upright, "PNG", orientation=orientation), "PNG").tobytes() == upright.tobytes()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_exif_that_cannot_be_read_says_nothing() -> None:
    broken = saved(quarters(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read(broken, "JPEG").size == (64, 48)


def test_only_pixels_are_left() -> None:
    data = telling()
    assert SECRET_PLACE in data
    picture = read(data, "JPEG")
    assert picture.info == {}
    webp = encoded(picture)
    assert chunks_of(webp) == [b"VP8 "]
    assert SECRET_PLACE not in webp


def test_of_a_picture_with_transparency_it_stays_and_nothing_else() -> None:
    image = quarters().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = saved(
        image, "PNG", exif=Image.Exif(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    webp = encoded(read(data, "PNG"))
    assert chunks_of(webp) == [b"VP8X", b"ALPH", b"VP8 "]
    assert Image.open(io.BytesIO(webp)).getchannel("A").tobytes() == image.getchannel("A").tobytes()


def test_colours_of_another_space_become_those_of_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = _with_channels_swapped(lab)
    green = Image.new("RGB", (8, 8), (0, 255, 0))
    assert read(saved(green, "PNG", icc_profile=lab), "PNG").getpixel((0, 0)) == (0, 255, 0)
    assert read(saved(green, "PNG", icc_profile=swapped), "PNG").getpixel((0, 0)) == (255, 0, 0)
    assert read(saved(green, "PNG", icc_profile=b"no profile"), "PNG").getpixel((0, 0)) == (0, 255, 0)


def _with_channels_swapped(profile: bytes) -> bytes:
    """The same ICC profile, whose red is green and whose green is red (ICC.1:2010, 7.3: the table of tags)."""
    changed = bytearray(profile)
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        changed[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(profile[at : at + 4], profile[at : at + 4])
    return bytes(changed)


@pytest.mark.parametrize(
    ("image", "kind", "pixel"),
    [
        (Image.new("1", (2, 2), 1), "PNG", (255, 255, 255)),
        (Image.new("L", (2, 2), 77), "PNG", (77, 77, 77)),
        (Image.new("I;16", (2, 2), 40_000), "PNG", (156, 156, 156)),
        (Image.new("LA", (2, 2), (77, 9)), "PNG", (77, 77, 77, 9)),
        (Image.new("RGB", (2, 2), (1, 2, 3)).convert("P"), "PNG", (0, 0, 0)),
        (Image.new("CMYK", (2, 2), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
    ],
    ids=["1", "L", "I;16", "LA", "P", "CMYK"],
)
def test_a_picture_of_every_mode_is_read(image: Image.Image, kind: str, pixel: tuple[int, ...]) -> None:
    assert read(saved(image, kind), kind).getpixel((0, 0)) == pixel


def test_of_what_moves_the_first_picture_is_taken() -> None:
    frames = [quarters(), Image.new("RGB", (64, 48), "black")]
    for kind in ("WEBP", "PNG"):
        data = saved(
            frames[0], kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
        )
        assert read(data, kind).tobytes() == quarters().tobytes(), kind


def test_the_long_edge_is_brought_down_and_never_up() -> None:
    assert read(saved(Image.new("RGB", (800, 600)), "PNG"), "PNG", 400).size == (400, 300)
    assert read(saved(Image.new("RGB", (600, 800)), "JPEG"), "JPEG", 400).size == (300, 400)
    assert read(saved(Image.new("RGB", (40, 30)), "PNG"), "PNG", 400).size == (40, 30)
    assert shrunk(Image.new("RGB", (10_000, 1)), 480).size == (480, 1)
    turned = read(saved(Image.new("RGB", (800, 600)), orientation=6), "JPEG", 400)
    assert turned.size == (300, 400)


@pytest.mark.parametrize("size", [(1_001, 1_000), (20_001, 1), (1, 20_001), (50_000, 50_000)])
def test_what_says_that_it_is_too_large_is_not_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(TooManyPixels):
        read(png_of(*size), "PNG")


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}], ids=["VP8L", "VP8"])
def test_the_size_of_a_webp_is_read_without_a_decoder(options: dict[str, bool]) -> None:
    assert webp_size(saved(quarters(), "WEBP", **options)[:30]) == (64, 48)
    with_alpha = quarters().convert("RGBA")
    with_alpha.putalpha(9)
    assert webp_size(saved(with_alpha, "WEBP", **options)[:30]) == (64, 48)
    for data in (b"", b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WEBPJUNK" + b"\0" * 20):
        with pytest.raises(ValueError, match="a WebP"):
            webp_size(data)


def test_a_webp_that_says_it_is_too_large_is_not_even_opened() -> None:
    head = b"VP8X" + (10).to_bytes(4, "little") + b"\0\0\0\0" + (16_383).to_bytes(3, "little") * 2
    with pytest.raises(TooManyPixels):
        read(b"RIFF" + (len(head) + 4).to_bytes(4, "little") + b"WEBP" + head, "WEBP")


def test_text_that_becomes_more_than_a_picture_is_refused() -> None:
    text = (b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 70_000_000))
    with pytest.raises(ValueError, match="too large"):
        read(png_of(2, 2, text, data=b"\0\1\2\0\3\4"), "PNG")
