"""What the server has to tell again and nobody who reads the database may know: encrypted under LIVEHUB_SECRET.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, which is good for 2^32 messages under one key. `cryptography`
takes 20 MB and is loaded with the first call, in a thread.
"""

import asyncio
import hashlib
import hmac
import secrets

NONCE_BYTES = 12


class CannotOpen(Exception):
    """It was sealed under another secret, for another purpose or about something else, or was altered."""


class Sealer:
    """`purpose`: of the key; what is sealed for one purpose can be opened for no other."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub sealed " + purpose.encode(), hashlib.sha256)

    async def seal(self, plain: bytes, about: bytes) -> bytes:
        """Never the same twice. `about` is not in it, and has to be known to open it."""
        return await asyncio.to_thread(self._seal, plain, about)

    async def open(self, sealed: bytes, about: bytes) -> bytes:
        """Raises CannotOpen."""
        return await asyncio.to_thread(self._open, sealed, about)

    def _seal(self, plain: bytes, about: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, plain, about)

    def _open(self, sealed: bytes, about: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise CannotOpen from error
