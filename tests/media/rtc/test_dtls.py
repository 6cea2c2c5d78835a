"""Both sides of a handshake have each other's keys, and what was sent can be sent again as far back as a group may go."""

import asyncio
import struct

import pylibsrtp
import pytest

from media.rtc.dtls import SEND_WINDOW, Certificate, Dtls
from media.rtc.sdp import Credentials, Offer, Setup
from media.whep.viewer import sealed_of


def rtp(sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence, 90_000, 7) + b"payload"


def sequences(packets: list[bytes]) -> list[int]:
    return [struct.unpack_from("!H", packet, 2)[0] for packet in packets]


def offer(setup: Setup, certificate: Certificate) -> Offer:
    """Of who has this certificate, to an end that takes the role `setup`."""
    remote = Credentials("ufrag", "password")
    return Offer(streams=(), remote=remote, fingerprints=(certificate.fingerprint(),), setup=setup, bundle=())


async def connected() -> tuple[Dtls, Dtls]:
    """A server and a client that have shaken hands."""
    certificates = [Certificate.generateCertificate() for _ in range(2)]
    server = Dtls(certificates[0], lambda data: client.ice.on_datagram(data))  # noqa: PLW0108  (there is no client yet)
    client = Dtls(certificates[1], server.ice.on_datagram)
    both = await asyncio.gather(
        server.connect(offer("passive", certificates[1])), client.connect(offer("active", certificates[0]))
    )
    assert all(both)
    return server, client


async def test_each_side_reads_what_the_other_sends() -> None:
    server, client = await connected()
    for end, other in ((server, client), (client, server)):
        assert end.tx is not None
        assert other.rx is not None
        assert other.rx.unprotect(end.tx.protect(rtp(5))) == rtp(5)
    await asyncio.gather(server.close(), client.close())


async def test_what_was_sent_is_sent_again_as_far_back_as_the_window_and_what_is_older_alone_is_left_out() -> None:
    server, client = await connected()
    assert server.tx is not None
    protect = server.tx.protect
    sent = [protect(rtp(number)) for number in range(SEND_WINDOW + 1)]
    assert protect(rtp(1)) == sent[1]
    with pytest.raises(pylibsrtp.Error, match="index too old"):
        protect(rtp(0))
    batch = [rtp(number) for number in (0, SEND_WINDOW, 1, SEND_WINDOW + 1)]
    assert sequences(sealed_of(batch, protect)) == [SEND_WINDOW, 1, SEND_WINDOW + 1]
    assert sealed_of([rtp(0)], protect) == []
    await asyncio.gather(server.close(), client.close())
