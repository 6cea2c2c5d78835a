"""Keys of logs: Ed25519, as C2SP signed-note has them. Pure: no I/O."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from trace.log.notes import NoteError, Signature, check_name, decoded_key, encoded_key, key_id

ED25519 = 1  # how a key signs: the byte in its id
ED25519_KEY_BYTES = 32

# The y of points whose order divides 8, also where it is written as y + P, under either sign: by such a key anybody can sign
# anything, and verifiers do not agree on it.
_P = 2**255 - 19
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset(
    (y | sign << 255).to_bytes(ED25519_KEY_BYTES, "little")
    for low in (0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y)
    for y in (low, low + _P)
    if y < 2**255
    for sign in (0, 1)
)


class Ed25519Verifier(Struct, frozen=True):
    """A key that signs a note's text."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519, self.public)

    @property
    def vkey(self) -> str:
        """As it is published: NAME+ID+KEY."""
        return encoded_key(self.name, ED25519, self.public)

    def check(self, text: str, raw: bytes) -> None:
        check_ed25519(self.public, raw, text.encode(), self.name)


def check_ed25519(public: bytes, raw: bytes, message: bytes, name: str) -> None:
    """Raises NoteError. A key of small order, with which anybody can sign, verifies nothing."""
    if public in _SMALL_ORDER:
        raise NoteError(f"the key of {name} is of small order")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteError(f"the signature of {name} is not right") from error


class Ed25519Signer:
    """The private key of a log. `seed`: 32 bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Ed25519Verifier(name, self._private.public_key().public_bytes_raw())
        self._key_id = self.verifier.key_id

    def sign(self, text: str) -> Signature:
        return Signature(self.verifier.name, self._key_id, self._private.sign(text.encode()))


def ed25519_key(vkey: str) -> Ed25519Verifier:
    """The key of a log, as it is published. Raises NoteError."""
    name, kind, public = decoded_key(vkey)
    if kind != ED25519 or len(public) != ED25519_KEY_BYTES:
        raise NoteError(f"the key {name!r} is none of Ed25519 (its kind is {kind})")
    if public in _SMALL_ORDER:
        raise NoteError(f"the key {name!r} is of small order: anybody can sign by it")
    return Ed25519Verifier(name, public)
