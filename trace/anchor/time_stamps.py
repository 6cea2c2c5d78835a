"""Time stamps by RFC 3161: an authority signs the hash of a checkpoint's note together with the time.

A stamp counts when it goes back to one of the configured certificates and is of this note. The whole answer is kept as the
proof: `openssl ts -verify -in PROOF -data NOTE -CAfile ROOTS` checks it without us.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, TimeStampResponse, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from livehub.base.config import ConfigError
from trace.anchor.http_answers import answered
from trace.anchor.protocol import AnchorAway, Kind
from trace.anchor.settings import AnchorConfig
from trace.anchor.states import Anchoring, Attempt, Inclusion, Policy, Seen, Step

STAMP_BYTES_MAX = 65_536
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class TimeStampAnchor:
    """Raises ConfigError when the certificates cannot be read."""

    def __init__(self, config: AnchorConfig) -> None:
        self._url = config.anchor_tsa_url
        self._timeout_s = config.anchor_timeout_s
        self._roots = roots(Path(config.anchor_tsa_roots))
        self._session: aiohttp.ClientSession | None = None
        self.name = f"rfc3161:{urlsplit(self._url).hostname}"
        self.kind: Kind = "rfc3161"
        self.chain = ""
        self.is_development = False
        self.policy = Policy(depth=0)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def prepare(self, anchoring: Anchoring, step: Step, now_ms: int) -> Attempt:
        del step
        request = TimestampRequestBuilder().data(anchoring.note).build()
        return Attempt(ref=sha256(anchoring.note).hexdigest(), raw=request.as_bytes(), at_ms=now_ms)

    async def send(self, anchoring: Anchoring, attempt: Attempt) -> bytes | None:
        self._session = self._session or aiohttp.ClientSession()
        answer = await answered(
            self._session, self._url, body=attempt.raw, headers=HEADERS, timeout_s=self._timeout_s,
            bytes_max=STAMP_BYTES_MAX,
        )  # fmt: skip
        self._verified(answer or b"", anchoring.note)
        return answer

    async def look(self, anchorings: Sequence[Anchoring], now_ms: int) -> Seen:
        """Nobody is asked: a stamp is what it is."""
        del now_ms
        included: dict[str, Inclusion] = {}
        for each in anchorings:
            if each.included is not None:
                included[each.included.ref] = each.included
            elif each.proof is not None and each.attempts:
                stamp, ref = self._verified(each.proof, each.note), each.attempts[-1].ref
                at_ms = int(stamp.tst_info.gen_time.timestamp() * 1000)
                included[ref] = Inclusion(ref=ref, at_ms=at_ms)
        return Seen(included=included)

    def _verified(self, answer: bytes, note: bytes) -> TimeStampResponse:
        try:
            stamp = decode_timestamp_response(answer)
        except ValueError as error:
            raise AnchorAway("unreadable", "no answer of a time stamp authority") from error
        try:
            VerifierBuilder(roots=list(self._roots)).build().verify_message(stamp, note)
        except (VerificationError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise AnchorAway("unverified", f"a time stamp that does not verify: {reason}") from error
        return stamp


def roots(file: Path) -> list[x509.Certificate]:
    """Raises ConfigError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"LIVEHUB_ANCHOR_TSA_ROOTS: there are no certificates in {file}") from error
