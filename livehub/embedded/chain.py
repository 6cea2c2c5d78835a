"""A development chain: anvil, an Ethereum node in one program, out of the npm package `@foundry-rs/anvil`. For `demo`, tests.

Its accounts' keys are known to everybody, whoever runs it can write its history anew, and it is there as long as we are: what
is anchored on it proves nothing. It listens on 127.0.0.1 alone. What it has is kept in FOLDER/chain/state.json, written every
few seconds and at its end, and read at the next start. A chain that begins anew, since there is no such file, gets an id of its
own: what was on the one before is not taken for something that this one has lost.
"""

import json
import secrets
import signal
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livehub.embedded import data_lock
from livehub.embedded.child import Account, Child, OwnedServer, ServerError
from livehub.embedded.ports import kept_port

NODE_MODULES = Path(__file__).parent.parent.parent / "web" / "node_modules"
READY_TIMEOUT_S = 20.0
CHAIN_ID_MIN, CHAIN_ID_MAX = 7_104_000_000, 7_104_999_999  # in which nobody has registered a chain
CHAIN_ID_CHARS_MAX = 20  # read of its file
STATE_BYTES_MAX = 256_000_000  # some days of blocks; beyond it a new chain begins
STATE_EVERY_S = 10
# The first account of "test test test test test test test test test test test junk", with which anvil fills its chains.
DEVELOPMENT_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def anvil() -> Path | None:
    """The program; None where the npm package is not installed, or not for this platform."""
    return next(iter(sorted(NODE_MODULES.glob("@foundry-rs/anvil-*/bin/anvil"))), None)


class Chain(OwnedServer):
    """Runs from construction until `stop()`. `block_s`: a block so often; 0: with each transaction. `settings`: further words
    of anvil's command line. Its port stays the same from run to run, if that is free, and so does its id.
    """

    def __init__(self, folder: Path, *, block_s: int = 2, settings: Sequence[str] = ()) -> None:
        self._folder = folder.resolve() / "chain"
        self._log = folder.resolve() / "chain.log"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = data_lock.acquire(self._folder / "lock")
        self._state = self._folder / "state.json"
        self._port = kept_port(self._folder / "port")
        self._block_s = block_s
        self._settings = settings
        self.chain_id = self._kept_id()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it with the state that it had, or returns at once if it runs. Raises ServerError."""
        if self.alive:
            return
        program = anvil()
        if program is None:
            raise ServerError("anvil is not installed; run `make setup`")
        command = [str(program), "--host", "127.0.0.1", "--port", str(self._port), "--chain-id", str(self.chain_id)]
        command += ["--state", str(self._state), "--state-interval", str(STATE_EVERY_S), "--no-cors", "--quiet"]
        command += ["--block-time", str(self._block_s)] if self._block_s else []
        self._child = Child.start(
            "the development chain", [*command, *self._settings], log=self._log, account=Account.own(),
            stop_signal=signal.SIGTERM,
        )  # fmt: skip
        self._child.wait_until(self._is_ready, timeout_s=READY_TIMEOUT_S)

    def close(self) -> None:
        """Stops it, and lets go of its folder."""
        self.stop()
        self._lock.close()

    def ask(self, method: str, *arguments: Any) -> Any:
        """The answer of its RPC. Raises OSError, and ServerError for a refusal."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310  (http, ours)
        with urllib.request.urlopen(request, timeout=READY_TIMEOUT_S) as answer:  # noqa: S310
            said = json.load(answer)
        if "error" in said:
            raise ServerError(f"the development chain refuses {method}: {said['error']}")
        return said["result"]

    def _is_ready(self) -> bool:
        try:
            return int(self.ask("eth_chainId"), 16) == self.chain_id
        except (OSError, ValueError):
            return False

    def _kept_id(self) -> int:
        file = self._folder / "id"
        if self._state.exists() and self._state.stat().st_size > STATE_BYTES_MAX:
            self._state.unlink()
        if self._state.exists() and (kept := _chain_id(file)) is not None:
            return kept
        chosen = secrets.randbelow(CHAIN_ID_MAX - CHAIN_ID_MIN) + CHAIN_ID_MIN
        self._state.unlink(missing_ok=True)
        half = file.with_suffix(".new")  # so that whoever is stopped meanwhile leaves no half of one
        half.write_text(str(chosen))
        half.replace(file)
        return chosen


def _chain_id(file: Path) -> int | None:
    """The one in a file; None where there is none, whatever else is in it: a disk that was full leaves an empty file."""
    try:
        kept = int(file.read_bytes()[:CHAIN_ID_CHARS_MAX])
    except (OSError, ValueError):
        return None
    return kept if CHAIN_ID_MIN <= kept <= CHAIN_ID_MAX else None
