"""`python -m loadtest`: a short show under load; prints a table, writes JSON, fails when a control message went wrong.

`python -m loadtest peers ...` and `python -m loadtest locust ...` are commands of their own; see docs/loadtest.md.
"""

import argparse
import asyncio
import importlib
import sys
from pathlib import Path

import msgspec
import uvloop
from yarl import URL

from loadtest.house import House, own_house
from loadtest.show import LoadShow, Plan, Report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description="A short show under load.")
    parser.add_argument(
        "--url", type=URL, help="a server that runs already (then --data is needed); else the demo is started"
    )
    parser.add_argument("--data", type=Path, help="data folder of that server, for tokens")
    parser.add_argument("--port", type=int, default=8990, help="port of the demo that is started")
    parser.add_argument("--workers", type=int, default=1, help="hub processes of the demo that is started")
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--chats", type=float, default=20.0, help="chat lines a second")
    parser.add_argument("--likes", type=float, default=200.0, help="likes a second")
    parser.add_argument("--controls", type=float, default=1.0, help="pairs of control messages a second")
    parser.add_argument("--deflate", action="store_true", help="viewers take compressed messages, as browsers do")
    parser.add_argument("--kill-valkey", action="store_true", help="Valkey dies in the middle, for 5 s")
    parser.add_argument("--json", type=Path, help="where to write the report")
    return parser.parse_args()


async def _run(options: argparse.Namespace) -> Report:
    plan = Plan(
        viewers=options.viewers,
        seconds=options.seconds,
        chats_per_s=options.chats,
        likes_per_s=options.likes,
        controls_per_s=options.controls,
        deflate=options.deflate,
        kill_valkey=options.kill_valkey,
    )
    if options.url is not None:
        house = House(options.url.host or "127.0.0.1", options.url.port or 80, options.data, None)
        return await LoadShow(house, plan, options.workers).run()
    async with own_house(options.port, options.workers, with_bus=plan.kill_valkey) as house:
        return await LoadShow(house, plan, options.workers).run()


def main() -> int:
    """Run it; 1 when the report is not sound."""
    if sys.argv[1:2] in (["peers"], ["locust"]):  # only then is what they need imported
        command = importlib.import_module(f"loadtest.{sys.argv[1]}.command")
        return int(command.main(sys.argv[2:]))
    options = _arguments()
    if options.url is not None and options.data is None:
        sys.stderr.write("loadtest: --url needs --data, the server's data folder\n")
        return 2
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(_run(options))
    for name, value in msgspec.to_builtins(report).items():
        if name in ("plan", "phases", "seconds"):
            continue
        sys.stdout.write(f"{name:<22} {value}\n")
    sys.stdout.write("sound: no control message missing, doubled or out of order\n" if report.sound else "NOT SOUND\n")
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 0 if report.sound else 1


if __name__ == "__main__":
    sys.exit(main())
