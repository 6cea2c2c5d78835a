"""The command line: `python -m livehub ...`, from the checkout. See docs/operations.md for every command."""

import argparse
import importlib
import importlib.util
import os
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import cast

WRONG_TRACE = (
    "livehub must run from its checkout, so that its package `trace` is found: cd there, then `python -m livehub`"
)

# Packages that libraries load if they find them, and that a process which only holds sockets or runs jobs has no use for: RSA
# keys (PyJWT), OCSP (redis), Socket.IO's clients. Together they take 20 MB, in each of them.
UNUSED = ("cryptography", "requests", "valkey", "websocket")

# Packages of which they use a few modules, and whose own `__init__`, which would load all others, is not run: of redis
# connections and errors are used, its clients with all their commands are not. 4 MB.
BARE = ("redis", "redis.asyncio")

# Of those, what a sign-in of staff needs all the same (joserfc, webauthn), once somebody comes: it is found again when all that
# would load it unasked has been loaded without.
LATE = ("cryptography",)

OURS = ("livehub", "commerce", "media", "fulfil", "trace")

# As livehub/base/auth.py has them but for guests, who need no token: written out, since that takes long to load.
_ROLES = ("viewer", "host", "ops", "picker", "courier", "farm", "care", "admin")

LEAN = ("worker", "jobs-process", "stock-process", "log-process")


def trace_is_ours() -> bool:
    """Whether `import trace` gives our package and not the standard library's module (ARCHITECTURE, "The name trace")."""
    spec = importlib.util.find_spec("trace")
    places = (spec.submodule_search_locations or []) if spec is not None else []
    return any(Path(place).parent == Path(__file__).parent.parent for place in places)


def leave_out() -> None:
    """Have nothing loaded of what UNUSED and BARE say. Comes before any other import. Raises ModuleNotFoundError."""
    sys.modules.update(dict.fromkeys(UNUSED, cast(ModuleType, None)))  # as if not installed
    for name in BARE:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(name=name)
        sys.modules[name] = importlib.util.module_from_spec(spec)


def let_load_late() -> None:
    """Have what LATE says be found from now on. Comes after the imports of a process that left it out."""
    for name in LATE:
        if name in sys.modules and sys.modules[name] is None:
            del sys.modules[name]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("a day is YYYY-MM-DD") from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(
            f"a port is a number from 1 to 65535, and {text!r} is none (LIVEHUB_PORT sets it too)"
        )
    return int(text)


def _row(text: str) -> int:
    row = int(text)
    if not 0 < row < 2**63:
        raise argparse.ArgumentTypeError("an id is a number from 1 to 2^63 - 1")
    return row


def _workers(text: str) -> int:
    workers = int(text)
    if not 1 <= workers <= 64:
        raise argparse.ArgumentTypeError("1 to 64 workers")
    return workers


def _takes_port(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port, default=os.environ.get("LIVEHUB_PORT") or "8080", help="port to listen on"
    )


def _takes_data(command: argparse.ArgumentParser, default: str | None = None) -> None:
    command.add_argument(
        "--data", type=Path, default=os.environ.get("LIVEHUB_DATA") or default, help="folder of the server's data"
    )


