"""What the shop itself says of its books, when all runs are over: `python -m livehub reconcile`."""

import asyncio
import sys

from loadtest.kill.history import Violation
from loadtest.kill.node import Node, environment
from loadtest.server import CHECKOUT

RECONCILE_S = 120.0


async def reconciled(node: Node) -> list[Violation]:
    """Each difference that it tells, or that it could not look."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "livehub", "reconcile", cwd=CHECKOUT, env=environment(node.postgres.url(), node.valkey.url, {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(RECONCILE_S):
        out, err = await child.communicate()
    if child.returncode == 0:
        return []
    lines = out.decode(errors="replace").splitlines() or [err.decode(errors="replace")[-500:]]
    return [Violation(invariant="books_are_reconciled", text=line) for line in lines]
