"""A transaction carries a prefix, a size and a root, and nothing else is read as such."""

import pytest

from trace.anchor.payload import PayloadError, Tree, chain_of, decoded, encoded, identity, read_identity

ROOT = bytes(range(32))
TX = "0x" + "ab" * 32


def test_what_is_carried_is_eight_bytes_of_prefix_eight_of_size_and_the_root():
    assert encoded(Tree(70_000, ROOT)).hex() == "6c6976656875620100000000000111" + "70" + ROOT.hex()
    assert decoded(encoded(Tree(70_000, ROOT))) == Tree(70_000, ROOT)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        encoded(Tree(1, ROOT))[:-1],
        encoded(Tree(1, ROOT)) + b"\0",
        b"livehub\x02" + encoded(Tree(1, ROOT))[8:],
        encoded(Tree(0, ROOT)),
        encoded(Tree(2**64 - 1, ROOT)),
    ],
)
def test_anything_else_is_refused(payload: bytes):
    with pytest.raises(PayloadError):
        decoded(payload)


def test_an_identity_is_chain_transaction_and_leaf():
    text = identity(chain_of(31337), TX, 41)
    assert text == f"eip155:31337/{TX}/41"
    assert read_identity(text) == ("eip155:31337", TX, 41)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"eip155:031337/{TX}/41",
        f"eip155:1/{TX}/041",
        f"eip155:1/{TX.upper()}/1",
        f"eip155:1/{TX}",
        f"eip155:1/{TX}/-1",
    ],
)
def test_an_identity_written_otherwise_is_refused(text: str):
    with pytest.raises(PayloadError):
        read_identity(text)
