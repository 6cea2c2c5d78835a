"""Why we close a socket, as numbers that say whether to come back: 3000-3499 yes, with backoff and jitter; 3500-3999 no.

Each code stands with what it is issued for; docs/wire.md is made from here. A number is never used again for something else:
3501 was published, and is left out because nobody is sent away for a ban (it is of one room, and they may be in others).

Beside these a WebSocket may be closed with the codes of RFC 6455, section 7.4.1: 1002 (not WebSocket), 1007 (text that is not
UTF-8), 1009 (a message too large to read) and 1011 (a defect of ours); a client's own code is answered with the same.
"""

from enum import IntEnum
from typing import Self


class CloseCode(IntEnum):
    """A close code of ours (RFC 6455, section 7.4.2: 3000-3999 belong to libraries and frameworks)."""

    why: str

    def __new__(cls, code: int, why: str) -> Self:
        """`why`: when it is issued, as docs/wire.md says it."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.why = why
        return member

    LOG_RESTARTED = (
        3000,
        "the log of a room the client is in began anew, as after a restore, or ended with the room; join again to see",
    )
    DRAIN = (
        3001,
        "this process stops and sends its clients elsewhere; a `notice` of type `moving` said when to come back",
    )
    SLOW_CONSUMER = 3002, "too much was waiting for this client; join again with the last position"
    PING_TIMEOUT = 3003, "no answer to a heartbeat"
    HANDSHAKE_TIMEOUT = 3004, "no Socket.IO CONNECT in time"
    FULL = (
        3005,
        "no room for more clients here, or too many from one address; the refusal of the CONNECT said when to come back",
    )
    TOKEN_ENDED = (
        3006,
        "the token ran out, and no new one came with `token`; come back with a new one, or without one as a guest",
    )
    BAD_TOKEN = 3500, "the token is not valid"
    PROTOCOL_ERROR = 3502, "not a packet of this protocol, or not in this order"
    TOO_FAST = 3504, "kept sending far above the limits"
    SESSION_ENDED = 3505, "the session of the token was ended; sign in again, or come back as a guest"

    @property
    def may_return(self) -> bool:
        """Whether the client should reconnect."""
        return self < 3500
