"""Asks witnesses to cosign a checkpoint before it is published."""

import asyncio
import logging
from collections.abc import Sequence
from http import HTTPStatus

import aiohttp

from trace.log import notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import Cosigner, cosigner
from trace.log.merkle import ProofError
from trace.log.notes import NoteError, Signature
from trace.log.reader import LogReader
from trace.log.tiles import TileError
from trace.log.witnessing import SIZE_TYPE, Proposal

log = logging.getLogger("livehub.log.cosigning")

ANSWER_BYTES_MAX = 65_536
PAUSE_S_MAX = 60.0  # for which a witness that fails is left alone


class TooFewWitnesses(Exception):
    """Fewer have cosigned than a checkpoint needs; it is tried again."""


class Contradicted(Exception):
    """A witness has seen another history of this log: PostgreSQL has lost what was published, or somebody else has the key.
    Nothing more may be signed until people have looked.
    """


class _Asked:
    """One witness, what size it is believed to have cosigned last, and how long it is left alone after it failed."""

    def __init__(self, url: str, key: Cosigner) -> None:
        self.url = f"{url.rstrip('/')}/add-checkpoint"
        self.key = key
        self.size = 0
        self.failures = 0
        self.again_s = 0.0  # by the loop's time


class Cosigning:
    """`witnesses`: (address, public key). `reader`: of the log's folder, which has the tiles of the tree already."""

    def __init__(
        self, witnesses: Sequence[tuple[str, Cosigner]], reader: LogReader, *, least: int, within_s: float
    ) -> None:
        self._witnesses = [_Asked(url, key) for url, key in witnesses]
        self._reader = reader
        self._least = least
        self._within_s = within_s
        self._session: aiohttp.ClientSession | None = None

    async def cosignatures(self, tree: Checkpoint, note: bytes, *, leaves: int) -> list[Signature]:
        """Those of all who answer in time. `leaves`: how many were ever given. Raises TooFewWitnesses; Contradicted."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._within_s))
        now_s = asyncio.get_running_loop().time()
        asked = [each for each in self._witnesses if each.again_s <= now_s]
        if len(asked) < self._least:  # without those who fail there are too few
            asked = self._witnesses
        found = await asyncio.gather(*(self._asked(witness, tree, note, leaves) for witness in asked))
        signatures = [each for each in found if each is not None]
        if len(signatures) < self._least:
            raise TooFewWitnesses(f"{len(signatures)} of {self._least} witnesses have cosigned the tree of {tree.size}")
        return signatures

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _asked(self, witness: _Asked, tree: Checkpoint, note: bytes, leaves: int) -> Signature | None:
        """Its cosignature; None where it gives none, which is logged when it begins and when it is over. One that fails is
        left alone for a while, since each checkpoint waits for it. Raises Contradicted.
        """
        try:
            signature = await self._cosigned(witness, tree, note, leaves)
        except (aiohttp.ClientError, TimeoutError, NoteError, ProofError, TileError, ValueError) as error:
            if not witness.failures:
                log.warning("log.witness_failed", extra={"witness": witness.key.name, "reason": repr(error)})
            witness.failures += 1
            pause_s = min(PAUSE_S_MAX, 2.0 ** min(witness.failures, 10))
            witness.again_s = asyncio.get_running_loop().time() + pause_s
            return None
        if witness.failures:
            log.info("log.witness_is_back", extra={"witness": witness.key.name})
        witness.failures, witness.again_s = 0, 0.0
        return signature

    async def _cosigned(self, witness: _Asked, tree: Checkpoint, note: bytes, leaves: int) -> Signature:
        status, body = await self._post(witness, tree, note)
        if status == HTTPStatus.CONFLICT:  # it is where another process of ours left it
            witness.size = int(body)
            if witness.size > leaves:
                raise Contradicted(f"{witness.key.name} has cosigned {witness.size} leaves, and {leaves} were given")
            if witness.size > tree.size:  # of a batch that was cut another way; it comes again
                raise NoteError(f"it is at {witness.size} leaves already")
            status, body = await self._post(witness, tree, note)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise Contradicted(
                f"{witness.key.name} has cosigned {witness.size} leaves that this log does not begin with"
            )
        if status != HTTPStatus.OK:
            raise NoteError(f"it answers {status}")
        signed = notes.read(tree.text.encode() + b"\n" + body)
        for each in signed.signatures:
            if (each.name, each.key_id) == (witness.key.name, witness.key.key_id):
                witness.key.check(tree.text, each.raw)
                witness.size = tree.size
                return each
        raise NoteError("it answers without its own cosignature")

    async def _post(self, witness: _Asked, tree: Checkpoint, note: bytes) -> tuple[int, bytes]:
        assert self._session is not None
        hashes: list[bytes] = []
        if 0 < witness.size < tree.size:
            hashes = await asyncio.to_thread(self._reader.consistency, witness.size, tree.size)
        proposal = Proposal(witness.size, tuple(hashes), note)
        async with self._session.post(witness.url, data=proposal.encode()) as response:
            body = await response.content.read(ANSWER_BYTES_MAX)
            is_size = response.status == HTTPStatus.CONFLICT and response.content_type == SIZE_TYPE
            if response.status == HTTPStatus.CONFLICT and not is_size:
                raise Contradicted(f"{witness.key.name} has cosigned another tree of {tree.size} leaves")
            return response.status, body


def witnesses_of(setting: str) -> list[tuple[str, Cosigner]]:
    """Of `LIVEHUB_LOG_WITNESSES`. Raises NoteError."""
    found = []
    for each in filter(None, (part.strip() for part in setting.split(","))):
        url, _, vkey = each.partition(" ")
        found.append((url, cosigner(vkey)))
    return found
