"""`python -m loadtest kill`: sales while everything fails that can. Prints a table, writes JSON; 1: an invariant is broken."""

import argparse
import asyncio
import datetime
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

from loadtest.command import REPORTS, commit, machine
from loadtest.kill.node import Node, servers
from loadtest.kill.results import Report, Run, line, table
from loadtest.kill.runs import NotSetUp, Player, Settings, settings_of
from loadtest.server import ServerLost

RUNS, SEED = 20, 1


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest kill",
        description="Sales while processes are killed and frozen, answers lost and clocks stepped; and what must be true.",
        epilog="The run of a seed is played again with --runs 1 --seed SEED; its faults come at the same moments.",
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="how many (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=SEED, help="of the first; the next ones have the next (%(default)s)"
    )
    parser.add_argument("--runs-in-s", type=float, default=0.0, help="begin no more runs after so many seconds; 0: all")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument(
        "--keep", type=Path, help="folder for data and logs, which is kept; for looking into a violation"
    )
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.seed < 0:
        parser.error("at least one run, with a seed of 0 or more")
    return options


def _tell(text: str) -> None:
    sys.stderr.write(f"loadtest: {text}\n")


async def _play(options: argparse.Namespace, folder: Path) -> Report:
    playing, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert playing is not None
    for number in (signal.SIGINT, signal.SIGTERM):  # so that all that was started is ended
        loop.add_signal_handler(number, playing.cancel)
    began_s = time.monotonic()
    runs: list[Run] = []
    afterwards = []
    async with servers(folder) as (postgres, valkey):
        node = Node(folder, postgres, valkey)
        player = Player(node, REPORTS, _tell)
        started: Settings | None = None
        try:
            for seed in range(options.seed, options.seed + options.runs):
                if options.runs_in_s and time.monotonic() - began_s > options.runs_in_s:
                    break
                settings = settings_of(seed)
                if settings != started or not player.is_node_well:
                    await node.stop()
                    _tell(f"starting a node with {settings} ...")
                    await node.start(settings.environ())
                    started, player.is_node_well = settings, True
                runs.append(await player.run(seed))
                _tell(line(runs[-1]))
                for violation in runs[-1].violations:
                    _tell(f"  {violation.invariant}: {violation.text}")
            afterwards = await player.afterwards()
        finally:
            await node.stop()
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Report(made=made, machine=machine(), commit=commit(), runs=runs, afterwards=afterwards)


def main(arguments: list[str]) -> int:
    """Run it; 1 when an invariant is broken, 2 when it could not be run."""
    options = _arguments(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="livehub-kill-") as name:
            folder = Path(name)
            if options.keep is not None:
                folder = options.keep.resolve()
                folder.mkdir(parents=True)
            _tell("starting PostgreSQL and Valkey ...")
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                report = runner.run(_play(options, folder))
    except asyncio.CancelledError:
        return 128 + signal.SIGINT
    except (ServerLost, NotSetUp) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 2
    sys.stdout.write(table(report))
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    sys.stdout.write("sound: no invariant broken\n" if report.is_sound else "NOT SOUND\n")
    return 0 if report.is_sound else 1
