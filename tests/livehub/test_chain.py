"""The development chain keeps what it has from run to run, and one that has lost it is another chain."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from livehub.embedded.chain import CHAIN_ID_MAX, CHAIN_ID_MIN, Chain, anvil
from livehub.embedded.child import ServerError

pytestmark = pytest.mark.skipif(anvil() is None, reason="anvil is not installed")

CHECKOUT = Path(__file__).parent.parent.parent
GONE_WITHIN_S = 30.0
OWNER = """
import sys
from pathlib import Path
from livehub.embedded.chain import Chain
print(Chain(Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
"""


def sent(chain: Chain) -> str:
    """In a block, which the chain makes by itself, but after it has answered."""
    account = chain.ask("eth_accounts")[0]
    tx = str(chain.ask("eth_sendTransaction", {"from": account, "to": account, "data": "0x01"}))
    chain.ask("evm_mine")
    return tx


def test_blocks_address_and_id_stay_over_a_stop_and_a_start(folder: Path) -> None:
    chain = Chain(folder, block_s=0)
    tx, before = sent(chain), (chain.url, chain.chain_id)
    block = chain.ask("eth_getTransactionReceipt", tx)["blockHash"]
    chain.close()
    again = Chain(folder, block_s=0)
    try:
        assert (again.url, again.chain_id) == before
        assert CHAIN_ID_MIN <= again.chain_id < CHAIN_ID_MAX
        assert again.ask("eth_getTransactionReceipt", tx)["blockHash"] == block
    finally:
        again.close()


def test_a_chain_without_its_state_begins_anew_under_another_id(folder: Path) -> None:
    chain = Chain(folder, block_s=0)
    before = chain.chain_id
    chain.close()
    (folder / "chain" / "state.json").unlink()
    again = Chain(folder, block_s=0)
    try:
        assert again.chain_id != before
        assert again.ask("eth_blockNumber") == "0x0"
    finally:
        again.close()


def test_a_folder_has_one_chain_and_it_listens_on_this_machine_alone(folder: Path) -> None:
    chain = Chain(folder, block_s=0)
    try:
        with pytest.raises(ServerError, match="another livehub is using"):
            Chain(folder, block_s=0)
        listening = [c for c in psutil.Process(chain.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}
    finally:
        chain.close()


def test_it_ends_with_whoever_started_it(folder: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.communicate()
    until_s = time.monotonic() + GONE_WITHIN_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until_s
        time.sleep(0.02)


@pytest.mark.parametrize("left", [b"", b"7104", b"not a number", b"\xff\xfe"])
def test_an_id_that_was_half_written_is_that_of_no_chain_and_a_new_one_begins(folder: Path, left: bytes) -> None:
    chain = Chain(folder, block_s=0)
    before = chain.chain_id
    chain.close()
    (folder / "chain" / "id").write_bytes(left)
    (folder / "chain" / "port").write_bytes(left)
    again = Chain(folder, block_s=0)
    try:
        assert again.chain_id != before
        assert again.ask("eth_blockNumber") == "0x0"
        assert (folder / "chain" / "id").read_text() == str(again.chain_id)
    finally:
        again.close()
