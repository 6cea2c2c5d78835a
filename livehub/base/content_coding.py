"""Decodes the content codings that bodies of requests may have (RFC 9110, section 8.4.1). Pure: no I/O.

    gzip, x-gzip    one member or several (RFC 1952), each with its checksum
    deflate         a zlib stream (RFC 1950), or the bare one (RFC 1951) that some clients send for it

A body is taken only whole: one that ends within its stream, or goes on behind it, is refused like one that is damaged.
"""

import zlib
from collections.abc import Iterable, Iterator

from livehub.base.errors import BadRequest, UnsupportedMediaType

ACCEPTED = "gzip, deflate"  # the value of Accept-Encoding
PIECE_BYTES_MAX = 65_536  # of what comes out at a time: 1 KB may become a megabyte
MEMBERS_MAX = 100  # each costs a copy of what lies behind it, and no sender needs many
_GZIP = 16 + zlib.MAX_WBITS
_METHOD_DEFLATE = (
    8  # in the low half of the first byte of a zlib stream; no bare stream that a compressor makes begins so
)
_SAME_AS = {"x-gzip": "gzip"}  # "A recipient SHOULD consider" it so (section 8.4.1.3)


class Decoder:
    """Decodes one body, piece by piece."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` adds, in pieces of at most PIECE_BYTES_MAX. Raises BadRequest."""
        yield from (data[at : at + PIECE_BYTES_MAX] for at in range(0, len(data), PIECE_BYTES_MAX))

    def end(self) -> None:
        """The body is over. Raises BadRequest when its stream is not."""


class _ZlibDecoder(Decoder):
    """Of either coding: they differ in what stands around the stream, and in whether another may follow it."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream: zlib._Decompress | None = None  # none before the first byte
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None or self._stream.eof:
                self._stream = self._next_stream(data[0])
            yield from self._decompress(self._stream, data)
            data = self._stream.unused_data

    def end(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise BadRequest(f"The body ends before its {self._coding} stream does.")

    def _next_stream(self, first_byte: int) -> "zlib._Decompress":
        self._members += 1
        if self._members > (MEMBERS_MAX if self._coding == "gzip" else 1):
            raise self._refusal()
        if self._coding == "gzip":
            return zlib.decompressobj(_GZIP)
        return zlib.decompressobj(zlib.MAX_WBITS if first_byte & 0x0F == _METHOD_DEFLATE else -zlib.MAX_WBITS)

    def _decompress(self, stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
        is_full = True
        while (data or is_full) and not stream.eof:
            try:
                piece = stream.decompress(data, PIECE_BYTES_MAX)
            except zlib.error as error:
                raise self._refusal() from error
            if piece:
                yield piece
            data, is_full = stream.unconsumed_tail, len(piece) == PIECE_BYTES_MAX

    def _refusal(self) -> BadRequest:
        return BadRequest(f"The body is not encoded with {self._coding}, as its Content-Encoding says.")


def decoder_for(content_encoding: Iterable[str]) -> Decoder:
    """For a body with these values of Content-Encoding, one a line. Raises UnsupportedMediaType."""
    names = [name.strip().lower() for name in ",".join(content_encoding).split(",")]
    codings = [_SAME_AS.get(name, name) for name in names if name not in ("", "identity")]
    if not codings:
        return Decoder()
    if codings not in (["gzip"], ["deflate"]):
        raise UnsupportedMediaType(
            "A body may be encoded with gzip or deflate, or not at all.", accept_encoding=ACCEPTED
        )
    return _ZlibDecoder(codings[0])
