"""From where the call that is being served comes: what is written down about it says so, as a hash.

Set once for each call by the edge that serves it, and read by whoever keeps a record, however deep below.
"""

import hashlib
import hmac
from contextvars import ContextVar

HASH_CHARS = 16  # 64 bits: enough to tell networks apart, and too few to be anything else

_caller: ContextVar[tuple[str, str]] = ContextVar("caller", default=("", ""))


def called_from(network: str, secret: str) -> None:
    """What this task does from here on is done for a client there (addresses.client_network)."""
    _caller.set((network, secret))


def network_hash() -> str:
    """HMAC-SHA-256 of the network under the server's secret, its first 16 hex digits; "" outside a call.

    Keyed, because there are so few addresses that a plain hash of each can be looked up in a table.
    """
    network, secret = _caller.get()
    if not network:
        return ""
    return hmac.digest(secret.encode(), b"livehub network " + network.encode(), hashlib.sha256).hex()[:HASH_CHARS]
