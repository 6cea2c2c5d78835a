"""livehub among its peers: the demo, one process, without the demo's test camera. Its limits are lifted, since a crowd of one
machine is what they are for. Another version of it, from a checkout of its own, can be one of the peers.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from loadtest.peers.peer import CHECKOUT, ROOM, Mode, Peer, Served, said
from loadtest.peers.processes import NotStarted, Usage, free_port
from loadtest.people import host_of, remove_cameras, tokens
from loadtest.server import LocalServer, ServerLost, own_server

TOKENS_FROM = 0xF000  # loopback addresses that tokens are asked for from: 127.0.240.0 and on
BESIDE = "livehub-beside"  # the name of another version
PACKAGES = ("livehub", "commerce", "fulfil", "trace", "media")
FIELD = re.compile(r"^    ([a-z][a-z0-9_]*): Annotated\[", re.MULTILINE)

ALL_LINES = "chat_shown_per_s_max"
DEMO_ROOM = "demo"

SETTINGS = {
    # Thousands of people from one machine, who all come at once and say hundreds of things a second.
    "sockets_max": "20000",
    "sockets_per_address_max": "20000",
    "connects_per_s_max": "1000000",
    "connects_burst_max": "1000000",
    "admission_lag_ms_max": "60000",
    "socket_events_per_s_max": "1000000",
    "socket_events_burst_max": "1000000",
    "chat_per_s_max": "1000000",
    "chat_burst_max": "1000000",
    "likes_per_s_max": "1000000",
    "likes_burst_max": "1000000",
    "sessions_per_s_max": "1000",
    "sessions_burst_max": "10000",
    "http_requests_per_s_max": "1000",
    "http_requests_burst_max": "10000",
    # Every chat line is shown, as on the peers.
    ALL_LINES: "100000",
}

# What lines and likes cost follows the number of ticks, and that, where a process keeps within its share of a processor, how
# busy the machine is. Where only what comes in counts, a busy room ticks ten times a second, whatever else happens.
FIXED_TICKS = {"tick_interval_ms": "100", "tick_interval_ms_max": "100"}


class Livehub(Peer):
    """`checkout`: of the version that is served."""

    name = "livehub"
    dialect = "livehub"

    def __init__(self, checkout: Path = CHECKOUT) -> None:
        self._checkout = checkout
        if checkout != CHECKOUT:
            self.name = BESIDE

    def version(self) -> str:
        """The commit, and whether the checkout differs from it."""
        changed = said(["git", "status", "--porcelain", "--untracked-files=no"], self._checkout)
        commit = said(["git", "rev-parse", "--short", "HEAD"], self._checkout)
        return f"commit {commit or 'unknown'}{' with changes' if changed else ''}"

    @contextlib.asynccontextmanager
    async def served(self, mode: Mode) -> AsyncIterator[Served]:
        """The demo on an empty folder, with the room opened. Where nobody is to be shown all lines, it samples as it does, and
        its ticks are fixed."""
        source = settings_source(self._checkout)
        async with contextlib.AsyncExitStack() as stack:
            try:
                lifted = settings(source, all_lines=mode == "broadcast")
                server = await stack.enter_async_context(
                    own_server(free_port(), 1, settings=lifted, checkout=self._checkout)
                )
                await remove_cameras(server, DEMO_ROOM)
                await stack.enter_async_context(host_of(server, ROOM))
            except (ServerLost, aiohttp.ClientError, TimeoutError) as error:
                raise NotStarted(f"{self.name}: {error}") from error
            yield _Running(server)


class _Running(Served):
    def __init__(self, server: LocalServer) -> None:
        super().__init__(server.port)
        self._server = server

    def usage(self) -> Usage:
        sample = self._server.sample()
        return Usage(sample.cpu_s.get("server", 0.0), sample.rss_bytes.get("server", 0))

    def kill(self) -> None:
        """Not by signal: it has PostgreSQL to stop, and does so when left."""

    async def tokens(self, count: int) -> list[str]:
        return await tokens(self._server, count, first_source=TOKENS_FROM)


def settings_source(checkout: Path) -> str:
    """The files in which the server of that checkout declares its settings, one after the other."""
    files = [checkout / "livehub" / "base" / "config.py"]
    files += [path for folder in PACKAGES for path in sorted((checkout / folder).rglob("settings.py"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def settings(source: str, *, all_lines: bool = True) -> dict[str, str]:
    """SETTINGS as variables, those that the server knows whose files of settings `source` holds: it refuses unknown ones.

    Without `all_lines` it samples chat as it does by default, and FIXED_TICKS hold.
    """
    known = set(FIELD.findall(source)) - (set() if all_lines else {ALL_LINES})
    wanted = SETTINGS if all_lines else {**SETTINGS, **FIXED_TICKS}
    return {f"LIVEHUB_{name.upper()}": value for name, value in wanted.items() if name in known}
