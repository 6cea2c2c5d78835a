"""An OpenID provider out of a wheel (`oidc-provider-mock`), on 127.0.0.1: whoever opens it says who they are. For `demo` and
tests, where nobody has to be kept out.
"""

import json
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livehub.embedded.child import Account, Child, OwnedServer
from livehub.embedded.ports import kept_port

READY_TIMEOUT_S = 30.0
CLIENT_ID, CLIENT_SECRET = "livehub", "demo"  # it takes any, but not none


class OidcProvider(OwnedServer):
    """Runs from construction until `stop()`. `people`: the claims of each, `sub` among them.

    `is_awaited`: whether starting it returns only when it answers, which takes seconds.
    It keeps its port from run to run, if that is free, since its address is a part of who people are.
    """

    def __init__(self, folder: Path, people: Sequence[Mapping[str, Any]], *, is_awaited: bool = True) -> None:
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "oidc.log"
        self._people = people
        self._is_awaited = is_awaited
        self._port = kept_port(folder / "oidc-port")
        self.start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it, or returns at once if it runs. Raises ServerError."""
        if self.alive:
            return
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(self._port)]
        for person in self._people:
            command += ["--user-claims", json.dumps(person)]
        self._child = Child.start(
            "OIDC provider", command, log=self._log, account=Account.own(), stop_signal=signal.SIGTERM
        )
        if self._is_awaited:
            self._child.wait_until(self._is_ready, timeout_s=READY_TIMEOUT_S)

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
