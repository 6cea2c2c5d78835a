"""The lite side of ICE (RFC 8445, sections 2.5, 7.3 and 8.1.1.2). Pure: no I/O, no clock.

A peer checks from each of its addresses; whatever check carries our password is answered, and where the peer nominates, we
send. An ICE restart gives both sides new credentials; the old ones stay good until the first check with the new ones came, so
that media goes on meanwhile. DTLS and SRTP know nothing of it.
"""

from typing import Literal

from aioice import stun
from msgspec import Struct

from media.rtc.sdp import Credentials

Address = tuple[str, int]
_COOKIE = stun.COOKIE.to_bytes(4, "big")
MAPPED = "::ffff:"  # RFC 4291, section 2.5.5.2
ADDRESSES_MAX = 16  # of one peer; a browser with Wi-Fi, 4G and a VPN, both IP versions each, has 8


class CheckResult(Struct, frozen=True):
    """The answer to a check. `dropped`: an address that makes way for the one it came from."""

    reply: bytes
    dropped: Address | None = None


Rejection = Literal["unknown", "forged"]


class LiteAgent:
    def __init__(self, local: Credentials, remote: Credentials) -> None:
        self.local = local
        self.remote = remote
        self.before: tuple[Credentials, Credentials] | None = None  # local and remote, until the new ones are used
        self.addresses: dict[Address, None] = {}  # the one longest known first
        self.selected: Address | None = None

    def restart(self, local: Credentials, remote: Credentials) -> None:
        """The peer has new credentials, and so have we."""
        self.before = self.before or (self.local, self.remote)
        self.local, self.remote = local, remote

    def check(self, message: stun.Message, address: Address) -> CheckResult | Rejection:
        """A Binding request from `address`: the answer, or why there is none."""
        ours, _, theirs = str(message.attributes.get("USERNAME", "")).partition(":")
        local = self._known(ours, theirs)
        if local is None:
            return "unknown"
        if not message.check_message_integrity(local.password.encode()):
            return "forged"
        dropped = self._room_for(address)
        if local is self.local and self.before is not None:
            self.before = None
            self.selected = None  # nominated under the new credentials only
        self.addresses[address] = None
        # The first address that works is used until one is nominated; so a peer that nominates late is served early.
        if "USE-CANDIDATE" in message.attributes or self.selected is None:
            self.selected = address
        return CheckResult(_answer(message, address, local), dropped)

    def request(self, transaction: bytes) -> bytes:
        """A Binding request of our own: its answer tells the round trip (RFC 7675 calls it a consent check)."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction)
        message.attributes["USERNAME"] = f"{self.remote.ufrag}:{self.local.ufrag}"
        message.attributes["PRIORITY"] = (110 << 24) | (65_535 << 8) | 255
        message.attributes["ICE-CONTROLLED"] = 0
        message.add_message_integrity(self.remote.password.encode())
        return bytes(message)

    def _room_for(self, address: Address) -> Address | None:
        """A phone gets a new address each time it changes networks; of too many the oldest that is not in use goes."""
        if address in self.addresses or len(self.addresses) < ADDRESSES_MAX:
            return None
        dropped = next(known for known in self.addresses if known != self.selected)
        del self.addresses[dropped]
        return dropped

    def _known(self, ours: str, theirs: str) -> Credentials | None:
        pairs = [(self.local, self.remote), *([self.before] if self.before is not None else [])]
        return next((l for l, r in pairs if l.ufrag == ours and r.ufrag == theirs), None)  # noqa: E741


def _answer(message: stun.Message, address: Address, local: Credentials) -> bytes:
    reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
    reply.attributes["XOR-MAPPED-ADDRESS"] = unmapped(address)
    reply.add_message_integrity(local.password.encode())
    return bytes(reply)


def unmapped(address: Address) -> Address:
    """The address that the peer has: a socket of both IP versions gives those of IPv4 as `::ffff:192.0.2.1`."""
    return (address[0].removeprefix(MAPPED), address[1])


def read(data: bytes) -> stun.Message | None:
    """A Binding message; None if it is none."""
    if data[4:8] != _COOKIE:
        return None
    try:
        message = stun.parse_message(data)
    except Exception:  # noqa: BLE001  (attributes of hostile input fail in many ways)
        return None
    return message if message.message_method == stun.Method.BINDING else None


def addressed_to(message: stun.Message) -> str:
    """The ufrag of ours that a request names."""
    return str(message.attributes.get("USERNAME", "")).partition(":")[0]
