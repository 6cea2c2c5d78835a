"""What the server signs and hands out, and takes back once, in time, from the browser or the session that it was given to.

Nothing is stored when it is handed out, so that whoever asks for thousands costs no row; only what was used is remembered,
until it would be over anyway. `Signer` is pure: time is an argument.
"""

import hashlib
import hmac
import secrets

import msgspec
from msgspec import Struct

from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "proofs.sql")

MAC_BYTES = 32
CHANCE_BYTES = 16
BYTES_MAX = 2_048


class Signed(Struct, frozen=True, array_like=True):
    """What is signed. `about`: whatever the purpose needs."""

    ends_ts: int
    chance: bytes
    about: bytes


class Signer:
    """`purpose` and `holder` are signed along, and not in what is handed out: of another purpose, or brought by another
    browser, it is as good as forged."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"livehub proofs\0" + secret.encode()).digest()

    def sign(self, purpose: str, holder: str, about: bytes, *, ends_ms: int) -> bytes:
        """Never the same twice."""
        body = msgspec.msgpack.encode(Signed(ends_ms, secrets.token_bytes(CHANCE_BYTES), about))
        return self._mac(purpose, holder, body) + body

    def read(self, purpose: str, holder: str, proof: bytes, *, now_ms: int) -> Signed | None:
        """What was signed; None if it was not for this, or is over."""
        mac, body = proof[:MAC_BYTES], proof[MAC_BYTES:]
        if not holder or len(proof) > BYTES_MAX or not hmac.compare_digest(mac, self._mac(purpose, holder, body)):
            return None
        signed = msgspec.msgpack.decode(body, type=Signed)
        return signed if now_ms < signed.ends_ts else None

    def derived(self, purpose: str, holder: str, proof: bytes) -> bytes:
        """32 bytes that only the server can tell, and only when the same holder brings the same proof."""
        return self._mac(purpose, holder, proof)

    def _mac(self, purpose: str, holder: str, body: bytes) -> bytes:
        return hmac.digest(self._key, b"\0".join((purpose.encode(), holder.encode(), body)), hashlib.sha256)


async def use(connection: Connection, proof: bytes, *, ends_ms: int) -> bool:
    """Use it up, in the transaction that acts on it. False: it was used before. Raises Unavailable."""
    return await connection.fetchval(Q["use"], hashlib.sha256(proof).digest(), ends_ms) is not None
