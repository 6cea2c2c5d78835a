"""Why we close a WebSocket, as numbers that say whether to come back: 3000-3499 yes, with backoff and jitter; 3500-3999 no."""

from enum import IntEnum


class Close(IntEnum):
    """A close code of ours (RFC 6455, section 7.4.2: 3000-3999 belong to libraries and frameworks)."""

    RESTART = 3000
    DRAIN = 3001
    SLOW_CONSUMER = 3002
    PING_TIMEOUT = 3003
    HANDSHAKE_TIMEOUT = 3004
    FULL = 3005
    BAD_TOKEN = 3500
    BANNED = 3501
    PROTOCOL_ERROR = 3502
    TOO_FAST = 3504

    @property
    def may_return(self) -> bool:
        """Whether the client should reconnect."""
        return self < 3500
