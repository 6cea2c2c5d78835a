"""This server as a witness of other logs: POST /log/witness/add-checkpoint, as C2SP tlog-witness has it.

What was cosigned last is compared and set in one transaction, which has committed before anybody gets the cosignature.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from livehub.base.bodies import read_body
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.http import problem
from livehub.base.metrics import REFUSALS
from livehub.base.raw_calls import RawCall
from livehub.base.sql import queries
from trace.log import witnessing
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import CosigningKey
from trace.log.keys import Ed25519Verifier
from trace.log.merkle import EMPTY_ROOT
from trace.log.witnessing import Proposal, Refusal, Seen

Q = queries(__file__, "witness.sql")


class Witness:
    """`logs`: those that it cosigns, by origin, with their keys. `now_s`: real time, which cosignatures are stamped with."""

    path = "/log/witness/add-checkpoint"
    raw_call = RawCall(
        "POST", path, "Cosign a checkpoint of a log that is witnessed here.",
        {200: ("text/plain",), 409: (witnessing.SIZE_TYPE,)}, takes=("text/plain",), standard="https://c2sp.org/tlog-witness",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,
        database: Database,
        key: CosigningKey,
        logs: Mapping[str, Sequence[Ed25519Verifier]],
        *,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._key = key
        self._logs = logs
        self._now_s = now_s

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        try:
            body = await read_body(request, self._config, witnessing.REQUEST_BYTES_MAX)
            proposal = witnessing.read(body)
            tree = await asyncio.to_thread(witnessing.signed_tree, proposal, self._logs)
            await self._database.batch.run(lambda tx: _advance(tx, proposal, tree))
        except Refusal as refusal:
            REFUSALS.labels(edge="witness", name=refusal.status.phrase).inc()
            if refusal.size is not None:
                return web.Response(status=refusal.status, text=f"{refusal.size}\n", content_type=witnessing.SIZE_TYPE)
            return web.Response(status=refusal.status, text=f"{refusal}\n")
        except LivehubError as error:
            return problem(error)
        signature = await asyncio.to_thread(self._key.cosign, tree.text, int(self._now_s()))
        return web.Response(text=signature.line)


async def _advance(tx: Transaction, proposal: Proposal, tree: Checkpoint) -> None:
    """Compare and set. Raises Refusal, and nothing has changed."""
    await tx.connection.execute(Q["begin"], tree.origin, EMPTY_ROOT)
    row = await tx.connection.fetchrow(Q["seen"], tree.origin)
    assert row is not None, "it has begun"
    witnessing.check(proposal, tree, Seen(row["size"], row["root"]))
    if tree.size > row["size"]:
        await tx.connection.execute(Q["keep"], tree.origin, tree.size, tree.root)
