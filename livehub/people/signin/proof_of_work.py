"""Work that an unusual asker has to do before a code is sent (ALTCHA, altcha.org): nothing to read or to click, half a second
of a phone's time, and dear to whoever asks for thousands.

    who asks > 428 proof_needed, `proof: {parameters, signature}` > solved in the page > the same request with `proof`

The server keeps nothing of what it hands out; a solution is used up in the transaction that counts the code (proofs.py).
"""

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import msgspec

from livehub.base.db import Transaction
from livehub.people.errors import ProofNeeded
from livehub.people.signin import proofs

ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000  # iterations of one try; 256 tries on average
LIFE_S = 300
PROOF_CHARS_MAX = 2_048


class _Parameters(msgspec.Struct):
    data: dict[str, str]
    expires_at: int = msgspec.field(name="expiresAt")


class _Challenge(msgspec.Struct):
    parameters: _Parameters
    signature: str


class _Payload(msgspec.Struct):
    challenge: _Challenge


class ProofOfWork:
    """For one purpose. `key`: of the server."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"proof of work", hashlib.sha256)

    def needed(self, about: str, *, now_ms: int) -> ProofNeeded:
        """The refusal that hands out the work; solved, it is good for `about` alone."""
        import altcha  # noqa: PLC0415  # of a process that nobody asks for a code it is not part

        challenge = altcha.create_challenge(
            ALGORITHM,
            COST,
            expires_at=now_ms // 1000 + LIFE_S,
            data={"about": self._about(about)},
            hmac_secret=self._key,
        )
        return ProofNeeded(details={"proof": challenge.to_dict()})

    async def use(self, tx: Transaction, proof: str, about: str, *, now_ms: int) -> bool:
        """Whether it is a solution of work that was handed out for this, in time, and was not used before; it is now. Raises
        Unavailable.
        """
        import altcha  # noqa: PLC0415

        challenge = self._read(proof, about)
        if challenge is None or challenge.parameters.expires_at * 1000 <= now_ms:
            return False
        result: Any = await asyncio.to_thread(altcha.verify_solution, proof, self._key)  # a millisecond
        if not result.verified:
            return False
        # The work, and not the text that it came in: the same one can be written in many ways, and has many solutions.
        ends_ms = challenge.parameters.expires_at * 1000
        return await proofs.use(tx.connection, challenge.signature.encode(), ends_ms=ends_ms)

    def _read(self, proof: str, about: str) -> _Challenge | None:
        """The work that it solves; None for what was handed out for something else, or is no proof. Not believed yet."""
        if len(proof) > PROOF_CHARS_MAX:
            return None
        try:
            payload = msgspec.json.decode(base64.b64decode(proof, validate=True), type=_Payload)
        except (ValueError, msgspec.DecodeError):
            return None
        return payload.challenge if payload.challenge.parameters.data == {"about": self._about(about)} else None

    def _about(self, about: str) -> str:
        return hmac.digest(self._key, about.encode(), hashlib.sha256).hex()
