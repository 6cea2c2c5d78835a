"""The one UDP port of all WebRTC media: datagrams find their session by the address they come from, checks by our ufrag.

One socket for all means one port to open in a firewall, two file descriptors whatever the number of viewers, and packets that
go from `recvfrom` to the session in one call: no queue, no task. Strangers' packets are counted and dropped.
"""

import asyncio
import contextlib
import logging
import socket
from typing import Protocol

import psutil
from aioice import stun

from livehub.base.metrics import CALLBACKS
from media.defects import DEFECTS
from media.rtc import ice
from media.rtc.ice import Address
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.port")

DATAGRAM_BYTES_MAX = 2_048  # more than any path's MTU that WebRTC uses (RFC 8834: 1,200 and a bit)
TURN_MAX = 64  # datagrams taken before the event loop has its turn
_SNDBUFFORCE, _RCVBUFFORCE = 32, 33  # of <asm-generic/socket.h>
_UDP_SEGMENT = 103  # UDP_SEGMENT of <linux/udp.h>: one call sends many datagrams of one size
SEGMENTS_MAX = 44  # 64 KB a call


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
        self._segments = True
        CALLBACKS.watch("livehub_media_strangers", "Datagrams of nobody's", lambda: self.strangers, kind="counter")
        CALLBACKS.watch("livehub_media_unsent", "Datagrams that could not be sent", lambda: self.unsent, kind="counter")

    def open(self) -> None:
        """Listen. Raises OSError."""
        host = self._config.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)  # noqa: FBT003
            _enlarge(opened, self._config.media_receive_buffer_bytes)
            opened.bind((host, self._config.media_udp_port))
        except OSError:
            opened.close()
            raise
        self._socket = opened
        self.number = opened.getsockname()[1]
        self.addresses = _candidate_addresses(self._config)
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)
        log.info("media.port_open", extra={"port": self.number, "addresses": ",".join(self.addresses)})

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

    def unbind(self, member: MuxMember, ufrags: set[str], addresses: set[Address]) -> None:
        for ufrag in ufrags:
            self._by_ufrag.pop(ufrag, None)
        for address in addresses:
            if self._by_address.get(address) is member:
                del self._by_address[address]

    @property
    def known(self) -> tuple[int, int]:
        """(ufrags, addresses) held, for tests of leaks."""
        return len(self._by_ufrag), len(self._by_address)

    # --- out ---

    def send(self, data: bytes, address: Address) -> None:
        """One datagram. What the kernel does not take is lost, as on any network."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.unsent += 1

    def send_run(self, data: bytes, size: int, address: Address) -> None:
        """Datagrams of `size` bytes, the last one maybe shorter, out of `data`: in one call where the kernel can."""
        if self._socket is None:
            return
        if len(data) <= size or not self._segments:
            for at in range(0, len(data), size):
                self.send(data[at : at + size], address)
            return
        step = size * SEGMENTS_MAX
        control = [(socket.IPPROTO_UDP, _UDP_SEGMENT, size.to_bytes(2, "little"))]
        for at in range(0, len(data), step):
            try:
                self._socket.sendmsg([data[at : at + step]], control, 0, address)
            except BlockingIOError:
                self.unsent += -(-min(step, len(data) - at) // size)
            except OSError:
                # A kernel, or a network device, that can't: from now on one by one.
                self._segments = False
                self.send_run(data[at:], size, address)
                return

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


def _candidate_addresses(config: MediaConfig) -> tuple[str, ...]:
    given = tuple(part.strip() for part in config.media_addresses.split(",") if part.strip())
    if given:
        return given
    if config.host not in ("0.0.0.0", "::"):  # noqa: S104  (compared, not listened on)
        return (config.host,)
    families = (socket.AF_INET,) if config.host == "0.0.0.0" else (socket.AF_INET, socket.AF_INET6)  # noqa: S104
    found = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in families and not entry.address.startswith(("127.", "::1", "fe80", "169.254."))
    ]
    return tuple(found[:8]) or ("127.0.0.1",)
