"""`python -m loadtest peers`: the same crowd and messages on livehub and on what a user might pick instead, in one run.

Rounds take turns: every server has its first round before any has its second, so that what else the machine does meets all of
them. Prints a table of medians; progress goes to standard error.
"""

import argparse
import asyncio
import contextlib
import datetime
import os
import platform
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvloop
from msgspec import Struct

from loadtest.crowds import CrowdLost
from loadtest.pairs import is_swapped
from loadtest.peers.nginx import Nchan
from loadtest.peers.ours import BESIDE, Livehub
from loadtest.peers.peer import Peer, said
from loadtest.peers.processes import NotStarted
from loadtest.peers.rounds import SCENARIOS, OutOfBounds, Size
from loadtest.peers.socketio_servers import NodeSocketIO, PythonSocketIO
from loadtest.peers.summary import MEANINGS, Measured, Pairs, Ratio, Row, pairs, ratios, rows, table

PEERS: tuple[type[Peer], ...] = (Livehub, Nchan, NodeSocketIO, PythonSocketIO)
NOT_IN = {"inbound": {Nchan.name}}  # what comes in there are HTTP requests
FAULTS = (NotStarted, OutOfBounds, CrowdLost, TimeoutError, OSError)


class Report(Struct, frozen=True, kw_only=True):
    """All of a run."""

    at: str
    commit: str
    machine: dict[str, Any]
    versions: dict[str, str]
    left_out: dict[str, str]
    size: Size
    rounds: int
    meanings: dict[str, str]
    rows: list[Row]
    ratios: list[Ratio]
    pairs: list[Pairs]
    notes: list[str]


def _arguments(arguments: list[str]) -> argparse.Namespace:
    size = Size()
    parser = argparse.ArgumentParser(
        prog="python -m loadtest peers",
        description="The same crowd on livehub, nginx with nchan, Node socket.io and stock python-socketio.",
    )
    parser.add_argument("--rounds", type=int, default=3, help="of each scenario on each server (%(default)s)")
    parser.add_argument("--viewers", type=int, default=size.viewers, help="of fanout and connect (%(default)s)")
    parser.add_argument("--mix-viewers", type=int, default=size.mix_viewers, help="of mix (%(default)s)")
    parser.add_argument("--speakers", type=int, default=size.speakers, help="sockets that talk (%(default)s)")
    parser.add_argument("--seconds", type=float, default=size.seconds, help="that they talk in a round (%(default)s)")
    parser.add_argument(
        "--messages", type=float, default=size.messages_per_s, help="lines a second in fanout (%(default)s)"
    )
    parser.add_argument("--rss-mb-max", type=int, default=size.rss_mb_max, help="memory a server may use (%(default)s)")
    parser.add_argument(
        "--only", default="", help=f"scenarios and servers, comma separated, of: {', '.join(_choices())}"
    )
    parser.add_argument("--beside", type=Path, help="a checkout of another version of livehub, measured too, in pairs")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args(arguments)
    unknown = set(_only(options)) - set(_choices())
    if unknown:
        parser.error(f"--only: there is no {', '.join(sorted(unknown))}")
    if options.rounds < 1 or options.viewers < 2 or options.mix_viewers < 2 or options.speakers < 1:
        parser.error("at least one round and speaker, and two viewers, are needed")
    return options


def _choices() -> list[str]:
    return [*SCENARIOS, *(peer.name for peer in PEERS)]


def _only(options: argparse.Namespace) -> list[str]:
    return [name.strip() for name in options.only.split(",") if name.strip()]


def _size(options: argparse.Namespace) -> Size:
    return Size(
        viewers=options.viewers,
        mix_viewers=options.mix_viewers,
        speakers=options.speakers,
        seconds=options.seconds,
        messages_per_s=options.messages,
        rss_mb_max=options.rss_mb_max,
    )


def _chosen(only: list[str], beside: Path | None) -> tuple[list[str], list[Peer], dict[str, str]]:
    """Scenarios and servers to measure, and why others are left out."""
    scenarios = [name for name in SCENARIOS if name in only] or list(SCENARIOS)
    wanted = [peer() for peer in PEERS if peer.name in only] or [peer() for peer in PEERS]
    wanted += [Livehub(beside.resolve())] if beside is not None else []
    left_out = {peer.name: reason for peer in wanted if (reason := peer.absent())}
    for name, reason in left_out.items():
        _tell(f"{name} is left out: {reason}")
    return scenarios, [peer for peer in wanted if peer.name not in left_out], left_out


async def measure(options: argparse.Namespace) -> Report:
    """All rounds. A round that fails is a note, and its server has one figure less."""
    scenarios, peers, left_out = _chosen(_only(options), options.beside)
    size, measured, notes = _size(options), Measured(), list[str]()
    started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for number in range(1, options.rounds + 1):
        for scenario in scenarios:
            for peer in reversed(peers) if is_swapped(number) else peers:
                if peer.name in NOT_IN.get(scenario, ()):
                    continue
                where = f"round {number} of {options.rounds}, {scenario}, {peer.name}"
                _tell(f"{where} ...")
                began_s = time.monotonic()
                try:
                    outcome = await SCENARIOS[scenario](peer, size)
                except FAULTS as fault:
                    measured.setdefault((scenario, peer.name), []).append({})
                    notes.append(f"{where}: stopped: {str(fault) or type(fault).__name__}")
                    _tell(notes[-1])
                    continue
                measured.setdefault((scenario, peer.name), []).append(outcome.figures)
                notes += [f"{where}: {note}" for note in outcome.notes]
                first, value = next(iter(outcome.figures.items()))
                _tell(f"{where}: {first} {value:,.2f}, {time.monotonic() - began_s:.0f} s")
                for note in outcome.notes:
                    _tell(f"  {note}")
    found = rows(measured)
    return Report(
        at=started_at,
        commit=said(["git", "rev-parse", "HEAD"]),
        machine=machine(),
        versions={peer.name: peer.version() for peer in peers},
        left_out=left_out,
        size=size,
        rounds=options.rounds,
        meanings=MEANINGS,
        rows=found,
        ratios=ratios(found),
        pairs=pairs(measured, BESIDE),
        notes=notes,
    )


def machine() -> dict[str, Any]:
    """What everything ran on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "network": "loopback; servers and crowd on this one machine",
    }


def _tell(text: str) -> None:
    sys.stderr.write(f"peers: {text}\n")
    sys.stderr.flush()


async def _run(options: argparse.Namespace) -> Report:
    task = asyncio.current_task()
    assert task is not None
    # Told to end is Ctrl-C: what was started is ended first.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(options)


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when there is not one figure, 130 when stopped."""
    options = _arguments(arguments)
    report = None
    with (
        contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(_run(options))
    if report is None:
        _tell("stopped; all servers are ended")
        return 130
    sys.stdout.write(table(report.rows, report.ratios) + "\n\n")
    for pair in report.pairs:
        sys.stdout.write(f"{pair.scenario} {pair.figure}: to the version beside it {pair.ratio}\n")
    for name, version in report.versions.items():
        sys.stdout.write(f"{name}: {version}\n")
    for note in report.notes:
        sys.stdout.write(f"note: {note}\n")
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 0 if report.rows else 1
