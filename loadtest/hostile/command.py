"""`python -m loadtest hostile`: each kind of attacker against a room; what the room noticed, and what the attacker got."""

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec
import uvloop

from loadtest.command import commit, machine
from loadtest.crowds import CrowdLost
from loadtest.hostile.attackers import ATTACKERS
from loadtest.hostile.rounds import PERCENTILES, RATIO_MAX, Outcome, Plan, Rounds, machine_time
from loadtest.server import ServerLost, own_server


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest hostile", description="Attackers in a room: does the rest of it notice?"
    )
    parser.add_argument("--only", action="append", choices=list(ATTACKERS), help="this attacker; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="without and with each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each window (%(default)s)")
    parser.add_argument("--viewers", type=int, default=500, help="%(default)s")
    parser.add_argument("--workers", type=int, default=1, help="hub processes (%(default)s)")
    parser.add_argument("--port", type=int, default=8990, help="of the demo that is started (%(default)s)")
    parser.add_argument("--json", type=Path, help="where to write the windows and what attackers got")
    return parser.parse_args(arguments)


def _tell(text: str) -> None:
    sys.stderr.write(f"loadtest: {text}\n")


async def _play(options: argparse.Namespace) -> list[Outcome]:
    plan = Plan(
        attackers=options.only or list(ATTACKERS),
        rounds=options.rounds,
        seconds=options.seconds,
        viewers=options.viewers,
    )
    async with own_server(options.port, options.workers) as server:
        return await Rounds(server, plan, _tell).run()


def table(outcomes: list[Outcome]) -> str:
    """For the terminal: medians of the windows without and with, and their ratio."""
    lines = [f"{'attacker':<24}" + "".join(f"{name.removesuffix('_ms'):>24}" for name in PERCENTILES) + "   verdict"]
    for outcome in outcomes:
        cells = "".join(_cell(outcome, name) for name in PERCENTILES)
        lines.append(f"{outcome.attacker:<24}{cells}   {'calm' if outcome.calm else 'NOTICED'}")
    for outcome in outcomes:
        got = outcome.got
        lines += [
            "",
            f"{outcome.attacker}: {ATTACKERS[outcome.attacker].what}",
            f"  {got.sockets} sockets, {got.entered} entered, {got.messages:,} messages, {got.bytes_sent / 1e6:,.1f} MB sent",
            f"  close codes {got.closed or 'none'}; error numbers {got.errors or 'none'}; refused {got.refused or 'never'}",
        ]
        if outcome.faults or outcome.notices:
            lines.append(
                f"  meanwhile in the crowd: faults {outcome.faults or 'none'}, notices {outcome.notices or 'none'}"
            )
    return "\n".join(lines) + "\n"


def _cell(outcome: Outcome, name: str) -> str:
    quiet, attacked = outcome.median(name, attacked=False), outcome.median(name, attacked=True)
    return f"{quiet:>8.1f} {attacked:>8.1f} {outcome.ratio(name):>5.2f}x"


def main(arguments: list[str]) -> int:
    """Run it; 1 when the room noticed an attacker, 2 when it could not be run."""
    options = _arguments(arguments)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcomes = runner.run(_play(options))
    except (CrowdLost, ServerLost) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 2
    sys.stdout.write(
        f"ms without, ms with, ratio; a room is calm while the 99th percentiles stay within {RATIO_MAX}x\n\n"
    )
    sys.stdout.write(table(outcomes))
    if options.json is not None:
        made = {"made": machine_time(), "machine": machine(), "commit": commit(), "outcomes": outcomes}
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(made)))
    return 0 if all(outcome.calm for outcome in outcomes) else 1
