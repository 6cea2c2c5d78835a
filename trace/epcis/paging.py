"""Where a page of a query ends, as a token that only this query can be continued by. Pure: no I/O.

    base64url(HMAC-SHA256(key, what follows; 16 bytes) || expires s || position us || position seq || events so far || digest)

A page begins after the place where the one before ended, so that what is captured between two of them moves nothing: no event
comes twice, and none that was there is missed.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from struct import Struct, error

from trace.epcis.errors import PageTokenStale

TAG_BYTES = 16
DIGEST_BYTES = 16
TOKEN_CHARS_MAX = 200
_PLACE = Struct(">QqqQ")


class PageTokens:
    """`key`: of this installation."""

    def __init__(self, key: bytes, ttl_s: float) -> None:
        self._key = key
        self._ttl_s = ttl_s

    def token(self, digest: bytes, place: tuple[int, int], told: int, now_s: float) -> tuple[str, int]:
        """(token, when it expires in Unix s). `place`: order value and seq of the last event; `told`: events so far."""
        expires_s = int(now_s + self._ttl_s)
        said = _PLACE.pack(expires_s, *place, told) + digest[:DIGEST_BYTES]
        return urlsafe_b64encode(self._tag(said) + said).decode().rstrip("="), expires_s

    def read(self, token: str, digest: bytes, now_s: float) -> tuple[tuple[int, int], int]:
        """(place, events so far). Raises PageTokenStale."""
        try:
            raw = urlsafe_b64decode(token[:TOKEN_CHARS_MAX] + "=" * (-len(token) % 4))
            expires_s, us, seq, told = _PLACE.unpack_from(raw, TAG_BYTES)
        except (ValueError, error) as wrong:
            raise PageTokenStale from wrong
        said = raw[TAG_BYTES:]
        if not hmac.compare_digest(self._tag(said), raw[:TAG_BYTES]) or said[_PLACE.size :] != digest[:DIGEST_BYTES]:
            raise PageTokenStale
        if expires_s < now_s:
            raise PageTokenStale
        return (us, seq), told

    def _tag(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"epcis page 2\0" + said, sha256)[:TAG_BYTES]
