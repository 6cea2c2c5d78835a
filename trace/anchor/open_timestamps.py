"""OpenTimestamps: calendars gather hashes, and put the root of thousands into one transaction of Bitcoin, hours later.

Until then a calendar has promised, and that is all: the checkpoint is under way, not anchored. It is anchored when a calendar
answers with the attestation of a block. Every calendar is asked to take it, one has to; and every one is asked for the
attestation, since the one that took it may be gone. The height of the block is that which the calendar says: who does not
believe it checks the proof, a file as `ots verify` reads it, against a node of Bitcoin.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256

import aiohttp
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from trace.anchor.http_answers import answered
from trace.anchor.protocol import AnchorAway, Kind
from trace.anchor.settings import AnchorConfig, calendars
from trace.anchor.states import Anchoring, Attempt, Inclusion, Policy, Seen, Step

log = logging.getLogger("trace.anchor")

ANSWER_BYTES_MAX = 10_000  # as the client of OpenTimestamps has it
PROOF_BYTES_MAX = 200_000
HEADERS = {"Accept": "application/vnd.opentimestamps.v1", "User-Agent": "livehub"}
ODD = (DeserializationError, ValueError, TypeError, EOFError)


class OpenTimestampsAnchor:
    def __init__(self, config: AnchorConfig) -> None:
        self._calendars = calendars(config)
        self._timeout_s = config.anchor_timeout_s
        self._upgrade_ms = int(config.anchor_ots_upgrade_s * 1000)
        self._asked_ms: dict[str, int] = {}  # of what is under way, when calendars were asked for its attestation
        self._session: aiohttp.ClientSession | None = None
        self.name = "opentimestamps"
        self.kind: Kind = "opentimestamps"
        self.chain = ""
        self.is_development = False
        self.policy = Policy(depth=0, give_up_ms=int(config.anchor_ots_give_up_s * 1000))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def prepare(self, anchoring: Anchoring, step: Step, now_ms: int) -> Attempt:
        del step
        digest = sha256(anchoring.note).digest()
        return Attempt(ref=digest.hex(), raw=digest, at_ms=now_ms)

    async def send(self, anchoring: Anchoring, attempt: Attempt) -> bytes | None:
        del anchoring
        stamp, failed = Timestamp(attempt.raw), [AnchorAway("refused", "there is no calendar")]
        for calendar in self._calendars:
            try:
                answer = await self._ask(f"{calendar}/digest", attempt.raw)
                stamp.merge(_read(answer or b"", attempt.raw))
            except AnchorAway as error:
                _not_taken(calendar, error)
                failed.append(error)
        if not stamp.ops and not stamp.attestations:
            raise failed[-1]
        return _written(stamp)

    async def look(self, anchorings: Sequence[Anchoring], now_ms: int) -> Seen:
        included: dict[str, Inclusion] = {}
        known: set[str] = set()
        proofs: dict[str, bytes] = {}
        for each in anchorings:
            if each.included is not None:
                included[each.included.ref] = each.included
            elif each.proof is not None and each.attempts:
                ref = each.attempts[-1].ref
                known.add(ref)
                stamp = _detached(each.proof).timestamp
                if _height(stamp) is None and await self._upgrade(ref, stamp, now_ms):
                    proofs[ref] = _written(stamp)
                if (height := _height(stamp)) is not None:
                    included[ref] = Inclusion(ref=ref, at_ms=None, block=height)
        self._asked_ms = {ref: at_ms for ref, at_ms in self._asked_ms.items() if ref in known - included.keys()}
        return Seen(included=included, known=frozenset(known), proofs=proofs)

    async def _upgrade(self, ref: str, stamp: Timestamp, now_ms: int) -> bool:
        """Ask every calendar for what has become of its promises; whether one said anything."""
        if now_ms - self._asked_ms.get(ref, -self._upgrade_ms) < self._upgrade_ms:
            return False
        self._asked_ms[ref] = now_ms
        promised = [part for part in _parts(stamp) if any(isinstance(a, PendingAttestation) for a in part.attestations)]
        is_new = False
        for part in promised:
            for calendar in self._calendars:
                try:
                    answer = await self._ask(f"{calendar}/timestamp/{part.msg.hex()}", None)
                    if answer is not None:
                        part.merge(_read(answer, part.msg))
                        is_new = True
                except AnchorAway as error:
                    _not_taken(calendar, error)
        return is_new

    async def _ask(self, url: str, body: bytes | None) -> bytes | None:
        self._session = self._session or aiohttp.ClientSession()
        return await answered(
            self._session, url, body=body, headers=HEADERS, timeout_s=self._timeout_s, bytes_max=ANSWER_BYTES_MAX
        )


def _not_taken(calendar: str, error: AnchorAway) -> None:
    log.warning("anchor.calendar_failed", extra={"calendar": calendar, "reason": error.reason})


def _read(answer: bytes, message: bytes) -> Timestamp:
    try:
        context = BytesDeserializationContext(answer)
        stamp = Timestamp.deserialize(context, message)
        context.assert_eof()
    except ODD as error:
        raise AnchorAway("unreadable", "no answer of a calendar") from error
    return stamp


def _written(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    written: bytes = context.getbytes()
    if len(written) > PROOF_BYTES_MAX:
        raise AnchorAway("unreadable", "calendars have answered with too much")
    return written


def _detached(proof: bytes) -> DetachedTimestampFile:
    return DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))


def _parts(stamp: Timestamp) -> list[Timestamp]:
    """The stamp, and all that follows from it."""
    found = [stamp]
    for part in found:
        found.extend(part.ops.values())
    return found


def _height(stamp: Timestamp) -> int | None:
    """The lowest block that attests it."""
    heights = [a.height for _, a in stamp.all_attestations() if isinstance(a, BitcoinBlockHeaderAttestation)]
    return min(heights, default=None)
