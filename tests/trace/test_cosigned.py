"""Who has cosigned a checkpoint is read off its note, of those witnesses alone that are asked."""

from base64 import b64encode

import pytest

from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import COSIGNATURE_ED25519, CosigningKey
from trace.log.cosigned import Cosigned, asked, cosigned
from trace.log.keys import Ed25519Signer
from trace.log.notes import Note, NoteError, Signature

TREE = Checkpoint("shop.example/log", 7, bytes(32))
WITNESSES = [
    CosigningKey(name, COSIGNATURE_ED25519, bytes([n]) * 32) for n, name in enumerate(("a.example", "b.example"))
]
SETTING = ", ".join(f"https://{each.cosigner.name} {each.cosigner.vkey}" for each in WITNESSES)


def note(*more: Signature) -> bytes:
    own = Ed25519Signer("shop.example/log", bytes([9]) * 32)
    return Note(TREE.text, (own.sign(TREE.text), *more)).encode()


def test_a_witness_that_has_cosigned_has_its_time_and_the_other_has_none():
    signed = note(WITNESSES[0].cosign(TREE.text, 1_800_000_000))
    assert cosigned(signed, asked(SETTING)) == [
        Cosigned(name="a.example", at_s=1_800_000_000),
        Cosigned(name="b.example", at_s=None),
    ]


def test_a_key_of_the_same_name_is_another():
    other = CosigningKey("a.example", COSIGNATURE_ED25519, bytes([7]) * 32)
    assert [each.at_s for each in cosigned(note(other.cosign(TREE.text, 5)), asked(SETTING))] == [None, None]


def test_without_a_checkpoint_nobody_has_cosigned():
    assert [each.at_s for each in cosigned(None, asked(SETTING))] == [None, None]
    assert [each.at_s for each in cosigned(b"no note", asked(SETTING))] == [None, None]
    assert cosigned(note(), asked("")) == []


def test_a_time_that_is_none_is_not_told():
    key = WITNESSES[0].cosigner
    assert cosigned(note(Signature(key.name, key.key_id, b"\xff" * 72)), asked(SETTING))[0].at_s is None


def test_what_is_no_key_is_refused():
    with pytest.raises(NoteError):
        asked(f"https://a.example a.example+00000000+{b64encode(bytes(33)).decode()}")
