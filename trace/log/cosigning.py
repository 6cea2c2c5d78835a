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


class TooFewWitnesses(Exception):
    """Fewer have cosigned than a checkpoint needs; it is tried again."""


class _Asked:
    """One witness, and what size it is believed to have cosigned last."""

    def __init__(self, url: str, key: Cosigner) -> None:
        self.url = f"{url.rstrip('/')}/add-checkpoint"
        self.key = key
        self.size = 0
        self.is_failing = False


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

    async def cosignatures(self, tree: Checkpoint, note: bytes) -> list[Signature]:
        """Those of all who answer in time. Raises TooFewWitnesses."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._within_s))
        found = await asyncio.gather(*(self._asked(witness, tree, note) for witness in self._witnesses))
        signatures = [each for each in found if each is not None]
        if len(signatures) < self._least:
            raise TooFewWitnesses(f"{len(signatures)} of {self._least} witnesses have cosigned the tree of {tree.size}")
        return signatures

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _asked(self, witness: _Asked, tree: Checkpoint, note: bytes) -> Signature | None:
        """Its cosignature; None where it gives none, which is logged when it begins and when it is over."""
        try:
            signature = await self._cosigned(witness, tree, note)
        except (aiohttp.ClientError, TimeoutError, NoteError, ProofError, TileError, ValueError) as error:
            if not witness.is_failing:
                log.warning("log.witness_failed", extra={"witness": witness.key.name, "reason": repr(error)})
            witness.is_failing = True
            return None
        if witness.is_failing:
            log.info("log.witness_is_back", extra={"witness": witness.key.name})
        witness.is_failing = False
        return signature

    async def _cosigned(self, witness: _Asked, tree: Checkpoint, note: bytes) -> Signature:
        status, body = await self._post(witness, tree, note)
        if status == HTTPStatus.CONFLICT:  # it is where another process of ours left it
            witness.size = int(body)
            status, body = await self._post(witness, tree, note)
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
                raise NoteError("it has cosigned another tree of this size")
            return response.status, body


def witnesses_of(setting: str) -> list[tuple[str, Cosigner]]:
    """Of `LIVEHUB_LOG_WITNESSES`. Raises NoteError."""
    found = []
    for each in filter(None, (part.strip() for part in setting.split(","))):
        url, _, vkey = each.partition(" ")
        found.append((url, cosigner(vkey)))
    return found
