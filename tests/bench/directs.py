"""Does chat notice 50,000 direct messages a minute? `python -m tests.bench.directs`: windows without and with them take turns.

5,000 people with tokens watch one room of a server with two workers; another process of ours, as a job would be, stores and
publishes 833 messages a second to them, 50 in a transaction. Everything is on this machine: what the sender and the
crowd use is missing for the server.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator

import uvloop
from msgspec import Struct

from livehub.base.auth import Identity, Role, Tokens
from livehub.base.db import Database
from livehub.embedded.servers import Postgres, Valkey
from livehub.hub.broker.broker import Broker
from livehub.hub.inbox.inbox import Inbox
from livehub.hub.inbox.settings import InboxConfig
from livehub.hub.settings import HubConfig
from livehub.room.wire import Direct
from loadtest import crowd as one_crowd
from loadtest.crowds import Crowds, crowds
from loadtest.people import host_of, tokens
from loadtest.server import CHECKOUT, LocalServer, own_server
from loadtest.talk import Talk
from tests.conftest import new_folder

SECRET = "a secret of the benchmarks, more than 32 characters"
PEOPLE = 5_000
DIRECTS_PER_MINUTE = 50_000
BATCH = 50
ROUNDS = 5
WINDOW_S = 10.0
SETTLE_S = 2.0
CHATS_PER_S = 20.0
ROOM = "directs"
TALKERS = 40
TALKERS_FROM = 0xF000


class Window(Struct, frozen=True, kw_only=True):
    """What viewers had in one window, and what the server's own processes used."""

    chat_p50_ms: float
    chat_p99_ms: float
    directs: int
    server_cpu_s: float
    faults: int


# --- the process that sends ---


async def send(database_url: str, redis_url: str) -> None:
    """Until it is ended: what fell due while the database was slow is sent late, not left out."""
    config = HubConfig(database_url=database_url, redis_url=redis_url)
    database = Database(config)
    broker = Broker(config, receive=lambda _channel, _payload: None, on_change=lambda: None)
    inbox = Inbox(
        InboxConfig(), database, broker, worker="sender", devices_of=lambda _user: (), now_s=time.time, delivers=False
    )
    await database.open()
    broker.start()
    while not broker.connected:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    started_s, run = time.monotonic(), int(time.time())
    for sent in itertools.count(0, BATCH):
        await asyncio.sleep(started_s + sent * 60 / DIRECTS_PER_MINUTE - time.monotonic())
        async with database.transaction() as tx:
            await inbox.send_many(tx, [_order(run, number) for number in range(sent, sent + BATCH)])


def _order(run: int, number: int) -> tuple[str, Direct]:
    data = {"order": f"{number}", "status": "paid", "text": "我们收到了您的付款，正在备货。"}
    direct = Direct(id=f"order-{run}-{number}", type="order", ts=int(time.time() * 1000), data=data)
    return f"person-{number % PEOPLE}", direct


@contextlib.asynccontextmanager
async def _sending(environ: dict[str, str]) -> AsyncIterator[None]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.directs", "--send", cwd=CHECKOUT, env=environ
    )
    try:
        yield
        assert child.returncode is None, "the sender has ended"
    finally:
        child.terminate()
        await child.wait()


# --- rounds ---


async def _window(server: LocalServer, crowd: Crowds, environ: dict[str, str], *, directs: bool) -> Window:
    async with contextlib.AsyncExitStack() as stack:
        if directs:
            await stack.enter_async_context(_sending(environ))
        await asyncio.sleep(SETTLE_S)
        await crowd.take()
        begun = server.sample()
        await asyncio.sleep(WINDOW_S)
        figures = await crowd.take()
        ended = server.sample()
    return Window(
        chat_p50_ms=figures.chat.percentile(50),
        chat_p99_ms=figures.chat.percentile(99),
        directs=sum(figures.notices.values()),
        server_cpu_s=ended.cpu_s.get("server", 0.0) - begun.cpu_s.get("server", 0.0),
        faults=sum(figures.faults.values()),
    )


async def _go_on(talkers: Crowds) -> None:
    while True:
        await talkers.talk(Talk(seconds=60.0, chats_per_s=CHATS_PER_S))


def _tell(windows: dict[bool, list[Window]]) -> None:
    for directs, name in ((False, "without"), (True, "with")):
        for window in windows[directs]:
            sys.stdout.write(
                f"{name:<8} chat p50 {window.chat_p50_ms:7.1f} ms  p99 {window.chat_p99_ms:7.1f} ms"
                f"  directs received {window.directs:6}  server {window.server_cpu_s:5.2f} s  faults {window.faults}\n"
            )
    pairs = zip(windows[True], windows[False], strict=True)
    ratios = sorted(loud.chat_p99_ms / quiet.chat_p99_ms for loud, quiet in pairs)
    medians = {directs: statistics.median(w.chat_p99_ms for w in windows[directs]) for directs in windows}
    sys.stdout.write(
        f"chat p99: {medians[False]:.1f} ms without, {medians[True]:.1f} ms with; paired ratio, median "
        f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})\n"
    )


async def run(port: int, rounds: int, workers: int) -> None:
    """Start everything, play the rounds, tell."""
    os.environ["LIVEHUB_SECRET"] = SECRET  # for the server, and for its command that makes tokens
    signer = Tokens(SECRET)
    given = [
        signer.sign(Identity(id=f"person-{n}", name=f"P{n}", role=Role.VIEWER), now_s=time.time(), ttl_s=7_200)
        for n in range(PEOPLE)
    ]
    with new_folder() as folder, contextlib.ExitStack() as stack:
        postgres, valkey = Postgres(folder), Valkey(folder)
        stack.callback(postgres.close)
        stack.callback(valkey.close)
        urls = {"DATABASE_URL": postgres.url(), "REDIS_URL": valkey.url}
        settings = {**urls, "LIVEHUB_LOG_LEVEL": "WARNING"}
        async with own_server(port, workers, settings=settings) as server:
            seats = one_crowd.Plan(host=server.host, port=port, room=ROOM, size=PEOPLE, tokens=given)
            speakers = await tokens(server, TALKERS, first_source=TALKERS_FROM)
            stage = one_crowd.Plan(
                host=server.host, port=port, room=ROOM, size=TALKERS, tokens=speakers, first_source=TALKERS_FROM
            )
            async with host_of(server, ROOM), crowds(seats) as crowd, crowds(stage) as talkers:
                await talkers.enter()
                await crowd.enter()
                show = asyncio.get_running_loop().create_task(_go_on(talkers))
                windows: dict[bool, list[Window]] = {False: [], True: []}
                for number in range(rounds):
                    for directs in (False, True) if number % 2 == 0 else (True, False):
                        found = await _window(server, crowd, {**os.environ, **urls}, directs=directs)
                        windows[directs].append(found)
                show.cancel()
                await asyncio.wait([show])
    _tell(windows)


def main() -> None:
    """Play, or be the sender."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.directs")
    parser.add_argument("--port", type=int, default=8993)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        uvloop.run(send(os.environ["DATABASE_URL"], os.environ["REDIS_URL"]))
        return
    uvloop.run(run(options.port, options.rounds, options.workers))


if __name__ == "__main__":
    main()
