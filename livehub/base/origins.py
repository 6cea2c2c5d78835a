"""Which pages may open the socket, by the Origin of the request (RFC 6454) and its Host. Pure: no I/O."""

import re
from collections.abc import Callable

from msgspec import Struct

DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::(?P<port>[0-9]{0,5}))?"
)
_HOST = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::(?P<port>[0-9]{0,5}))?")


class Origin(Struct, frozen=True):
    """Scheme and host in lower case, the host without the dot that may end it; `port` is there also when it is the default,
    which an empty one stands for (RFC 3986, section 6.2.3)."""

    scheme: str
    host: str
    port: int | None


def origin_of(text: str) -> Origin | None:
    """None for what is no origin, like `null`."""
    found = _ORIGIN.fullmatch(text.strip().lower())
    if found is None:
        return None
    scheme, port = found["scheme"], found["port"]
    return Origin(scheme, found["host"].removesuffix("."), int(port) if port else DEFAULT_PORTS.get(scheme))


def host_of(text: str) -> str | None:
    """The name or address of a Host header, in lower case, without the port and a dot at the end; None for what is none."""
    found = _HOST.fullmatch(text.strip().lower())
    return None if found is None else found["host"].removesuffix(".")


def is_of_host(origin: Origin, host: str) -> bool:
    """Whether a page of `origin` is from where the request went.

    Proxies that end TLS for us pass on the Host with the port that they were reached at, with that of a server behind them, or
    without one: of a page at the default port each of the two default ports counts as that.
    """
    found = _HOST.fullmatch(host.strip().lower())
    if found is None or found["host"].removesuffix(".") != origin.host:
        return False
    port = int(found["port"]) if found["port"] else None
    is_default = origin.port == DEFAULT_PORTS.get(origin.scheme)
    return port == origin.port or (is_default and (port is None or port in DEFAULT_PORTS.values()))


def allowed_origins(listed: str, public_url: str) -> Callable[[str, str], bool]:
    """Whether a page of an origin may open the socket at a host: "" is no page; our own pages always may.

    `listed`: LIVEHUB_ALLOWED_ORIGINS, with commas between; `*` are all.
    """
    names = {name.strip().rstrip("/") for name in listed.split(",")}
    public = re.match(r"[^/]*//[^/?#]*", public_url)
    others = {origin_of(name) for name in (*names, public[0] if public else "")} - {None}

    def allowed(text: str, host: str) -> bool:
        if "*" in names or not text or text in names:
            return True
        origin = origin_of(text)
        return origin is not None and (origin in others or is_of_host(origin, host))

    return allowed
