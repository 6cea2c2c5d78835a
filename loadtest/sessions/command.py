"""`python -m loadtest sessions storm | revocations`. Prints a table, writes JSON, fails when what must be so is not."""

import argparse
import asyncio
import datetime
import sys
import tempfile
from pathlib import Path

import msgspec
import uvloop

from loadtest.command import commit, machine
from loadtest.crowds import CrowdLost
from loadtest.sale.command import OPEN_HANDED
from loadtest.server import ServerLost, own_server
from loadtest.sessions import revocations, storm
from loadtest.sessions.statements import Asked, counting_postgres

SHOWN_MAX = 12
QUERY_CHARS = 90
# Nobody is turned away for being one of so many: what is looked at is what those who are let in cost.
LIMITS = {**OPEN_HANDED, "LIVEHUB_ADMISSION_LAG_MS_MAX": "60000"}


def _arguments(arguments: list[str]) -> argparse.Namespace:
    storms, ended = storm.Plan(), revocations.Plan()
    parser = argparse.ArgumentParser(
        prog="python -m loadtest sessions",
        description="What signing in costs a crowd, on a demo that is started for it.",
    )
    parser.add_argument("what", choices=["storm", "revocations"])
    parser.add_argument("--viewers", type=int, default=storms.viewers, help="of a storm (%(default)s)")
    parser.add_argument("--storms", type=int, default=storms.storms, help="one after the other (%(default)s)")
    parser.add_argument(
        "--at-once", type=int, default=storms.at_once, help="joins on their way at a time (%(default)s)"
    )
    parser.add_argument("--idle", type=float, default=storms.idle_s, help="seconds before the first (%(default)s)")
    parser.add_argument("--times", type=int, default=ended.times, help="sessions that are ended (%(default)s)")
    parser.add_argument("--sockets", type=int, default=ended.sockets, help="of each session (%(default)s)")
    parser.add_argument("--kill-valkey", action="store_true", help="sessions are ended without Valkey")
    parser.add_argument("--workers", type=int, default=storms.workers, help="hub processes of the demo (%(default)s)")
    parser.add_argument("--port", type=int, default=8990, help="of the demo that is started (%(default)s)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args(arguments)
    if min(options.viewers, options.storms, options.at_once, options.times, options.sockets, options.workers) < 1:
        parser.error("at least one of each is needed")
    return options


def _tell(text: str) -> None:
    sys.stderr.write(f"loadtest: {text}\n")


async def _storm(options: argparse.Namespace) -> storm.Report:
    plan = storm.Plan(
        workers=options.workers,
        viewers=options.viewers,
        at_once=options.at_once,
        storms=options.storms,
        idle_s=options.idle,
    )
    with tempfile.TemporaryDirectory(prefix="livehub-load-") as folder:
        async with counting_postgres(Path(folder)) as (postgres, statements):
            settings = {**LIMITS, "DATABASE_URL": postgres.url()}
            async with own_server(options.port, plan.workers, settings=settings) as server:
                played = await storm.play(server, statements, plan, _tell)
    return storm.Report(made=_now(), machine=machine(), commit=commit(), plan=plan, **msgspec.structs.asdict(played))


async def _revocations(options: argparse.Namespace) -> revocations.Report:
    plan = revocations.Plan(
        workers=options.workers, times=options.times, sockets=options.sockets, kill_valkey=options.kill_valkey
    )
    async with own_server(options.port, plan.workers, with_bus=plan.kill_valkey, settings=LIMITS) as server:
        played = await revocations.play(server, plan, _tell)
    return revocations.Report(
        made=_now(), machine=machine(), commit=commit(), plan=plan, **msgspec.structs.asdict(played)
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def storm_table(report: storm.Report) -> str:
    """For the terminal."""
    lines = [
        f"{report.machine}; commit {report.commit}; {report.plan.viewers} viewers, {report.plan.workers} workers",
        f"signing in took {report.signing_in_s:.0f} s; {report.memory_kb_per_viewer:.1f} KB of memory for each viewer",
        f"idle: {sum(one.idle_per_s for one in report.idle):.1f} statements a second",
        *_rows(report.idle),
    ]
    for number, one in enumerate(report.storms, 1):
        lines += [
            (
                f"storm {number}: {one.came_back} came back in {one.back_s:.1f} s; {one.statements} statements in "
                f"{one.seen_s:.1f} s, {one.extra:.0f} more than idle, {one.extra_each:.5f} for each who came back"
            ),
            *_rows([each for each in one.asked if each.extra >= 1]),
            f"  behind: {one.behind}; faults: {one.faults or 'none'}; notices: {one.notices or 'none'}",
        ]
    return "\n".join(lines) + "\n"


def _rows(statements: list[Asked]) -> list[str]:
    return [
        f"  {one.calls:>7} ({one.idle_per_s:.2f}/s idle, {one.extra:+.0f})  {one.query[:QUERY_CHARS]}"
        for one in sorted(statements, key=lambda one: -one.calls)[:SHOWN_MAX]
    ]


def revocation_table(report: revocations.Report) -> str:
    """For the terminal."""
    valkey = "dead" if report.plan.kill_valkey else "there"
    return (
        f"{report.machine}; commit {report.commit}; {report.plan.workers} workers, Valkey {valkey}\n"
        f"{report.plan.times} sessions of {report.plan.sockets} sockets ended; the last socket closed after "
        f"{report.median_ms:.0f} ms (median), {max(report.last_ms):.0f} ms (worst); the first after "
        f"{sorted(report.first_ms)[len(report.first_ms) // 2]:.0f} ms (median)\n"
        f"close codes: {report.closed}\n"
    )


def main(arguments: list[str]) -> int:
    """Run it; 1 when it is not sound, 2 when it could not be run."""
    options = _arguments(arguments)
    _tell("starting the demo ...")
    report: storm.Report | revocations.Report
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if options.what == "storm":
                report = runner.run(_storm(options))
                sys.stdout.write(storm_table(report))
            else:
                report = runner.run(_revocations(options))
                sys.stdout.write(revocation_table(report))
    except (CrowdLost, ServerLost) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 2
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    sys.stdout.write("sound\n" if report.sound else "NOT SOUND\n")
    return 0 if report.sound else 1
