"""Errors a client may see: one class per refusal, with a number that is never reused. Pure: no I/O.

Code ranges: 1000 input, 1100 who you are, 1200 the service itself, 1300 uploads, 2000 rooms, 4000 commerce, 5000 media,
6000 proof (3000-3999 are WebSocket close codes, see livehub/hub/sockets/close_codes.py). Only the edges (base/http.py,
hub/sockets/) turn an error into an answer.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

_OUR_FIELD = re.compile(r"([a-z_]+(?:\.[a-z_]+)*): ")
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]*)`")


class LivehubError(Exception):
    """Base of every refusal. `message` is for people; programs look at `code`.

    `details`: what a program may want to know beyond that, as members of the answer beside `code`; a class says in its words
    which. Values are JSON.
    """

    code: ClassVar[int] = 1299
    name: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    text: ClassVar[str] = "Something went wrong on our side."

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after_ms: int | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message or self.text)
        self.message = message or self.text
        self.retry_after_ms = retry_after_ms
        self.details: Mapping[str, object] = details or {}

    def as_wire(self) -> dict[str, object]:
        """The `error` member of a Socket.IO acknowledgement."""
        answer = {"code": self.code, "name": self.name, "message": self.message, **self.details}
        if self.retry_after_ms is not None:
            answer["retry_after_ms"] = self.retry_after_ms
        return answer


class BadRequest(LivehubError):
    """The body is not what this event or endpoint takes; the message names the field. Correct it, don't retry.

    `field`: that field alone, as a path such as `prize.amount_minor`, so that a form can show it; none where it is not one.
    """

    code, name, status, text = 1000, "bad_request", 400, "The request is not in the expected form."

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after_ms: int | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        field = field_in(message or "")
        named = {} if field is None else {"field": field}
        super().__init__(message, retry_after_ms=retry_after_ms, details={**named, **(details or {})})


def field_in(message: str) -> str | None:
    """The field that a message is about: ours begin with it, `min_value: it must ...`; those of msgspec end with its path."""
    if ours := _OUR_FIELD.match(message):
        return ours[1]
    missing, path = _MISSING.search(message), _PATH.search(message)
    parts = [path[1] if path else "", missing[1] if missing else ""]
    return ".".join(part for part in parts if part) or None


class TooLarge(LivehubError):
    """The body is over the limit. Send less."""

    code, name, status, text = 1001, "too_large", 413, "The message is too large."


class UnknownEvent(LivehubError):
    """There is no such socket event. See docs/wire.md."""

    code, name, status, text = 1002, "unknown_event", 404, "There is no such event."


class TooFast(LivehubError):
    """A rate limit was met. Wait `retry_after_ms`, then send again."""

    code, name, status, retryable, text = 1003, "too_fast", 429, True, "Too fast. Wait a moment."


class KeyReused(LivehubError):
    """The Idempotency-Key was used before with another body. Use a new key for a new request."""

    code, name, status, text = 1004, "key_reused", 422, "This Idempotency-Key was used for a different request."


class NotFound(LivehubError):
    """There is nothing at this address."""

    code, name, status, text = 1005, "not_found", 404, "There is nothing here."


class MethodNotAllowed(LivehubError):
    """The address exists but not for this method; see the Allow header."""

    code, name, status, text = 1006, "method_not_allowed", 405, "This method is not allowed here."


class UnsupportedMediaType(LivehubError):
    """Bodies are JSON: send Content-Type: application/json. The header Accept-Encoding is there when it was the encoding
    that is not taken, and says which are."""

    code, name, status, text = 1007, "unsupported_media_type", 415, "Send application/json."

    def __init__(self, message: str | None = None, *, accept_encoding: str = "") -> None:
        super().__init__(message)
        self.accept_encoding = accept_encoding


class TooManySockets(LivehubError):
    """Too many sockets are open from one address. Close some, or come back after `retry_after_ms`."""

    code, name, status, retryable = 1008, "too_many_sockets", 429, True
    text = "Too many connections from your address."


class RequestTimeout(LivehubError):
    """The body did not arrive whole in LIVEHUB_HTTP_BODY_S, and the connection was closed. Send the request again."""

    code, name, status, retryable = 1009, "request_timeout", 408, True
    text = "The request took too long to arrive."


class UnknownTransferCoding(LivehubError):
    """A body may be `chunked`, no more; the connection was closed. Compress it with a Content-Encoding instead."""

    code, name, status = 1010, "unknown_transfer_coding", 501
    text = "Of transfer codings only chunked is known. Compress a body with Content-Encoding."


class VersionStale(LivehubError):
    """Somebody changed it since it was read: details have the `version` it has now. Read it again, and change that."""

    code, name, status, text = 1011, "version_stale", 409, "Somebody else changed this meanwhile. Look at it again."


class ForOneself(LivehubError):
    """What this gives, money, goods or a coupon, would be for whoever does it, or somebody they have become. A colleague has
    to do it.
    """

    code, name, status, text = 1012, "for_oneself", 403, "This would be for yourself. Somebody else has to do it."


class TextTooLong(LivehubError):
    """The text is longer than the room takes."""

    code, name, status, text = 2014, "text_too_long", 422, "The text is too long."


class TextEmpty(LivehubError):
    """There is nothing to show in the text."""

    code, name, status, text = 2015, "text_empty", 422, "The text is empty."


class Unauthenticated(LivehubError):
    """This needs a signed-in person. Get a token from POST /api/session."""

    code, name, status, text = 1100, "unauthenticated", 401, "Sign in first."


class BadToken(LivehubError):
    """The token is malformed, expired, or signed by somebody else. Get a new one."""

    code, name, status, text = 1101, "bad_token", 401, "The token is not valid."


class Forbidden(LivehubError):
    """The person's role does not allow this."""

    code, name, status, text = 1102, "forbidden", 403, "Your role does not allow this."


class SignInClosed(LivehubError):
    """This installation gives no tokens for a mere name. Sign in the way it offers."""

    code, name, status, text = 1103, "sign_in_closed", 403, "Signing in by name is switched off here."


class SessionEnded(LivehubError):
    """The session was ended, by its owner, by staff, or by time. Sign in again; the cookie of it is taken away."""

    code, name, status, text = 1104, "session_ended", 401, "This sign-in has ended. Sign in again."


class ForeignOrigin(LivehubError):
    """A call that goes by a cookie came from a page of somebody else's, or did not say from where; or such a page opens the
    socket. LIVEHUB_ALLOWED_ORIGINS names other pages that may open it."""

    code, name, status, text = 1105, "foreign_origin", 403, "This call is only for our own pages."


class OtherPerson(LivehubError):
    """The new token of a connection is somebody else's. Connect anew."""

    code, name, status, text = 1109, "other_person", 409, "This token is another person's."


class SigninTooOld(LivehubError):
    """This wants a sign-in of the last LIVEHUB_FRESH_SIGN_IN_S. Have the person sign in again, then call again."""

    code, name, status, text = 1110, "signin_too_old", 401, "Sign in again to do this."


class Unavailable(LivehubError):
    """A part we need is away for now. Retry after `retry_after_ms`."""

    code, name, status, retryable, text = 1200, "unavailable", 503, True, "Not available right now. Try again shortly."


class Overloaded(LivehubError):
    """More clients arrive than can be served at once. Come back after `retry_after_ms`; it differs from client to client."""

    code, name, status, retryable = 1201, "overloaded", 503, True
    text = "Very many people are arriving. Your turn comes in a moment."


class Internal(LivehubError):
    """A defect on our side; it is logged. Retrying is unlikely to help."""
