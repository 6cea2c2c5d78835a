"""A note is what its keys signed, to the last bit: everything else is refused, whatever it looks like."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.log import checkpoints, cosignatures, notes, receipts
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, CosigningKey, cosigner
from trace.log.keys import Ed25519Signer, Ed25519Verifier, ed25519_key
from trace.log.merkle import EMPTY_ROOT, Edge, ProofError, inclusion_ranges, leaf_hash, proof
from trace.log.notes import Note, NoteError, read, verified
from trace.log.tiles import Tile, edge_tiles, entries_in, root_of

TESSERA = Path(__file__).parent.parent.parent.parent / "shared" / "vectors" / "tlog" / "tessera"
others_log = pytest.mark.skipif(not TESSERA.exists(), reason="the vectors are not beside the checkout")

LOG = Ed25519Signer("farm.example/log", bytes(range(32)))
OTHER = Ed25519Signer("farm.example/log", b"\1" * 32)
WITNESS = CosigningKey("witness.example/w1", COSIGNATURE_ED25519, b"\2" * 32)
QUANTUM = CosigningKey("witness.example/w2", COSIGNATURE_MLDSA44, b"\3" * 32)
TREE = Checkpoint(origin="farm.example/log", size=1, root=leaf_hash(b"a"))
AT_S = 1_790_000_000


def signed(tree: Checkpoint = TREE) -> Note:
    return Note(tree.text, (LOG.sign(tree.text),))


def test_a_note_is_read_as_it_was_written_and_its_key_has_signed_it() -> None:
    note = read(signed().encode())
    assert note == signed()
    assert verified(note, [OTHER.verifier, LOG.verifier]) == [LOG.verifier]
    assert checkpoints.read(note.text) == TREE


@given(st.integers(0, len(signed().encode()) * 8 - 1))
def test_no_bit_of_a_note_can_be_changed(bit: int) -> None:
    changed = bytearray(signed().encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteError):
        verified(read(bytes(changed)), [LOG.verifier])


def test_signatures_of_others_are_passed_over_and_a_wrong_one_of_ones_own_is_not() -> None:
    foreign = OTHER.sign(TREE.text)  # of the same name, and another key
    assert verified(Note(TREE.text, (foreign, *signed().signatures)), [LOG.verifier]) == [LOG.verifier]
    with pytest.raises(NoteError, match="none of the keys"):
        verified(Note(TREE.text, (foreign,)), [LOG.verifier])
    wrong = LOG.sign(TREE.text + "x\n")
    with pytest.raises(NoteError, match="not right"):
        verified(Note(TREE.text, (wrong, *signed().signatures)), [LOG.verifier])
    with pytest.raises(NoteError, match="twice"):
        verified(Note(TREE.text, signed().signatures * 2), [LOG.verifier])


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "one\n\ntwo\n"
    assert read(Note(text, (LOG.sign(text),)).encode()).text == text


LINE = signed().signatures[0].line
SPACED = LINE.replace("farm", "fa\u3000rm")


@pytest.mark.parametrize(
    "note",
    [
        b"", b"\n", b"a\n", b"a\n\n", f"a\n\n{LINE[:-1]}".encode(), f"a\n\n{LINE}x\n".encode(), f"a\n{LINE}".encode(),
        f"a\n\n{LINE}\n".encode(), f"a\t\n\n{LINE}".encode(), f"a\r\n\n{LINE}".encode(), b"\xff\n\n" + LINE.encode(),
        f"a\n\n{LINE.replace('farm', 'fa+rm')}".encode(), f"a\n\n{SPACED}".encode(),
        f"a\n\n-{LINE[1:]}".encode(), f"a\n\n{LINE[:-2]}\n".encode(), f"a\n\n{LINE * 65}".encode(),
        "a\n\n\u2014 name AAAA\n".encode(), "a\n\n\u2014 name AAAAAA\n".encode(), "a\n\n\u2014 name AAAAAAE=\n\n".encode(),
        f"a\n\n\u2014  {LINE[2:]}".encode(), b"a" * 200_001,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(NoteError):
        read(note)


def test_base64_is_taken_in_the_one_way_it_is_written() -> None:
    line = f"\u2014 name {b64encode(b'12345').decode()}\n"  # MTIzNDU=
    assert read(f"a\n\n{line}".encode()).signatures[0].raw == b"5"
    with pytest.raises(NoteError, match="as it is written"):
        read(f"a\n\n{line.replace('U=', 'V=')}".encode())


def test_a_key_is_read_as_it_is_published() -> None:
    assert ed25519_key(LOG.verifier.vkey + "\n") == LOG.verifier
    for key in (WITNESS, QUANTUM):
        assert cosigner(key.cosigner.vkey) == key.cosigner
        with pytest.raises(NoteError):
            ed25519_key(key.cosigner.vkey)
    with pytest.raises(NoteError):
        cosigner(LOG.verifier.vkey)
    name, id_, coded = LOG.verifier.vkey.split("+", 2)
    for wrong in (
        f"{name}+00000000+{coded}",
        f"x{name}+{id_}+{coded}",
        f"{name}+{id_}",
        f"{name}+{id_}+AAAA",
        "",
        f"{name}+{id_.upper()}+{coded}",
    ):
        with pytest.raises(NoteError):
            ed25519_key(wrong)


def small_order_keys() -> list[bytes]:
    """Such points, their other sign, and y written as y + P."""
    known = (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
    return [bytes.fromhex(each) for each in known]


@pytest.mark.parametrize("public", small_order_keys(), ids=bytes.hex)
def test_a_key_by_which_anybody_can_sign_is_none(public: bytes) -> None:
    weak = Ed25519Verifier("farm.example/log", public)
    with pytest.raises(NoteError, match="small order"):
        ed25519_key(weak.vkey)
    with pytest.raises(NoteError, match="small order"):
        weak.check("anything\n", b"\1" + bytes(63))


# --- checkpoints ---


@pytest.mark.parametrize(
    "size", ["-34", "bananas", "0123", "9" * 28, "+1", "1 ", "", "١", "9223372036854775808", "1.0", "0x1"]
)
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(NoteError):
        checkpoints.read(TREE.text.replace("\n1\n", f"\n{size}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TREE.text[:-1],
        "\n" + TREE.text[len(TREE.origin) + 1 :],
        "a\n1\n",
        TREE.text + "\n",
        "a\n1\nAAAA\n",
        "a\n1\n!!!!\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        checkpoints.read(text)


def test_further_lines_are_kept_and_signed() -> None:
    tree = Checkpoint(origin="a", size=0, root=EMPTY_ROOT, extension=("one", "two"))
    assert checkpoints.read(tree.text) == tree
    note = signed(tree)
    with pytest.raises(NoteError):
        verified(Note(note.text.replace("two", "too"), note.signatures), [LOG.verifier])


@pytest.mark.parametrize("key", [WITNESS, QUANTUM], ids=["Ed25519", "ML-DSA-44"])
def test_a_witness_signs_a_checkpoint_and_the_time(key: CosigningKey) -> None:
    line = key.cosign(TREE.text, AT_S)
    note = read(Note(TREE.text, (*signed().signatures, line)).encode())
    assert [each.name for each in verified(note, [LOG.verifier, key.cosigner])] == [
        LOG.verifier.name,
        key.cosigner.name,
    ]
    assert cosignatures.time_of(note.signatures[1].raw) == AT_S
    later = (AT_S + 1).to_bytes(8, "big") + line.raw[8:]
    for text, raw in (
        (TREE.text, later),
        (signed(Checkpoint("a", 1, TREE.root)).text, line.raw),
        (TREE.text, line.raw[:8]),
    ):
        with pytest.raises(NoteError):
            key.cosigner.check(text, raw)
    renamed = cosignatures.Cosigner("other", key.cosigner.kind, key.cosigner.public)
    if key is QUANTUM:  # whose name is part of what it signs
        with pytest.raises(NoteError):
            renamed.check(TREE.text, line.raw)


# --- a log of others ---


@others_log
def test_the_log_of_another_implementation_is_read() -> None:
    key = ed25519_key((TESSERA / "vkey.txt").read_text())
    trees = {}
    for path in sorted(TESSERA.glob("checkpoint*")):
        note = read(path.read_bytes())
        assert verified(note, [key]) == [key]
        tree = checkpoints.read(note.text)
        trees[tree.size] = tree.root
    assert set(trees) == set(range(16))
    entries = entries_in((TESSERA / Tile(-1, 0, 15).path).read_bytes(), 15)
    edge = Edge()
    for entry in entries:
        assert edge.root() == trees[edge.size]
        edge.add(leaf_hash(entry))
    assert edge.root() == trees[15]
    for size in range(1, 16):
        assert root_of(size, {tile: (TESSERA / tile.path).read_bytes() for tile in edge_tiles(size)}) == trees[size]


# --- receipts ---

ENTRIES = [b"%d" % n for n in range(11)]


def receipt(index: int, *, extra: bytes | None = None) -> receipts.Receipt:
    nodes: dict[tuple[int, int], bytes] = {}
    edge = Edge()
    for entry in ENTRIES:
        edge.add(leaf_hash(entry), lambda level, at, made: nodes.__setitem__((level, at), made))
    note = signed(Checkpoint(LOG.verifier.name, len(ENTRIES), edge.root())).encode()
    return receipts.Receipt(index, tuple(proof(inclusion_ranges(index, len(ENTRIES)), nodes.__getitem__)), note, extra)


@pytest.mark.parametrize("extra", [None, b"", b"from the farm"])
def test_a_receipt_proves_its_entry_and_no_other(extra: bytes | None) -> None:
    for index, entry in enumerate(ENTRIES):
        made = receipt(index, extra=extra)
        assert receipts.read(made.encode()) == made
        assert receipts.check(made, entry, LOG.verifier).size == len(ENTRIES)
        with pytest.raises(ProofError):
            receipts.check(made, ENTRIES[index - 1], LOG.verifier)
        with pytest.raises(NoteError):
            receipts.check(made, entry, OTHER.verifier)


def test_a_receipt_of_another_log_of_the_same_key_proves_nothing() -> None:
    made = receipt(0)
    other = signed(Checkpoint("other.example", 1, leaf_hash(ENTRIES[0]))).encode()
    with pytest.raises(ProofError, match=r"other\.example"):
        receipts.check(receipts.Receipt(0, (), other), ENTRIES[0], LOG.verifier)
    assert receipts.check(made, ENTRIES[0], LOG.verifier).origin == LOG.verifier.name


GOOD = receipt(3).encode()


@pytest.mark.parametrize(
    "wrong",
    [
        b"", GOOD[1:], GOOD.replace(b"@v1", b"@v2"), GOOD.replace(b"index 3", b"index 03"),
        GOOD.replace(b"index 3", b"index -3"),
        GOOD.replace(b"index 3\n", b""), GOOD.replace(b"index 3\n", b"index 3\nAAAA\n"), GOOD.partition(b"\n\n")[0],
        GOOD.replace(b"index 3\n", b"index 3\nextra AAAA\n"), GOOD.replace(b"index 3\n", b"extra A\nindex 3\n"),
        GOOD.replace(b"index 3\n", b"index 3\n" + (b64encode(bytes(32)) + b"\n") * 64),
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_refused(wrong: bytes) -> None:
    with pytest.raises(NoteError):
        receipts.read(wrong)


def test_a_receipt_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(NoteError):
        receipts.check(receipts.Receipt(3, (), b""), ENTRIES[3], LOG.verifier)
    assert notes.SIGNATURES_MAX >= 16
