"""`python -m loadtest`: shows under load. Prints a table, writes JSON and a page, fails when a control message went wrong."""

import argparse
import asyncio
import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import uvloop
from yarl import URL

from loadtest.crowds import CrowdLost
from loadtest.report.page import page
from loadtest.results import Plan, Report, Run, Series, rows
from loadtest.server import CHECKOUT, LocalServer, ServerLost, own_server
from loadtest.show import LoadShow

REPORTS = (
    CHECKOUT / ".livehub" / "load"
)  # where reports lie unless told otherwise; .livehub is not part of the checkout


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest",
        description="A show under load, on a demo that is started for it or on a server that runs.",
        epilog="Other commands: `peers`, `hostile`, `locust`, `sale`, `kill`, `sessions`; each takes --help.",
    )
    where = parser.add_argument_group("where")
    where.add_argument("--url", type=URL, help="a server that runs already (then --data is needed)")
    where.add_argument("--data", type=Path, help="data folder of that server, for tokens")
    where.add_argument("--port", type=int, default=8990, help="port of the demo that is started (%(default)s)")
    where.add_argument("--workers", type=int, default=1, help="hub processes of the demo that is started (%(default)s)")
    what = parser.add_argument_group("what")
    what.add_argument("--viewers", type=int, default=500, help="%(default)s")
    what.add_argument("--seconds", type=float, default=15.0, help="length of the show itself (%(default)s)")
    what.add_argument("--chats", type=float, default=20.0, help="chat lines a second (%(default)s)")
    what.add_argument("--likes", type=float, default=200.0, help="likes a second (%(default)s)")
    what.add_argument("--like-batch", type=int, default=5, help="likes in one message (%(default)s)")
    what.add_argument("--controls", type=float, default=1.0, help="pairs of control messages a second (%(default)s)")
    what.add_argument("--no-cut", action="store_true", help="without the storm of reconnections in the end")
    what.add_argument("--kill-valkey", action="store_true", help="Valkey dies in the middle, for 5 s")
    who = parser.add_argument_group("the crowd")
    who.add_argument("--deflate", action="store_true", help="viewers take compressed messages, as browsers do")
    who.add_argument("--join-rate", type=float, default=0.0, help="joins a second; 0: as fast as they go (%(default)s)")
    who.add_argument("--at-once", type=int, default=64, help="joins on their way at a time (%(default)s)")
    who.add_argument("--per-address", type=int, default=256, help="sockets from one loopback address (%(default)s)")
    who.add_argument("--processes", type=int, default=0, help="of the crowd; 0: as many as are needed (%(default)s)")
    how = parser.add_argument_group("how often, and where to")
    how.add_argument("--runs", type=int, default=1, help="of each variant, taking turns (%(default)s)")
    how.add_argument("--compare", choices=["deflate", "workers"], help="without and with it; workers: 1 and --workers")
    how.add_argument("--json", type=Path, help="where to write the figures (.livehub/load/report.json)")
    how.add_argument("--html", type=Path, help="where to write the page (.livehub/load/report.html)")
    return parser.parse_args(arguments)


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the command line asks for."""
    return Plan(
        workers=options.workers,
        viewers=options.viewers,
        seconds=options.seconds,
        chats_per_s=options.chats,
        likes_per_s=options.likes,
        like_batch=options.like_batch,
        controls_per_s=options.controls,
        per_s=options.join_rate,
        at_once=options.at_once,
        per_source=options.per_address,
        processes=options.processes,
        deflate=options.deflate,
        cut=not options.no_cut,
        kill_valkey=options.kill_valkey,
    )


def variants(plan: Plan, compare: str | None) -> dict[str, Plan]:
    """The plans that take turns, by name."""
    if compare == "deflate":
        return {
            f"deflate {word}": msgspec.structs.replace(plan, deflate=on) for word, on in (("off", False), ("on", True))
        }
    if compare == "workers":
        counts = dict.fromkeys((1, plan.workers))
        return {
            f"{count} worker{'s' if count > 1 else ''}": msgspec.structs.replace(plan, workers=count)
            for count in counts
        }
    return {"show": plan}


def _tell(text: str) -> None:
    sys.stderr.write(f"loadtest: {text}\n")


async def _play(options: argparse.Namespace, plan: Plan) -> Report:
    if options.url is not None:
        server = LocalServer(options.url.host or "127.0.0.1", options.url.port or 80, options.data, None)
        return await LoadShow(server, plan, _tell).run()
    _tell("starting the demo ...")
    async with own_server(options.port, plan.workers, with_bus=plan.kill_valkey) as server:
        return await LoadShow(server, plan, _tell).run()


async def _series(options: argparse.Namespace) -> Series:
    plans = variants(plan_of(options), options.compare)
    runs: list[Run] = []
    for turn in range(options.runs):
        for name, plan in plans.items():
            if options.runs * len(plans) > 1:
                _tell(f"{name}, run {turn + 1} of {options.runs}")
            runs.append(Run(variant=name, report=await _play(options, plan)))
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Series(made=made, machine=machine(), commit=commit(), runs=runs)


def machine() -> str:
    """What this runs on, in words."""
    memory_gb = psutil.virtual_memory().total / 1e9
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    return f"{os.cpu_count()} processors, {memory_gb:.0f} GB, {system}, Python {platform.python_version()}"


def commit() -> str:
    """The commit that is checked out, with a plus if files differ from it; empty outside a checkout."""
    try:
        command = ["git", "describe", "--always", "--abbrev=7", "--dirty=+", "--exclude=*"]
        return subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def table(series: Series) -> str:
    """For the terminal: medians, and what was wrong."""
    lines = []
    if len(series.variants) > 1:
        lines.append(f"{'':<22}" + "".join(f"{variant:>16}" for variant in series.variants))
    for name, *medians, _ in rows(series):
        lines.append(f"{name:<22}" + "".join(f"{value:>16,.{0 if value >= 1000 else 2}f}" for value in medians))
    for run in series.runs:
        if run.report.faults:
            lines.append(f"faults ({run.variant}): {run.report.faults}")
        if run.report.notices:
            lines.append(f"notices ({run.variant}): {run.report.notices}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run it; 1 when a report is not sound, 2 when it could not be run."""
    options = _arguments(arguments)
    if options.url is not None and (options.data is None or options.kill_valkey or options.compare == "workers"):
        sys.stderr.write("loadtest: --url needs --data, the server's data folder, and leaves its processes alone\n")
        return 2
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            series = runner.run(_series(options))
    except (CrowdLost, ServerLost) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 2
    json, html = options.json or REPORTS / "report.json", options.html or REPORTS / "report.html"
    for path in (json, html):
        path.parent.mkdir(parents=True, exist_ok=True)
    json.write_bytes(msgspec.json.format(msgspec.json.encode(series)))
    html.write_text(page(series), encoding="utf-8")
    sys.stdout.write(table(series))
    sys.stdout.write("sound: no control message missing, doubled or out of order\n" if series.sound else "NOT SOUND\n")
    sys.stdout.write(f"report: {html}\n")
    return 0 if series.sound else 1
