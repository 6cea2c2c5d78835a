"""The addresses that peers are told of the UDP port, and whether they lead there. Pure, but for what asks the system.

What LIVEHUB_MEDIA_ADDRESSES says, else the address that the port is opened at, else this machine's own: the one of the default
route first, bridges of containers and virtual machines only where there is nothing else, since a peer tries every candidate
(RFC 8445, section 6.1.2.5, bounds the pairs) and some give up before they come to the right one.
"""

import contextlib
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import psutil

from media.settings import MediaConfig

CANDIDATES_MAX = 4  # of both IP versions and two networks
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared, not listened on)
VIRTUAL = (
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "lxc",
    "lxd",
    "podman",
    "cni",
    "flannel",
    "cali",
    "ifb",
)
FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))  # of documentation: RFC 5737, RFC 3849

Interfaces = Sequence[tuple[str, str]]  # (name, address)


def bound(config: MediaConfig, port: int) -> socket.socket:
    """A UDP socket at LIVEHUB_MEDIA_HOST, which may be a name, or empty: all of IPv4. At `::` it is of IPv4 as well.

    Port 0: any free one. Raises OSError: among others there is no such name, or it is no address of this machine.
    """
    host = config.media_host
    if host == "::" and not socket.has_dualstack_ipv6():
        host = "0.0.0.0"  # noqa: S104  (all addresses are what was asked for)
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if host == "::":
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def host_of(opened: socket.socket) -> str:
    """The address that a socket is open at."""
    return str(opened.getsockname()[0])


def interfaces() -> Interfaces:
    """The addresses of this machine."""
    families = (socket.AF_INET, socket.AF_INET6)
    return [
        (name, entry.address.partition("%")[0])
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if entry.family in families
    ]


def on_the_way_out() -> list[str]:
    """This machine's addresses on its default routes, IPv4 first."""
    found = []
    for family, far in FAR_AWAY:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # sends nothing
            found.append(probe.getsockname()[0])
    return found


def candidate_addresses(config: MediaConfig, host: str, own: Interfaces, preferred: Sequence[str]) -> tuple[str, ...]:
    """What peers are told, the best first. `host`: where the port is open; `own`: `interfaces()`; `preferred`: among them."""
    given = _given(config)
    if given:
        return given
    if host not in ANYWHERE:
        return (host,)
    reachable = [(name, address) for name, address in own if _is_for_peers(address) and _fits(host, address)]
    real = [address for name, address in reachable if not name.startswith(VIRTUAL)]
    every = [address for address in preferred if address in real]
    every += real or [address for _, address in reachable]
    return tuple(dict.fromkeys(every))[:CANDIDATES_MAX] or ("127.0.0.1",)


def disagreement(config: MediaConfig, host: str, told: Iterable[str], own: Interfaces) -> str | None:
    """Why a peer that is `told` these addresses can't reach a port that is open at `host`, in words; None: nothing is known."""
    here = _parsed(host)
    if here is None:
        return None  # a name, which the system looks up
    for address in told:
        there = _parsed(address)
        if there is None or there.is_unspecified:
            return f"peers are told {address}, which is no address that they can reach: correct LIVEHUB_MEDIA_ADDRESSES"
        if host not in ANYWHERE and here.is_loopback and not there.is_loopback:
            reason = "which only this machine can reach"
        elif not _fits(host, address):
            reason = f"which is IPv{here.version} alone"
        elif host not in ANYWHERE and address != host and address in {known for _, known in own}:
            reason = "which is another address of this machine"
        else:
            continue
        return f"peers are told {address}, but the port is open at {host}, {reason}: set LIVEHUB_MEDIA_HOST to ::"
    if _given(config) and config.media_udp_port == 0:
        return "LIVEHUB_MEDIA_ADDRESSES is set without LIVEHUB_MEDIA_UDP_PORT: nobody can forward a port that changes"
    return None


def _given(config: MediaConfig) -> tuple[str, ...]:
    return tuple(part.strip() for part in config.media_addresses.split(",") if part.strip())


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def _fits(host: str, address: str) -> bool:
    """Whether a socket at `host` is of the address's IP version. That at `::` is of both."""
    return host == "::" or (":" in host) == (":" in address)


def _is_for_peers(address: str) -> bool:
    found = _parsed(address)
    return found is not None and not (found.is_loopback or found.is_link_local or found.is_unspecified)
