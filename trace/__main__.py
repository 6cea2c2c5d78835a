"""`python -m trace`: what anybody may do with a log, with nothing but its key."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trace.log.verify import Anchored


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
    verify.add_argument(
        "--anchored", action="append", default=[], metavar="IDENTITY",
        help="what a label or page says of the chain, CHAIN/TRANSACTION/LEAF: the log must go on from the tree that is there",
    )  # fmt: skip
    verify.add_argument("--rpc", metavar="URL", help="the node of that chain to ask: one that you trust")
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
    if bool(options.anchored) != bool(options.rpc):
        sys.stderr.write("--anchored and --rpc go together\n")
        return verify.COULD_NOT_LOOK
    found: list[verify.Anchored] = []
    for identity in options.anchored:
        status = _look_up(options.rpc, identity, found)
        if status != verify.VERIFIED:
            return status
    within_s = options.witnessed_within
    return verify.run(options.place, options.key, options.remember, options.witness, within_s, found)


def _look_up(rpc: str, identity: str, found: "list[Anchored]") -> int:
    """Ask the node for what the identity names, and add it to `found`; the exit status where that is not there."""
    from trace.anchor import verifying  # noqa: PLC0415
    from trace.log import verify  # noqa: PLC0415

    try:
        look = verifying.on_chain(rpc, identity)
    except (verifying.PayloadError, verifying.RpcError) as error:
        verify.said(f"could not look: {error}")
        return verify.COULD_NOT_LOOK
    if not look.ok or look.tree is None:
        verify.said(f"TAMPERED: {identity} is not on the chain: {look.reason}")
        return verify.TAMPERED
    at = datetime.fromtimestamp((look.at_ms or 0) / 1000, UTC).isoformat()
    where = f"in block {look.block} of {look.chain}, {look.depth} deep, since {at}"
    found.append(verify.Anchored(look.tree.size, look.tree.root, where))
    return verify.VERIFIED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
