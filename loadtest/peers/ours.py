"""livehub among its peers: the demo, one process. Its limits are lifted, since a crowd of one machine is what they are for."""

import contextlib
import re
from collections.abc import AsyncIterator

import aiohttp

from loadtest.house import House, HouseLost, own_house
from loadtest.peers.peer import CHECKOUT, ROOM, Mode, Peer, Served, said
from loadtest.peers.processes import NotStarted, Usage, free_port
from loadtest.people import host_of, tokens

TOKENS_FROM = 0xF000  # loopback addresses that tokens are asked for from: 127.0.240.0 and on
FIELD = re.compile(r"^    ([a-z][a-z0-9_]*): Annotated\[", re.MULTILINE)

ALL_LINES = "chat_shown_per_s_max"

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


class Livehub(Peer):
    """See the module."""

    name = "livehub"
    dialect = "livehub"

    def version(self) -> str:
        """The commit, and whether the checkout differs from it."""
        changed = " with changes" if said(["git", "status", "--porcelain", "--untracked-files=no"]) else ""
        return f"commit {said(['git', 'rev-parse', '--short', 'HEAD']) or 'unknown'}{changed}"

    @contextlib.asynccontextmanager
    async def served(self, mode: Mode) -> AsyncIterator[Served]:
        """The demo on an empty folder, with the room opened. Where nobody is to be shown all lines, it samples as it does."""
        source = (CHECKOUT / "livehub" / "base" / "config.py").read_text(encoding="utf-8")
        async with contextlib.AsyncExitStack() as stack:
            try:
                lifted = settings(source, all_lines=mode == "broadcast")
                house = await stack.enter_async_context(own_house(free_port(), 1, settings=lifted))
                await stack.enter_async_context(host_of(house, ROOM))
            except (HouseLost, aiohttp.ClientError, TimeoutError) as error:
                raise NotStarted(f"{self.name}: {error}") from error
            yield _Running(house)


class _Running(Served):
    def __init__(self, house: House) -> None:
        super().__init__(house.port)
        self._house = house

    def usage(self) -> Usage:
        sample = self._house.sample()
        return Usage(sample.cpu_s.get("server", 0.0), sample.rss_bytes.get("server", 0))

    def kill(self) -> None:
        """Not by signal: it has PostgreSQL to stop, and does so when left."""

    async def tokens(self, count: int) -> list[str]:
        return await tokens(self._house, count, first_source=TOKENS_FROM)


def settings(source: str, *, all_lines: bool = True) -> dict[str, str]:
    """SETTINGS as variables, those that the server knows whose config.py is `source`: it refuses unknown ones.

    Without `all_lines` it samples chat as it does by default.
    """
    known = set(FIELD.findall(source)) - (set() if all_lines else {ALL_LINES})
    return {f"LIVEHUB_{name.upper()}": value for name, value in SETTINGS.items() if name in known}
