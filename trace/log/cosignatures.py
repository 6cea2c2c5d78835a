"""Cosignatures: that a witness has seen a checkpoint, and none before that contradicts it. By C2SP tlog-cosignature.
Pure: no I/O.
"""

from struct import pack, unpack_from

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from msgspec import Struct

from trace.log.checkpoints import read
from trace.log.keys import ED25519_KEY_BYTES, check_ed25519
from trace.log.notes import NoteError, Signature, check_name, decoded_key, encoded_key, key_id

COSIGNATURE_ED25519, COSIGNATURE_MLDSA44 = 4, 6
MLDSA44_KEY_BYTES = 1_312
TIME_BYTES = 8
TIME_MAX_S = 2**63 - 1
NAME_BYTES_MAX = 255  # of a cosigner and of a log, in what ML-DSA-44 signs


class Cosigner(Struct, frozen=True):
    """The public key of a witness. `kind`: COSIGNATURE_ED25519 or COSIGNATURE_MLDSA44."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        return encoded_key(self.name, self.kind, self.public)

    def check(self, text: str, raw: bytes) -> None:
        """Raises NoteError where `raw` (time, signature) is not its cosignature of that checkpoint."""
        at_s = time_of(raw)
        message, signature = _signed(self.kind, self.name, text, at_s), raw[TIME_BYTES:]
        if self.kind == COSIGNATURE_ED25519:
            check_ed25519(self.public, signature, message, self.name)
            return
        try:
            MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError(f"the cosignature of {self.name} is not right") from error


def cosigner(vkey: str) -> Cosigner:
    """The key of a witness, as it is published. Raises NoteError."""
    name, kind, public = decoded_key(vkey)
    length = {COSIGNATURE_ED25519: ED25519_KEY_BYTES, COSIGNATURE_MLDSA44: MLDSA44_KEY_BYTES}.get(kind)
    if length is None or len(public) != length:
        raise NoteError(f"the key {name!r} is none of a witness (its kind is {kind})")
    return Cosigner(name, kind, public)


def time_of(raw: bytes) -> int:
    """When a cosignature was made, in seconds since 1970. Raises NoteError."""
    if len(raw) <= TIME_BYTES:
        raise NoteError("a cosignature has no time")
    (at_s,) = unpack_from(">Q", raw)
    if at_s > TIME_MAX_S:
        raise NoteError("the time of a cosignature is none")
    return int(at_s)


class CosigningKey:
    """The private key of a witness, or of a log that signs by ML-DSA-44, too. `seed`: 32 bytes."""

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        check_name(name)
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey
        if kind == COSIGNATURE_ED25519:
            self._private = Ed25519PrivateKey.from_private_bytes(seed)
        else:
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.cosigner = Cosigner(name, kind, self._private.public_key().public_bytes_raw())

    def cosign(self, text: str, at_s: int) -> Signature:
        """Of the text of a checkpoint."""
        name, kind = self.cosigner.name, self.cosigner.kind
        signed = self._private.sign(_signed(kind, name, text, at_s))
        return Signature(name, self.cosigner.key_id, pack(">Q", at_s) + signed)


def _signed(kind: int, name: str, text: str, at_s: int) -> bytes:
    if kind == COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {at_s}\n{text}".encode()
    tree = read(text)
    return b"".join((
        b"subtree/v1\n\0", _short(name), pack(">Q", at_s), _short(tree.origin), pack(">QQ", 0, tree.size), tree.root,
    ))  # fmt: skip


def _short(name: str) -> bytes:
    encoded = name.encode()
    if not 0 < len(encoded) <= NAME_BYTES_MAX:
        raise NoteError(f"{name[:40]!r} has more than {NAME_BYTES_MAX} bytes")
    return bytes([len(encoded)]) + encoded
