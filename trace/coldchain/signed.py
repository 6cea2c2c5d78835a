"""Messages of MQTT, which has no headers: the same body with its signature beside it. Pure: no I/O.

    {"seq": 7, "readings": [...], "signature": "9f86d0..."}    the first or the last member
    user property `signature` (MQTT 5)                           the payload is the body

The signature is of the body without it, byte by byte as a device made it before it put the signature in: without that member
and the comma beside it.
"""

import re
from collections.abc import Sequence

_LAST = re.compile(rb'\s*,\s*"signature"\s*:\s*"([0-9a-fA-F]{64})"\s*(?=\}\s*\Z)')
_FIRST = re.compile(rb'\A\s*\{\s*"signature"\s*:\s*"([0-9a-fA-F]{64})"\s*,\s*')


def split(payload: bytes, properties: Sequence[tuple[str, str]] = ()) -> tuple[bytes, str]:
    """The body and its signature; "" where there is none."""
    said = next((value for name, value in properties if name == "signature"), None)
    if said is not None:
        return payload, said
    if found := _LAST.search(payload[-256:]):
        start = max(0, len(payload) - 256)
        return payload[: start + found.start()] + payload[start + found.end() :], found[1].decode()
    if found := _FIRST.match(payload):
        return b"{" + payload[found.end() :], found[1].decode()
    return payload, ""
