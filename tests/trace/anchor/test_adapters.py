"""What an anchor's libraries do to the process that loads them."""

import subprocess
import sys

LOADED = """
import sys
from livehub.base.errors import BadRequest
from trace.anchor.adapters import opened
from trace.anchor.settings import AnchorConfig
from trace.coldchain.readings import read

before = sys.getrecursionlimit()
opened("evm", AnchorConfig(anchor_evm_url="http://127.0.0.1:9", anchor_evm_key="0x" + "1" * 64))
assert "py_ecc" in sys.modules, "web3 brings it no more"
assert sys.getrecursionlimit() == before
try:
    read(b"[" * 100_000, most=10)
except BadRequest:
    print("refused")
"""


def test_deep_json_is_refused_beside_a_chain():
    assert run(LOADED) == (0, "refused\n", "")


LEAN = """
from livehub.__main__ import leave_out, let_load_late

leave_out()
import livehub.commands.log_process

let_load_late()
from trace.anchor.adapters import opened
from trace.anchor.settings import AnchorConfig

print(opened("evm", AnchorConfig(anchor_evm_url="http://127.0.0.1:9", anchor_evm_key="0x" + "1" * 64)).kind)
"""


def test_a_process_that_loads_little_loads_what_a_chain_needs():
    assert run(LEAN) == (0, "evm\n", "")


def run(code: str) -> tuple[int, str, str]:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout, ended.stderr
