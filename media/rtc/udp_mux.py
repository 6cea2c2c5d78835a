"""The one UDP port of all WebRTC media: datagrams find their session by the address they come from, checks by our ufrag.

One socket for all means one port to open in a firewall, two file descriptors whatever the number of viewers, and packets that
go from `recvfrom` to the session in one call: no queue, no task. Strangers' packets are counted and dropped.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from typing import Protocol

from aioice import stun

from livehub.base.metrics import CALLBACKS
from media.defects import DEFECTS
from media.rtc import addresses, ice
from media.rtc.ice import Address
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.port")

DATAGRAM_BYTES_MAX = 2_048  # more than any path's MTU that WebRTC uses (RFC 8834: 1,200 and a bit)
TURN_MAX = 64  # datagrams taken before the event loop has its turn
_SNDBUFFORCE, _RCVBUFFORCE = 32, 33  # of <asm-generic/socket.h>
_UDP_SEGMENT = 103  # UDP_SEGMENT of <linux/udp.h>: one call sends many datagrams of one size
SEGMENTS_MAX = 44  # 64 KB a call
# What a kernel, or a network device, says that can't; EINVAL also of some destinations, to which nothing can be sent at all.
CANNOT_SEGMENT = (errno.EINVAL, errno.EIO, errno.EOPNOTSUPP)


class MuxMember(Protocol):
    """A session, as the port knows it."""

    def on_stun_request(self, message: stun.Message, address: Address) -> None:
        """A STUN request for this session."""

    def on_stun_response(self, message: stun.Message) -> None:
        """A STUN answer from an address of this session."""

    def on_datagram(self, data: bytes) -> None:
        """Anything else from an address of this session."""


class UdpMux:
    def __init__(self, config: MediaConfig) -> None:
        self._config = config
        self._socket: socket.socket | None = None
        self._by_address: dict[Address, MuxMember] = {}
        self._by_ufrag: dict[str, MuxMember] = {}
        self.addresses: tuple[str, ...] = ()
        self.number = 0
        self.strangers = 0
        self.unsent = 0
        self.segments = True  # whether runs are sent in one call
        CALLBACKS.watch("livehub_media_strangers", "Datagrams of nobody's", lambda: self.strangers, kind="counter")
        CALLBACKS.watch("livehub_media_unsent", "Datagrams that could not be sent", lambda: self.unsent, kind="counter")

    def open(self) -> None:
        """Listen. Raises OSError."""
        opened = addresses.bound(self._config, self._config.media_udp_port)
        opened.setblocking(False)  # noqa: FBT003
        _enlarge(opened, self._config.media_receive_buffer_bytes)
        self._socket = opened
        host, self.number = addresses.host_of(opened), opened.getsockname()[1]
        own = addresses.interfaces()
        self.addresses = addresses.candidate_addresses(self._config, host, own, addresses.on_the_way_out())
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)
        told = ",".join(self.addresses)
        log.info("media.port_open", extra={"host": host, "port": self.number, "addresses": told})
        fault = addresses.disagreement(self._config, host, self.addresses, own)
        if fault is not None:
            log.warning("media.unreachable", extra={"port": self.number, "reason": fault})

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    # --- who is who ---

    def bind_ufrag(self, ufrag: str, member: MuxMember) -> None:
        """Checks that name `ufrag` are for `member`."""
        self._by_ufrag[ufrag] = member

    def bind_address(self, address: Address, member: MuxMember) -> None:
        """What comes from `address` is for `member`. An address that moved to another session is that one's."""
        self._by_address[address] = member

    def unbind(self, member: MuxMember, ufrags: set[str], known: set[Address]) -> None:
        for ufrag in ufrags:
            self._by_ufrag.pop(ufrag, None)
        for address in known:
            if self._by_address.get(address) is member:
                del self._by_address[address]

    @property
    def known(self) -> tuple[int, int]:
        """(ufrags, addresses) held, for tests of leaks."""
        return len(self._by_ufrag), len(self._by_address)

    # --- out ---

    def send(self, data: bytes, address: Address) -> bool:
        """One datagram; whether the kernel took it. What it does not take is lost, as on any network."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.unsent += 1
            return False
        return True

    def send_run(self, data: bytes, size: int, address: Address) -> None:
        """Datagrams of `size` bytes, the last one maybe shorter, out of `data`: in one call where the kernel can."""
        if self._socket is None:
            return
        if len(data) <= size or not self.segments:
            self._send_singly(data, size, address)
            return
        step = size * SEGMENTS_MAX
        control = [(socket.IPPROTO_UDP, _UDP_SEGMENT, size.to_bytes(2, "little"))]
        for at in range(0, len(data), step):
            run = data[at : at + step]
            try:
                self._socket.sendmsg([run], control, 0, address)
            except OSError as error:
                if error.errno in CANNOT_SEGMENT:
                    if self._send_singly(run, size, address):  # so it is not the destination
                        self.segments = False  # from now on all go one by one
                        self._send_singly(data[at + step :], size, address)
                        return
                elif error.errno == errno.EMSGSIZE:  # a path of small packets, where single ones are sent in fragments
                    self._send_singly(run, size, address)
                else:  # this peer's affair, or this moment's: no route, a firewall, full buffers
                    self.unsent += -(-len(run) // size)

    def _send_singly(self, data: bytes, size: int, address: Address) -> bool:
        """Whether the kernel took any of them."""
        return sum(self.send(data[at : at + size], address) for at in range(0, len(data), size)) > 0

    # --- in ---

    def _readable(self) -> None:
        opened, by_address = self._socket, self._by_address
        if opened is None:
            return
        with contextlib.suppress(BlockingIOError, InterruptedError):
            for _ in range(TURN_MAX):
                try:
                    data, address = opened.recvfrom(DATAGRAM_BYTES_MAX)
                except ConnectionError:
                    continue  # an ICMP answer to something sent before
                if not data:
                    continue
                if not address[1]:  # nobody can be answered there: port 0 is reserved (RFC 768, "Source Port")
                    self.strangers += 1
                    continue
                try:
                    if data[0] > 3:
                        member = by_address.get(address[:2])
                        if member is None:
                            self.strangers += 1
                        else:
                            member.on_datagram(data)
                    else:
                        self._stun(data, address[:2])
                except Exception as error:  # noqa: BLE001  (of one session: logged and counted there; the others' datagrams wait)
                    DEFECTS.caught("session", "", error)

    def _stun(self, data: bytes, address: Address) -> None:
        message = ice.read(data)
        if message is None:
            self.strangers += 1
        elif message.message_class == stun.Class.REQUEST:
            member = self._by_ufrag.get(ice.addressed_to(message))
            if member is None:
                self.strangers += 1
            else:
                member.on_stun_request(message, address)
        else:
            member = self._by_address.get(address)
            if member is not None:
                member.on_stun_response(message)


def _enlarge(opened: socket.socket, size: int) -> None:
    """Buffers of the kernel that outlast a moment in which we do something else.

    Linux gives no more than net.core.rmem_max, 208 KB as it comes, which is 20 ms of twenty cameras; who may set more gets it.
    """
    for usual, forced in ((socket.SO_RCVBUF, _RCVBUFFORCE), (socket.SO_SNDBUF, _SNDBUFFORCE)):
        opened.setsockopt(socket.SOL_SOCKET, usual, size)
        with contextlib.suppress(OSError):  # needs CAP_NET_ADMIN
            opened.setsockopt(socket.SOL_SOCKET, forced, size)
    given = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if given < size:
        log.warning("media.small_buffer", extra={"bytes": given, "wanted": size, "raise": "net.core.rmem_max"})
