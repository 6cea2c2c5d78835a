"""DTLS and the keys of SRTP, by aiortc, over our own path.

aiortc's RTCDtlsTransport asks its ICE transport for four things only: `role`, `_recv()`, `_send()`, and nothing else. Ours
gives it these, so media and RTCP never pass through its queue and tasks: they are unprotected where they arrive. The private
names that are used here are held by tests/media/rtc/test_aiortc_names.py.
"""

import asyncio
import functools
from collections.abc import Callable

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from OpenSSL import SSL
from pylibsrtp import Session as SrtpSession

from media.rtc.sdp import Offer

DATAGRAMS_MAX = 64  # DTLS flights that wait; a handshake has a dozen


class Certificate(RTCCertificate):
    """A certificate that makes its TLS context once: that is a third of what a handshake costs."""

    @functools.cache  # noqa: B019  (there is one certificate for as long as the process lives)
    def _create_ssl_context(self, srtp_profiles: object) -> SSL.Context:  # type: ignore[override]
        return super()._create_ssl_context(list(srtp_profiles))  # type: ignore[call-overload]

    def fingerprint(self) -> tuple[str, str]:
        """(algorithm, value) for the SDP."""
        found = next(f for f in self.getFingerprints() if f.algorithm == "sha-256")
        return found.algorithm, found.value


class IceTransport:
    """What RTCDtlsTransport takes for an ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._datagrams: asyncio.Queue[bytes | None] = asyncio.Queue(DATAGRAMS_MAX)

    def on_datagram(self, data: bytes) -> None:
        """A DTLS datagram came; when too many wait it is dropped, as the network might."""
        if not self._datagrams.full():
            self._datagrams.put_nowait(data)

    def close(self) -> None:
        """Whoever waits for a datagram hears that there is none."""
        if self._datagrams.full():
            self._datagrams.get_nowait()
        self._datagrams.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._datagrams.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class Dtls:
    """One session's DTLS. After `connected`, `rx` and `tx` protect and unprotect."""

    def __init__(self, certificate: Certificate, send: Callable[[bytes], None]) -> None:
        self.ice = IceTransport(send)
        self._transport = RTCDtlsTransport(self.ice, [certificate])  # type: ignore[arg-type]
        self._transport._srtp_profiles = tuple(self._transport._srtp_profiles)  # type: ignore[assignment]
        self.rx: SrtpSession | None = None
        self.tx: SrtpSession | None = None

    async def connect(self, offer: Offer) -> bool:
        """Shake hands; whether it worked and the peer is the one of the offer."""
        self._transport._set_role("server" if offer.setup == "passive" else "client")
        given = [RTCDtlsFingerprint(algorithm=algorithm, value=value) for algorithm, value in offer.fingerprints]
        await self._transport.start(RTCDtlsParameters(fingerprints=given))
        if self._transport.state != "connected":
            return False
        self.rx, self.tx = self._transport._rx_srtp, self._transport._tx_srtp
        return True

    @property
    def closed(self) -> bool:
        return self._transport.state in ("closed", "failed")

    async def close(self) -> None:
        """Say goodbye; may be called in any state."""
        await self._transport.stop()
        self.ice.close()
