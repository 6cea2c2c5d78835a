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
from pylibsrtp import Policy
from pylibsrtp import Session as SrtpSession

from media.rtc.sdp import Offer

DATAGRAMS_MAX = 64  # DTLS flights that wait; a handshake has a dozen
SEND_WINDOW = 16_384  # packets back that SRTP still sends again; libsrtp takes less than 32,768


def sender_session(key_and_salt: bytes, profile: int = Policy.SRTP_PROFILE_AES128_CM_SHA1_80) -> SrtpSession:
    """SRTP out for all streams, which sends packets again as far back as SEND_WINDOW."""
    policy = Policy(key=key_and_salt, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = SEND_WINDOW
    return SrtpSession(policy)


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
        self.rx, self.tx = self._transport._rx_srtp, self._sender()
        return True

    def _sender(self) -> SrtpSession:
        """SRTP out, instead of aiortc's: its window of 1,024 packets is less than a group of pictures may have.

        RFC 5764, section 4.2: both sides' keys and salts are exported from the handshake together.
        """
        transport = self._transport
        assert transport._ssl is not None
        chosen = transport._ssl.get_selected_srtp_profile()
        profile = next(one for one in transport._srtp_profiles if one.openssl_profile == chosen)
        exported = transport._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        side = 1 if transport._role == "server" else 0
        session = sender_session(profile.get_key_and_salt(exported, side), profile.libsrtp_profile)
        transport._tx_srtp = session  # the only one with this key
        return session

    @property
    def closed(self) -> bool:
        return self._transport.state in ("closed", "failed")

    async def close(self) -> None:
        """Say goodbye; may be called in any state."""
        await self._transport.stop()
        self.ice.close()
