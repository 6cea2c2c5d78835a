"""The opening handshake of a WebSocket (RFC 6455, section 4.2) and the compression agreed in it (RFC 7692). Pure: no I/O.

We agree to deflate only without context takeover in either direction: then a frame is compressed once for everybody, and no
connection keeps a compressor or a window of its own.
"""

import base64
import binascii
import hashlib
import re
from functools import lru_cache

from msgspec import Struct

VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")
_METHOD = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{0,32}"
)  # a token (RFC 9110, section 5.6.2); 32 are twice the longest
_CONTROLS = re.compile(rb"[\x00-\x20\x7f]")
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
HEAD_BYTES_MAX = 16_384
OFFERS_MAX = 64  # whose answer is kept: browsers are of few kinds
DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Handshake(Struct, frozen=True):
    """A request for a WebSocket. `deflate`: whether it may be compressed; header values as they came, "" when absent."""

    target: str
    key: str
    host: str
    origin: str
    forwarded_for: str
    deflate: bool

    @property
    def accept(self) -> str:
        """The value of Sec-WebSocket-Accept."""
        digest = hashlib.sha1(self.key.encode() + _GUID, usedforsecurity=False).digest()
        return base64.b64encode(digest).decode()

    def response(self, *, deflate: bool) -> bytes:
        """The head of the answer that accepts."""
        extension = f"Sec-WebSocket-Extensions: {DEFLATE}\r\n" if deflate else ""
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {self.accept}\r\n{extension}\r\n"
        ).encode()


def may_be_request(head: bytes) -> bool:
    """Whether what has come of a connection may be the beginning of an HTTP/1 request: TLS, HTTP/2 or noise is not worth
    waiting for, nor are lines that end without a CR (RFC 9112, section 2.2).
    """
    line, ended, fields = head.lstrip(b"\r\n").partition(
        b"\r\n"
    )  # "ignore at least one empty line" before it, says the same
    if fields.count(b"\n") != fields.count(b"\r\n"):
        return False
    method, _, rest = (line if ended else line.removesuffix(b"\r")).partition(b" ")
    target, _, version = rest.partition(b" ")
    if not _METHOD.fullmatch(method) or _CONTROLS.search(target):
        return False
    if ended:
        return target != b"" and version in VERSIONS
    return any(known.startswith(version) for known in VERSIONS)


def read_handshake(head: bytes) -> Handshake | None:
    """The handshake in `head` (request line and headers, without the empty line); None when it is anything but a plain one."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if method != "GET" or version != "HTTP/1.1" or len(lines) > 100:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
            return None
        if name in headers:
            if name not in {"sec-websocket-extensions", "connection", "x-forwarded-for", "cookie"}:
                return None
            value = f"{headers[name]},{value}"
        headers[name] = value.strip()
    get = headers.get
    if (
        get("upgrade", "").lower() != "websocket"
        or get("sec-websocket-version") != "13"
        or "upgrade" not in {token.strip().lower() for token in get("connection", "").split(",")}
        or not _is_key(key := get("sec-websocket-key", ""))
        or not get("host")
        or "content-length" in headers
        or "transfer-encoding" in headers
    ):
        return None
    return Handshake(
        target=target,
        key=key,
        host=get("host", ""),
        origin=get("origin", ""),
        forwarded_for=get("x-forwarded-for", ""),
        deflate=may_deflate(get("sec-websocket-extensions", "")),
    )


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


@lru_cache(maxsize=OFFERS_MAX)
def may_deflate(offers: str) -> bool:
    """Whether one of the extensions offered is permessage-deflate as we do it, with a window of 32 KB at our side."""
    for offer in offers.split(","):
        name, *parameters = (part.strip().lower() for part in offer.split(";"))
        if name != "permessage-deflate" or len(set(parameters)) < len(parameters):
            continue
        if all(_is_fine(parameter) for parameter in parameters):
            return True
    return False


def _is_fine(parameter: str) -> bool:
    name, _, value = (part.strip(' "') for part in parameter.partition("="))
    if name in {"server_no_context_takeover", "client_no_context_takeover"}:
        return not value
    bits = 15 if value == "" else int(value) if value.isascii() and value.isdigit() else 0
    return (name == "client_max_window_bits" and 8 <= bits <= 15) or (
        name == "server_max_window_bits" and bits == 15 and value == "15"
    )
