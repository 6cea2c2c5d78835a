"""The UDP port is open where it is told to be, for both IP versions, and one peer's trouble is not the others'."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioice import stun

from media.rtc.ice import Address, LiteAgent
from media.rtc.sdp import Credentials
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from tests.patience import PATIENCE_S

OURS, THEIRS = Credentials("ours", "o" * 24), Credentials("theirs", "t" * 24)


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[UdpMux]:
    mux = UdpMux(MediaConfig(**settings))
    mux.open()
    try:
        yield mux
    finally:
        mux.close()


class Answers:
    """A session that answers checks."""

    def __init__(self, mux: UdpMux) -> None:
        self._mux = mux
        self._agent = LiteAgent(OURS, THEIRS)
        mux.bind_ufrag(OURS.ufrag, self)

    def on_stun_request(self, message: stun.Message, address: Address) -> None:
        result = self._agent.check(message, address)
        assert not isinstance(result, str)
        self._mux.send(result.reply, address)

    def on_stun_response(self, message: stun.Message) -> None:
        raise AssertionError

    def on_datagram(self, data: bytes) -> None:
        raise AssertionError


@pytest.mark.parametrize("here", ["127.0.0.1", "::1"])
async def test_a_port_at_all_addresses_answers_both_ip_versions_with_the_address_that_they_have(here: str) -> None:
    if here == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    async with opened() as mux:
        Answers(mux)
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{OURS.ufrag}:{THEIRS.ufrag}"
        request.add_message_integrity(OURS.password.encode())
        with socket.socket(socket.AF_INET6 if ":" in here else socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind((here, 0))
            peer.setblocking(False)  # noqa: FBT003
            peer.sendto(bytes(request), (here, mux.number))
            async with asyncio.timeout(PATIENCE_S):
                data = await asyncio.get_running_loop().sock_recv(peer, 2_048)
            assert stun.parse_message(data).attributes["XOR-MAPPED-ADDRESS"] == peer.getsockname()[:2]


async def test_a_port_of_its_own_is_open_there_alone() -> None:
    async with opened(host="0.0.0.0", media_host="127.0.0.1") as mux:
        assert mux.addresses == ("127.0.0.1",)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.2", mux.number))  # would be taken by one at all addresses


async def test_the_log_says_when_peers_are_told_an_address_that_leads_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(media_host="127.0.0.1", media_addresses="203.0.113.5"):
        pass
    said = [record for record in caplog.records if record.message == "media.unreachable"]
    assert [record.levelname for record in said] == ["WARNING"]
    assert "only this machine can reach" in said[0].reason  # type: ignore[attr-defined]


async def test_a_peer_that_cannot_be_sent_to_takes_segmentation_from_nobody() -> None:
    async with opened(media_host="0.0.0.0") as mux:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)  # noqa: FBT003
            mux.send_run(b"x" * 2_500, 1_000, ("255.255.255.255", 9))  # EACCES: broadcasts are not allowed
            assert (mux.unsent, mux.segments) == (3, True)
            mux.send_run(b"y" * 2_500, 1_000, peer.getsockname())
            assert mux.segments
            async with asyncio.timeout(PATIENCE_S):
                sizes = [len(await asyncio.get_running_loop().sock_recv(peer, 2_048)) for _ in range(3)]
            assert sizes == [1_000, 1_000, 500]


@pytest.mark.parametrize(("host", "nowhere"), [("0.0.0.0", ("127.0.0.1", 0)), ("::", ("::ffff:127.0.0.1", 0))])
async def test_a_destination_that_there_cannot_be_takes_segmentation_from_nobody(host: str, nowhere: Address) -> None:
    if host == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    async with opened(media_host=host) as mux:
        with pytest.raises(OSError, match="Invalid argument"):  # as a kernel says that can't segment
            mux._socket.sendto(b"x", nowhere)  # type: ignore[union-attr]
        mux.send_run(b"x" * 100_000, 1_000, nowhere)
        assert (mux.unsent, mux.segments) == (100, True)


async def test_what_comes_from_port_0_is_a_strangers() -> None:
    async with opened(media_host="127.0.0.1") as mux:
        Answers(mux)
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{OURS.ufrag}:{THEIRS.ufrag}"
        request.add_message_integrity(OURS.password.encode())
        data = bytes(request)
        try:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        except PermissionError:
            pytest.skip("raw sockets need CAP_NET_RAW")
        with raw:
            # Source and destination port, length, no checksum (RFC 768).
            raw.sendto(struct.pack("!HHHH", 0, mux.number, 8 + len(data), 0) + data, ("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)  # noqa: FBT003
            peer.sendto(data, ("127.0.0.1", mux.number))
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.get_running_loop().sock_recv(peer, 2_048)
        assert (mux.strangers, mux.unsent) == (1, 0)
