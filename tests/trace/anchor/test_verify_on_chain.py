"""`python -m trace verify` compares a log with what a chain has of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from livehub.embedded.chain import Chain
from tests.trace.anchor.chains import needs_anvil
from tests.trace.logs import SIGNER, numbered
from tests.trace.test_verify import write
from trace.__main__ import main
from trace.anchor.payload import Tree, encoded
from trace.log.growth import Growth

pytestmark = needs_anvil


def put_on(chain: Chain, entries: Sequence[bytes]) -> str:
    """Anchor a log of these entries: the identity of its last one."""
    growth, _ = Growth().grown(entries)
    account = chain.ask("eth_accounts")[1]
    data = "0x" + encoded(Tree(growth.size, growth.root())).hex()
    tx = chain.ask("eth_sendTransaction", {"from": account, "to": account, "data": data})
    return f"eip155:{chain.chain_id}/{tx}/{growth.size - 1}"


def verified(folder: Path, chain: Chain, *identities: str) -> int:
    key = folder / "log.key"
    key.write_text(SIGNER.verifier.vkey)
    anchored = [part for each in identities for part in ("--anchored", each)]
    return main(["verify", str(folder / "log"), "--key", str(key), "--rpc", chain.url, *anchored])


def test_a_log_that_goes_on_from_what_is_on_the_chain_is_verified(
    folder: Path, chain: Chain, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "log", [numbered(0, 700)])
    early, late = put_on(chain, numbered(0, 300)), put_on(chain, numbered(0, 700))
    assert verified(folder, chain, late, early) == 0
    said = capsys.readouterr().out
    assert f"anchored: its first 300 entries, in block 1 of eip155:{chain.chain_id}, 2 deep, since " in said
    assert f"anchored: its first 700 entries, in block 2 of eip155:{chain.chain_id}, 1 deep, since " in said


def test_a_log_that_is_another_than_the_chain_has_is_found(
    folder: Path, chain: Chain, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "log", [[b"another", *numbered(1, 700)]])
    assert verified(folder, chain, put_on(chain, numbered(0, 300))) == 1
    assert "TAMPERED: the log was forked: its first 300 entries" in capsys.readouterr().out
    assert verified(folder, chain, put_on(chain, numbered(0, 800))) == 1
    assert "TAMPERED: the checkpoint is stale" in capsys.readouterr().out
    nothing = f"eip155:{chain.chain_id}/0x{'ab' * 32}/6"
    assert verified(folder, chain, nothing) == 1
    assert "the chain has no such transaction in a block" in capsys.readouterr().out


def test_where_the_chain_cannot_be_asked_nothing_is_said_to_be_tampered_with(folder: Path, chain: Chain) -> None:
    write(folder / "log", [numbered(0, 10)])
    assert verified(folder, chain, "no identity") == 2
    assert main(["verify", str(folder / "log"), "--rpc", chain.url]) == 2
    here = f"eip155:{chain.chain_id}/0x{'ab' * 32}/6"
    assert main(["verify", str(folder / "log"), "--rpc", "http://127.0.0.1:9", "--anchored", here]) == 2