def _takes_workers(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workers", type=_workers, default=1, help="processes that hold sockets (default 1)")


def _takes_media(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-media", dest="media", action="store_false", help="no cameras and programs; needs none of their packages"
    )


def _adds_person(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    person = commands.add_parser("person", help="the first admin; who is staff; give a role, invite")
    _takes_data(person)
    _takes_port(person)
    person.add_argument("id", nargs="?", help="the person's id")
    person.add_argument("--list", action="store_true", help="who is staff, and how they sign in")
    person.add_argument(
        "--admin", action="store_true", help="make a new admin, and print a link that signs in as them once"
    )
    person.add_argument("--name", help="the new admin's name")
    person.add_argument("--phone", help="a phone that the new admin signs in by, e.g. +8613800138000")
    person.add_argument("--role", choices=_ROLES, help="what they are from now on")
    person.add_argument("--invite", action="store_true", help="print a link that signs in as them once")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m livehub", description="A real-time livestream commerce server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="everything with embedded servers and the demo farm")
    _takes_port(demo)
    _takes_data(demo, ".livehub")
    _takes_workers(demo)
    demo.set_defaults(dev=True)
    demo.add_argument("--lan", action="store_true", help="HTTPS to the local network, so that a phone can go live")
    serve = commands.add_parser("serve", help="the server on DATABASE_URL and REDIS_URL")
    _takes_port(serve)
    _takes_data(serve)
    _takes_workers(serve)
    _takes_media(serve)
    serve.set_defaults(dev=False)
    token = commands.add_parser("token", help="print one token")
    _takes_data(token)
    token.add_argument("--role", required=True, choices=_ROLES)
    token.add_argument("--user", help="the person's id; without it a new one")
    token.add_argument("--name", help="the person's name; without it the id")
    _adds_person(commands)
    commands.add_parser("migrate", help="bring the database at DATABASE_URL to the newest schema")
    commands.add_parser("doctor", help="what is wrong with this installation, in words")
    events = commands.add_parser("events", help="how far subscriptions have read, and which events are parked")
    events.add_argument("action", nargs="?", choices=["retry", "skip"], help="what to do with a parked event")
    jobs = commands.add_parser("jobs", help="which jobs have failed, for good or so far")
    jobs.add_argument("action", nargs="?", choices=["retry"], help="what to do with a job")
    for asking in (events, jobs):
        asking.add_argument("id", nargs="?", type=_row, help="which")
        _takes_data(asking)
    reconcile = commands.add_parser("reconcile", help="whether orders, ledger, stock and payment providers agree")
    _takes_data(reconcile)
    reconcile.add_argument("--day", type=_day, help="a day (YYYY-MM-DD) of the shop alone")
    spec = commands.add_parser("spec", help="write the generated documents and types, or check that they are current")
    spec.add_argument("--check", action="store_true", help="write nothing; fail when one is out of date")
    worker = commands.add_parser("worker")  # this and the next ones are started by `--workers`, hence no help
    _takes_port(worker)
    worker.add_argument("--sockets", type=Path, required=True, help="folder of the workers' own sockets")
    worker.add_argument("--slot", type=int, required=True, help="which of the workers this is")
    _takes_media(worker)
    media = commands.add_parser("media")
    media.add_argument("--sockets", type=Path, required=True, help="folder of the workers' own sockets")
    unseen_processes = [commands.add_parser(name) for name in ("jobs-process", "stock-process", "log-process")]
    for unseen in unseen_processes:
        unseen.add_argument("--sockets", type=Path, help="folder of the workers' own sockets")
    for child in (worker, media, *unseen_processes):
        child.add_argument("--parent", type=int, help="process without which this one stops")
        child.add_argument("--dev", action="store_true", help="with the parts that are for `demo` alone")
    return parser


def main(arguments: list[str]) -> int:
    """Run one command; its exit status."""
    if not trace_is_ours():
        sys.stderr.write(WRONG_TRACE + "\n")
        return 2
    options = _parser().parse_args(arguments)
    # Only now, with the right `trace` in place, and only what this command needs.
    try:
        if options.command in LEAN:
            leave_out()
        terminal = importlib.import_module("livehub.commands.terminal")
        command = importlib.import_module(f"livehub.commands.{options.command.replace('-', '_')}")
        if options.command in LEAN:
            let_load_late()
    except ModuleNotFoundError as absent:
        if (absent.name or "").partition(".")[0] in OURS:
            raise
        again = " ".join([".venv/bin/python -m livehub", *arguments])
        sys.stderr.write(
            f"livehub: {sys.executable} lacks the package {absent.name}: run `make setup`, then `{again}`\n"
        )
        return 1
    try:
        return int(command.run(options, dict(os.environ)))
    except terminal.FAULTS as fault:
        return int(terminal.complain(fault))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
