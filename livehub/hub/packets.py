"""Socket.IO packets of clients that are no events (Socket.IO protocol v5, "Packet encoding"). Pure: no I/O.

Only what is well-formed goes to the library, which logs a traceback of whatever it cannot read and goes on.
"""

import re
from typing import Any

import msgspec

_CONNECT = re.compile(r"0(?:(?P<namespace>/[^,]*),?)?(?P<auth>(?![0-9]).*)", re.DOTALL)

DISCONNECT = "1"


def asked(packet: str) -> tuple[str, Any] | None:
    """(namespace, auth) that a CONNECT asks for; None when the packet is no CONNECT, or what it shows is not JSON."""
    found = _CONNECT.fullmatch(packet)  # digits would be an acknowledgement's id to the library, and a CONNECT has none
    if found is None:
        return None
    auth = None
    if found["auth"]:
        try:
            auth = msgspec.json.decode(found["auth"])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
    return (found["namespace"] or "/").partition("?")[0], auth
