"""Socket.IO as a user would pick it: python-socketio on aiohttp, and Node's socket.io; both with Redis between processes."""

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from loadtest.peers.peer import Mode, Peer, Program, Served, said
from loadtest.peers.processes import free_port, new_folder, running, valkey

PYTHON_SERVER = Path(__file__).parent / "python" / "server.py"
NODE_FOLDER = Path(__file__).parent / "node"
NODE_MAJOR_MIN = 20
INSTALL_TIMEOUT_S = 300.0


class PythonSocketIO(Peer):
    """python/server.py, on uvloop."""

    name = "python-socketio"

    def version(self) -> str:
        """Of the libraries that matter."""
        return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in (self.name, "aiohttp", "uvloop"))

    @contextlib.asynccontextmanager
    async def served(self, mode: Mode) -> AsyncIterator[Served]:
        """The program and a Valkey."""
        with new_folder() as folder, valkey(folder) as redis_url:
            port = free_port()
            command = [sys.executable, str(PYTHON_SERVER), str(port), redis_url, mode]
            with running(self.name, command, port, folder=folder, environ=os.environ, cwd=folder) as process:
                yield Program(port, process)


class NodeSocketIO(Peer):
    """node/server.mjs; its packages are installed when they are first needed."""

    name = "node-socketio"

    def absent(self) -> str:
        """Node and npm have to be there; the packages are installed if need be."""
        if shutil.which("node") is None or shutil.which("npm") is None:
            return "node and npm are not installed"
        found = said(["node", "--version"])
        major = re.match(r"v(\d+)\.", found)
        if major is None or int(major[1]) < NODE_MAJOR_MIN:
            return f"Node {NODE_MAJOR_MIN} or newer is needed, not {found or 'one that does not run'}"
        return _install()

    def version(self) -> str:
        """Of the packages in the lock, and of Node."""
        packages = json.loads((NODE_FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        names = ("socket.io", "@socket.io/redis-adapter")
        found = [f"{name} {packages[f'node_modules/{name}']['version']}" for name in names]
        return ", ".join([*found, f"Node {said(['node', '--version']).removeprefix('v')}"])

    @contextlib.asynccontextmanager
    async def served(self, mode: Mode) -> AsyncIterator[Served]:
        """The program and a Valkey."""
        with new_folder() as folder, valkey(folder) as redis_url:
            port = free_port()
            command = ["node", str(NODE_FOLDER / "server.mjs"), str(port), redis_url, mode]
            environ = {**os.environ, "NODE_ENV": "production"}
            with running(self.name, command, port, folder=folder, environ=environ, cwd=NODE_FOLDER) as process:
                yield Program(port, process)


def _install() -> str:
    """Bring in what package-lock.json says, if it is not there; why that failed, "" if it did not."""
    mark, lock = NODE_FOLDER / "node_modules" / ".package-lock.json", NODE_FOLDER / "package-lock.json"
    if mark.is_file() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return ""
    sys.stderr.write("peers: installing socket.io for Node (npm ci)\n")
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
    try:
        done = subprocess.run(
            command, cwd=NODE_FOLDER, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm ci did not run through: {error}"
    complaint = (done.stderr.strip() or "it said nothing").splitlines()[0]
    return f"npm ci failed: {complaint}" if done.returncode else ""
