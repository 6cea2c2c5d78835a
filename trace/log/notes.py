"""Signed notes: text that keys have signed, as C2SP signed-note has it; and the keys. Pure: no I/O.

    text, which ends in a newline
    (an empty line)
    — NAME base64(key id, 4 bytes; signature)      one line for each

A key is known by its name and its id, which is made of the name, of how it signs and of the public key: signatures of others
are passed over, and one of a known key that does not verify spoils the note.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

ED25519 = 1  # how a key signs: the byte in its id
KEY_ID_BYTES = 4
ED25519_KEY_BYTES = 32
DASH = "\u2014 "
NOTE_BYTES_MAX = 200_000  # a checkpoint with 16 signatures of ML-DSA-44 has 60,000
SIGNATURES_MAX = 64

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


class NoteError(ValueError):
    """What is no signed note, or one that nobody has signed whom we know, or signed wrongly; or what is no key."""


class Signature(Struct, frozen=True):
    """A line of a note. `raw`: what follows the key's id."""

    name: str
    key_id: bytes
    raw: bytes

    @property
    def line(self) -> str:
        return f"{DASH}{self.name} {b64encode(self.key_id + self.raw).decode()}\n"


class Note(Struct, frozen=True):
    """A text with its signatures, none of which is checked yet (see `verified`)."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        return f"{self.text}\n{''.join(each.line for each in self.signatures)}".encode()


class Verifier(Protocol):
    """A public key that notes may be signed by."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def check(self, text: str, raw: bytes) -> None:
        """Raises NoteError where `raw` is not this key's signature of the text."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def check_name(name: str) -> None:
    """Raises NoteError for what cannot be a key's name."""
    if not name or "+" in name or any(each.isspace() or not each.isprintable() for each in name):
        raise NoteError(f"{name!r} is no name of a key: it may have neither spaces nor a plus")


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


def encoded_key(name: str, kind: int, public: bytes) -> str:
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(bytes([kind]) + public).decode()}"


def decoded_key(vkey: str) -> tuple[str, int, bytes]:
    """Name, how it signs, and public key, of a published key. Raises NoteError."""
    name, _, rest = vkey.strip().partition("+")
    hexed, _, coded = rest.partition("+")
    check_name(name)
    key = strict_base64(coded, "a key")
    if len(key) < 2 or hexed != key_id(name, key[0], key[1:]).hex():
        raise NoteError(f"the id of the key {name!r} is not that of its key")
    return name, key[0], key[1:]


def ed25519_key(vkey: str) -> Ed25519Verifier:
    """The key of a log, as it is published. Raises NoteError."""
    name, kind, public = decoded_key(vkey)
    if kind != ED25519 or len(public) != ED25519_KEY_BYTES:
        raise NoteError(f"the key {name!r} is none of Ed25519 (its kind is {kind})")
    if public in _SMALL_ORDER:
        raise NoteError(f"the key {name!r} is of small order: anybody can sign by it")
    return Ed25519Verifier(name, public)


def read(note: bytes) -> Note:
    """A note out of its bytes. Raises NoteError."""
    if len(note) > NOTE_BYTES_MAX:
        raise NoteError(f"the note has more than {NOTE_BYTES_MAX:,} bytes")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteError("the note is not UTF-8") from error
    if any(each < " " and each != "\n" for each in whole):
        raise NoteError("the note has control characters")
    text, gap, signed = whole.rpartition("\n\n")
    if not gap or not signed.endswith("\n"):
        raise NoteError("the note has no signatures")
    lines = signed[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError(f"the note has more than {SIGNATURES_MAX} signatures")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> Signature:
    name, space, coded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space:
        raise NoteError("a line of signatures is none")
    check_name(name)
    raw = strict_base64(coded, "a signature")
    if len(raw) <= KEY_ID_BYTES:
        raise NoteError("a signature is too short")
    return Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def strict_base64(text: str, what: str) -> bytes:
    """Bytes out of base64 as RFC 4648, section 4, writes it and in no other way. Raises NoteError."""
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{what} is not base64") from error
    if b64encode(raw).decode() != text:  # bits that nobody reads could be anything
        raise NoteError(f"{what} is not base64 as it is written")
    return raw


def verified(note: Note, keys: Sequence[Verifier]) -> list[Verifier]:
    """Those of the keys that have signed it. Raises NoteError where none has, or a signature of one of them is not right."""
    known = {(key.name, key.key_id): key for key in keys}
    signed: dict[tuple[str, bytes], Verifier] = {}
    for each in note.signatures:
        key = known.get((each.name, each.key_id))
        if key is not None:
            if (each.name, each.key_id) in signed:
                raise NoteError(f"{each.name} has signed twice")
            key.check(note.text, each.raw)
            signed[each.name, each.key_id] = key
    if not signed:
        raise NoteError("none of the keys has signed it")
    return list(signed.values())
