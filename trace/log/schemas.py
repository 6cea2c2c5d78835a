"""Bodies of the call about the log. Times are ISO 8601, UTC. Pure: no I/O."""

from msgspec import Struct


class LogState(Struct, frozen=True, kw_only=True):
    """How the log stands. `key`: its public key; `size`: entries that the published checkpoint has; `root`: base64;
    `published_at`: of that checkpoint; null, with a size of 0: none was published yet. `waiting`: entries that have committed
    and are in no published checkpoint yet.
    """

    origin: str
    key: str
    size: int
    root: str
    published_at: str | None
    waiting: int
