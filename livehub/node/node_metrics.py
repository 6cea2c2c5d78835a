"""Metrics of a node with several processes: whichever of them is asked answers for all, each sample with its `worker`.

Every process listens on a Unix socket in a folder that only we can open (hub/handover.py); there the others are asked for
their own. One that does not answer in time is told of as `livehub_worker_up 0`; its last figures are not kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from livehub.base.bounds import Bound, bounded
from livehub.base.metrics import exposition
from livehub.base.serving import Runner

OWN = "/metrics/own"
FOR_MONITORING = "what watches the server asks it, also while it is flooded"
ANSWER_S = 2.0  # well within Prometheus' own 10 s
ANSWER_BYTES_MAX = 4_000_000
_UP = "livehub_worker_up"


def response(text: bytes) -> web.Response:
    return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


@bounded(Bound.NONE, why=FOR_MONITORING)
async def own(_request: web.Request) -> web.Response:
    """This process's metrics alone."""
    return response(exposition())


class Scraper:
    """Asks all processes whose sockets lie in `folder`; `ours` is that of this one. Who asks meanwhile gets the same answer."""

    def __init__(self, folder: Path, ours: Path) -> None:
        self._folder = folder
        self._ours = ours
        self._asking: asyncio.Task[bytes] | None = None

    async def text(self) -> bytes:
        """The metrics of the node, in at most ANSWER_S."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="scrape")
            self._asking.add_done_callback(self._done)
        return await asyncio.shield(self._asking)

    def _done(self, _task: asyncio.Task[bytes]) -> None:
        self._asking = None

    async def _ask(self) -> bytes:
        others = _sockets(self._folder) - {self._ours}
        texts = await asyncio.gather(*(_asked(socket) for socket in others))
        told = dict(sorted(zip(map(_name, others), texts, strict=True)))
        return merged({_name(self._ours): exposition().decode(), **told})


@asynccontextmanager
async def listening(socket: Path | None) -> AsyncIterator[None]:
    """Answer on `socket`, for a process that listens to nobody else; nothing without one."""
    if socket is None:
        yield
        return
    app = web.Application()
    app.router.add_get(OWN, own)
    runner = Runner(app, access_log=None, shutdown_timeout=1.0, handle_signals=False)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(socket)).start()
        yield
    finally:
        await runner.cleanup()


def merged(texts: dict[str, str | None]) -> bytes:
    """Expositions of several processes (None: no answer) as one. Pure: no I/O.

    Samples of a family must stand together, under one HELP and one TYPE (Prometheus text format, "Grouping and sorting").
    """
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for worker, text in texts.items():
        family = ""
        for line in (text or "").splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                heads.setdefault(family, [line])
            elif line.startswith("# TYPE "):
                if len(heads[family]) == 1:
                    heads[family].append(line)
            elif line:
                samples.setdefault(family, []).append(_labelled(line, worker))
    lines = [line for family, head in heads.items() for line in (*head, *samples.get(family, ()))]
    lines += [f"# HELP {_UP} Whether a process of this node answered", f"# TYPE {_UP} gauge"]
    lines += [f'{_UP}{{worker="{worker}"}} {float(text is not None)}' for worker, text in sorted(texts.items())]
    return ("\n".join(lines) + "\n").encode()


def _labelled(sample: str, worker: str) -> str:
    name, brace, rest = sample.partition("{")
    if brace and " " not in name:
        return f'{name}{{worker="{worker}",{rest}'
    name, _, value = sample.partition(" ")
    return f'{name}{{worker="{worker}"}} {value}'


def _sockets(folder: Path) -> set[Path]:
    return set(folder.glob("*.sock"))


def _name(socket: Path) -> str:
    return socket.stem.removeprefix("worker-")


async def _asked(socket: Path) -> str | None:
    connector = aiohttp.UnixConnector(path=str(socket))
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(f"http://worker{OWN}") as answer,
        ):
            text = b""
            while len(text) <= ANSWER_BYTES_MAX and (more := await answer.content.readany()):
                text += more
            return text.decode() if answer.status == 200 and len(text) <= ANSWER_BYTES_MAX else None
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
