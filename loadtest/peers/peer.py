"""What rounds know of a server, whichever it is: a dialect for the crowd, a port, what its process uses."""

import subprocess
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal

from loadtest.peers.processes import ServerProcess, Usage

CHECKOUT = Path(__file__).parent.parent.parent
ROOM = "load"
ASK_TIMEOUT_S = 30.0

# What a server does with chat lines and likes: sends each to the room, as in a show, or only counts and acknowledges it.
# livehub knows no such thing: its likes are totals, and its lines go out with the ticks.
Mode = Literal["broadcast", "count"]


class Served(ABC):
    """A server that runs."""

    def __init__(self, port: int) -> None:
        self.port = port

    @abstractmethod
    def usage(self) -> Usage:
        """What its own processes have used; not what PostgreSQL and Valkey have."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once, since it has gone past its bounds."""

    async def tokens(self, count: int) -> list[str]:  # noqa: ARG002 - no peer asks who speaks
        """Tokens for `count` people who talk; [] where nobody needs one."""
        return []


class Program(Served):
    """One that is a program of its own."""

    def __init__(self, port: int, process: ServerProcess) -> None:
        super().__init__(port)
        self._process = process

    def usage(self) -> Usage:
        """Of the process, or its workers."""
        return self._process.usage()

    def kill(self) -> None:
        """By signal."""
        self._process.kill()


class Peer(ABC):
    """One kind of server. `dialect` and `target` are for the crowd; `posts`: messages come in by HTTP POST."""

    name: str
    dialect = "socketio"
    target = ""
    posts = False

    def absent(self) -> str:
        """Why it cannot be measured here, in plain words; "" if it can."""
        return ""

    @abstractmethod
    def version(self) -> str:
        """What exactly is measured."""

    @abstractmethod
    def served(self, mode: Mode) -> AbstractAsyncContextManager[Served]:
        """A fresh server, until left. Raises NotStarted."""


def said(command: list[str], cwd: Path = CHECKOUT) -> str:
    """What a program prints; "" if it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=ASK_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
