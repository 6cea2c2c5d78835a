"""Where a client comes from, and as whom it counts against limits.

client_address    its address, e.g. to hand on
client_network    what limits are counted by: of IPv4 the address, of IPv6 the /64
client_scheme     how it speaks to us: https, also where a proxy of ours ends the TLS
area_of           the larger network that it is in
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from aiohttp import web

# What a proxy wrote instead of an address is a key of rate limiters.
CHARS_MAX = 64
PREFIX_BITS = 64
_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([^:\[\]]+):[0-9]{1,5}")
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 behind a translator, in the last 32 bits (RFC 6052, section 2.1)


def client_address(request: web.Request, *, trust_proxy: bool) -> str:
    """The address of a request's client; see `address_of`."""
    return address_of(request.headers.getall("X-Forwarded-For", ()), request.remote or "", trust_proxy=trust_proxy)


def client_network(request: web.Request, *, trust_proxy: bool) -> str:
    """As whom a request's client counts against limits; see `network_of`."""
    return network_of(client_address(request, trust_proxy=trust_proxy))


def client_scheme(request: web.Request, *, trust_proxy: bool) -> str:
    """`https` or `http`, as the client has it: behind a proxy of ours what the last entry of X-Forwarded-Proto says, else what
    this connection is. Believed of nobody else: cookies of a page over plain HTTP would be lost with `Secure`."""
    if request.secure or not trust_proxy:
        return "https" if request.secure else "http"
    said = ",".join(request.headers.getall("X-Forwarded-Proto", ())).rpartition(",")[2].strip().lower()
    return "https" if said == "https" else "http"


def address_of(forwarded: Iterable[str], peer: str, *, trust_proxy: bool) -> str:
    """The client's address: behind a proxy of ours, what that proxy wrote, else the `peer` of the connection.

    `forwarded`: the values of every X-Forwarded-For line, in order. Only the last entry of the last line counts: a proxy adds
    its entry at the end, or in a line of its own (HAProxy), and all before that is what the client says of itself. Some
    proxies append the port, which differs from connection to connection. What is no address is used as it stands, cut off.

    An IPv4 client of a socket of both versions, `::ffff:192.0.2.1` (RFC 4291, section 2.5.5.2), is `192.0.2.1`: one client has
    one address, and two are not of one network because of how we listen.
    """
    entries = ",".join(forwarded) if trust_proxy else ""
    entry = entries.rpartition(",")[2].strip()
    return _without_port(entry or peer)[:CHARS_MAX] or "unknown"


def network_of(address: str) -> str:
    """Who an address stands for: itself, or of IPv6 its /64, all of which one device can take (RFC 7934), and takes in turn
    (RFC 8981). A household or a company shares one, as it shares an address of IPv4.

    A link-local address stands for itself, since all of them are of one /64; one that holds an IPv4 address stands for that.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found in _TRANSLATED:
        return str(ip_address(found.packed[-4:]))
    return str(found) if found.is_link_local else str(ip_network((int(found), PREFIX_BITS), strict=False))


def area_of(address: str) -> str:
    """The larger network that an address stands in, of IPv4 the /24, of IPv6 the /48, as one site is given (RFC 6177): for what
    somebody with many networks of one provider must not get round, and their neighbours can bear to share."""
    try:
        found = ip_address(network_of(address).partition("/")[0])
    except ValueError:
        return address
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


def _without_port(entry: str) -> str:
    """The address of `192.0.2.1:80`, `[2001:db8::1]:80` or `[2001:db8::1]`; what is none as it stands."""
    with_port = _WITH_PORT.fullmatch(entry)
    try:
        found = ip_address((with_port[1] or with_port[2]) if with_port else entry)
    except ValueError:
        return entry
    return str((found.version == 6 and found.ipv4_mapped) or found)
