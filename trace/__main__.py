"""`python -m trace`: what anybody may do with a log, with nothing but its key."""

import argparse
import sys
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trace", description="Look after a transparency log.")
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser(
        "verify",
        help="check every entry of a log",
        description="Exit status 0: verified; 1: tampered with, stale or forked; 2: could not look.",
    )
    verify.add_argument("place", metavar="URL_OR_FOLDER", help="a server's address, or a folder")
    verify.add_argument("--key", type=Path, metavar="FILE", help="the log's public key; without it, what the log names")
    verify.add_argument(
        "--remember", type=Path, metavar="FILE", help="keep the checkpoint here; the log must go on from it next time"
    )
    verify.add_argument(
        "--witness",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a witness's key; one must have cosigned",
    )
    verify.add_argument(
        "--witnessed-within", type=float, metavar="SECONDS", help="how old the newest cosignature may be"
    )
    mirror = commands.add_parser(
        "mirror",
        help="copy a log into a folder, and go on from there",
        description="Exit status 0: copied; 1: the log contradicts itself or what it had before; 2: could not look.",
    )
    mirror.add_argument("url", metavar="URL", help="a server's address")
    mirror.add_argument("folder", type=Path, metavar="FOLDER")
    mirror.add_argument("--key", type=Path, metavar="FILE", help="the log's public key; without it, what the log names")
    mirror.add_argument("--every", type=float, metavar="SECONDS", help="go on copying until told to stop")
    return parser


def main(arguments: list[str]) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(arguments)
    from trace.log import mirror, verify  # noqa: PLC0415  # `--help` need not wait for them

    if options.command == "mirror":
        return mirror.run(options.url, options.folder, options.key, options.every)
    within_s = options.witnessed_within
    return verify.run(options.place, options.key, options.remember, options.witness, within_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
