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

from msgspec import Struct

KEY_ID_BYTES = 4
DASH = "\u2014 "
NOTE_BYTES_MAX = 200_000  # a checkpoint with 16 signatures of ML-DSA-44 has 60,000
SIGNATURES_MAX = 64


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


def encoded_base64(raw: bytes) -> str:
    return b64encode(raw).decode()


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
