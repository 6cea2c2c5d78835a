"""A body is decoded by what its Content-Encoding says, in bounded pieces, and taken only when its stream is whole."""

import gzip
import zlib

import pytest

from livehub.base.content_coding import MEMBERS_MAX, PIECE_BYTES_MAX, decoder_for
from livehub.base.errors import BadRequest, UnsupportedMediaType

TEXT = b'{"title": "' + bytes(range(32, 91)) * 40 + b'"}'
GZIP = gzip.compress(TEXT, mtime=0)
ZLIB = zlib.compress(TEXT)


def bare(text: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(text) + compressor.flush()


def decoded(data: bytes, *content_encoding: str, step: int | None = None) -> bytes:
    decoder = decoder_for(content_encoding)
    step = step or max(1, len(data))
    out = b"".join(piece for at in range(0, len(data), step) for piece in decoder.feed(data[at : at + step]))
    decoder.end()
    return out


@pytest.mark.parametrize(
    ("content_encoding", "data"),
    [
        ((), TEXT),
        (("",), TEXT),
        (("identity",), TEXT),
        (("gzip",), GZIP),
        (("GZip ",), GZIP),
        (("x-gzip",), GZIP),
        (("identity", "gzip"), GZIP),
        ((", gzip,",), GZIP),
        (("deflate",), ZLIB),
        (("deflate",), bare(TEXT)),
        (("gzip",), gzip.compress(TEXT[:9], mtime=0) + gzip.compress(TEXT[9:], mtime=0)),
        (("gzip",), gzip.compress(b"", mtime=0) + GZIP + gzip.compress(b"", mtime=0)),
    ],
)
def test_every_coding_that_is_told_is_taken_however_it_arrives(content_encoding: tuple[str, ...], data: bytes) -> None:
    assert decoded(data, *content_encoding) == TEXT
    assert decoded(data, *content_encoding, step=1) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_no_content_is_no_content(coding: str) -> None:
    assert decoded(b"", coding) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("step", [None, 1])
def test_a_stream_that_is_cut_off_anywhere_is_refused(coding: str, step: int | None) -> None:
    whole = GZIP if coding == "gzip" else ZLIB
    for end in range(1, len(whole)):
        with pytest.raises(BadRequest) as refused:
            decoded(whole[:end], coding, step=step)
        assert refused.value.message == f"The body ends before its {coding} stream does."
    with pytest.raises(BadRequest):
        decoded(bare(TEXT)[:-1], "deflate", step=step)
    with pytest.raises(BadRequest):
        decoded(GZIP + GZIP[:-1], "gzip", step=step)


@pytest.mark.parametrize("step", [None, 1])
@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", GZIP + b"xyz"),
        ("gzip", GZIP + b"\0\0"),
        ("gzip", GZIP[:-8] + b"\0\0\0\0" + GZIP[-4:]),  # another checksum
        ("gzip", GZIP[:-1] + b"\1"),  # another size
        ("gzip", ZLIB),
        ("gzip", TEXT),
        ("deflate", ZLIB + b"x"),
        ("deflate", ZLIB + ZLIB),  # of one stream, says RFC 9110 in section 8.4.1.2
        ("deflate", bare(TEXT) + b"x"),
        ("deflate", GZIP),
    ],
)
def test_what_is_damaged_or_goes_on_is_refused(coding: str, data: bytes, step: int | None) -> None:
    with pytest.raises(BadRequest) as refused:
        decoded(data, coding, step=step)
    assert refused.value.message == f"The body is not encoded with {coding}, as its Content-Encoding says."


@pytest.mark.parametrize("content_encoding", [("zstd",), ("br",), ("gzip, gzip",), ("gzip", "deflate"), ("gzip;q=1",)])
def test_of_another_coding_it_is_told_which_are_taken(content_encoding: tuple[str, ...]) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        decoder_for(content_encoding)
    assert refused.value.accept_encoding == "gzip, deflate"


def test_a_little_that_becomes_much_comes_in_bounded_pieces() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    assert len(bomb) < PIECE_BYTES_MAX
    sizes = [len(piece) for piece in decoder_for(["gzip"]).feed(bomb)]
    assert sum(sizes) == 10_000_000
    assert max(sizes) == PIECE_BYTES_MAX


def test_a_body_has_a_bounded_number_of_members() -> None:
    assert decoded(gzip.compress(b"a") * MEMBERS_MAX, "gzip") == b"a" * MEMBERS_MAX
    with pytest.raises(BadRequest):
        decoded(gzip.compress(b"") * (MEMBERS_MAX + 1), "gzip")
