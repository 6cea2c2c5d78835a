"""Errors a client may see: one class per refusal, with a number that is never reused. Pure: no I/O.

Code ranges: 1000 input, 1100 who you are, 1200 the service itself, 2000 rooms, 4000 commerce, 5000 media (3000-3999 are
WebSocket close codes, see livehub/hub/closing.py). Only the edges (base/http.py, hub/server.py) turn an error into an answer.
"""

from typing import ClassVar


class LivehubError(Exception):
    """Base of every refusal. `message` is for people; programs look at `code`."""

    code: ClassVar[int] = 1299
    name: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    text: ClassVar[str] = "Something went wrong on our side."

    def __init__(self, message: str | None = None, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message or self.text)
        self.message = message or self.text
        self.retry_after_ms = retry_after_ms

    def as_wire(self) -> dict[str, object]:
        """The `error` member of a Socket.IO acknowledgement."""
        answer: dict[str, object] = {"code": self.code, "name": self.name, "message": self.message}
        if self.retry_after_ms is not None:
            answer["retry_after_ms"] = self.retry_after_ms
        return answer


class BadRequest(LivehubError):
    """The body is not what this event or endpoint takes; the message names the field. Correct it, don't retry."""

    code, name, status, text = 1000, "bad_request", 400, "The request is not in the expected form."


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
    """Bodies are JSON: send Content-Type: application/json."""

    code, name, status, text = 1007, "unsupported_media_type", 415, "Send application/json."


class TooManySockets(LivehubError):
    """Too many sockets are open from one address. Close some, or come back after `retry_after_ms`."""

    code, name, status, retryable = 1008, "too_many_sockets", 429, True
    text = "Too many connections from your address."


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


class Unavailable(LivehubError):
    """A part we need is away for now. Retry after `retry_after_ms`."""

    code, name, status, retryable, text = 1200, "unavailable", 503, True, "Not available right now. Try again shortly."


class Overloaded(LivehubError):
    """More clients arrive than can be served at once. Come back after `retry_after_ms`; it differs from client to client."""

    code, name, status, retryable = 1201, "overloaded", 503, True
    text = "Very many people are arriving. Your turn comes in a moment."


class Internal(LivehubError):
    """A defect on our side; it is logged. Retrying is unlikely to help."""


class RoomNotFound(LivehubError):
    """There is no room of this name."""

    code, name, status, text = 2000, "room_not_found", 404, "There is no such room."


class NotJoined(LivehubError):
    """The socket sends to a room it has not joined. Send `join` first."""

    code, name, status, text = 2001, "not_joined", 409, "Join the room first."


class TooManyRooms(LivehubError):
    """One socket may watch only so many rooms. Leave one."""

    code, name, status, text = 2002, "too_many_rooms", 409, "Leave another room first."


class RoomExists(LivehubError):
    """The id is taken."""

    code, name, status, text = 2003, "room_exists", 409, "A room of this id exists already."


class ShowTransition(LivehubError):
    """The show cannot go from its present state to the asked one."""

    code, name, status, text = 2004, "show_transition", 409, "The show cannot change to this state now."


class Muted(LivehubError):
    """A moderator muted this person; `retry_after_ms` says for how long."""

    code, name, status, text = 2010, "muted", 403, "You are muted in this room."


class Banned(LivehubError):
    """A moderator banned this person from the room."""

    code, name, status, text = 2011, "banned", 403, "You are banned from this room."


class BannedWord(LivehubError):
    """The text holds a word that is not allowed here."""

    code, name, status, text = 2012, "banned_word", 422, "This text has a word that is not allowed here."


class SlowMode(LivehubError):
    """The room is in slow mode. Wait `retry_after_ms`."""

    code, name, status, retryable, text = 2013, "slow_mode", 429, True, "Slow mode is on. Wait a little."


class TextTooLong(LivehubError):
    """The text is longer than the room takes."""

    code, name, status, text = 2014, "text_too_long", 422, "The text is too long."


class TextEmpty(LivehubError):
    """There is nothing to show in the text."""

    code, name, status, text = 2015, "text_empty", 422, "The text is empty."


class LineNotFound(LivehubError):
    """No such chat line in this room."""

    code, name, status, text = 2016, "line_not_found", 404, "There is no such line."


class ModerationFull(LivehubError):
    """The room's list of mutes or bans has reached its bound. Lift one first."""

    code, name, status, text = 2017, "moderation_full", 409, "The moderation list of this room is full."


class QuizNotFound(LivehubError):
    """No such quiz in this room."""

    code, name, status, text = 2020, "quiz_not_found", 404, "There is no such quiz."


class QuizClosed(LivehubError):
    """The quiz takes no more answers."""

    code, name, status, text = 2021, "quiz_closed", 409, "The quiz is closed."


class AlreadyAnswered(LivehubError):
    """One answer per person; the first one counts."""

    code, name, status, text = 2022, "already_answered", 409, "You have answered already."


class BadAnswer(LivehubError):
    """The answer does not fit the quiz: a choice that is not there, a number out of range, or the wrong kind."""

    code, name, status, text = 2023, "bad_answer", 422, "This answer does not fit the quiz."


class QuizOpenAlready(LivehubError):
    """One quiz at a time. Close the open one first."""

    code, name, status, text = 2024, "quiz_open_already", 409, "Another quiz is open."


class QuestionNotFound(LivehubError):
    """No such question in this room."""

    code, name, status, text = 2030, "question_not_found", 404, "There is no such question."


class BagFull(LivehubError):
    """The room's bag holds as many products as it may."""

    code, name, status, text = 2040, "bag_full", 409, "The bag is full."


class CardNotFound(LivehubError):
    """The product is not in this room's bag."""

    code, name, status, text = 2041, "card_not_found", 404, "There is no such product in the bag."


class ProductNotFound(LivehubError):
    """No such product in the catalogue."""

    code, name, status, text = 4000, "product_not_found", 404, "There is no such product."


class CouponNotFound(LivehubError):
    """No such coupon."""

    code, name, status, text = 4010, "coupon_not_found", 404, "There is no such coupon."


class CouponGone(LivehubError):
    """Every one of this coupon is taken, or its time is over."""

    code, name, status, text = 4011, "coupon_gone", 409, "This coupon is gone."


class SaleNotFound(LivehubError):
    """No such sale."""

    code, name, status, text = 4020, "sale_not_found", 404, "There is no such sale."


class CameraNotFound(LivehubError):
    """No such camera in this room."""

    code, name, status, text = 5000, "camera_not_found", 404, "There is no such camera."


class CameraBusy(LivehubError):
    """Somebody publishes on this camera now. End that first, or come back after `retry_after_ms`; a silent one makes way."""

    code, name, status, retryable, text = 5001, "camera_busy", 409, True, "This camera is being published already."


class CamerasFull(LivehubError):
    """As many cameras as there may be, in the room or in this process."""

    code, name, status, text = 5002, "cameras_full", 409, "No more cameras fit."


class MediaNotAccepted(LivehubError):
    """The offer has no media that is taken: H.264 video, with or without Opus audio."""

    code, name, status, text = 5003, "media_not_accepted", 406, "The offer has no H.264 video."


class MediaSessionNotFound(LivehubError):
    """The session has ended, or never was. Publish or play anew."""

    code, name, status, text = 5004, "media_session_not_found", 404, "There is no such session."


class PlayersFull(LivehubError):
    """No more viewers by WebRTC fit. Play by HLS, or come back after `retry_after_ms`."""

    code, name, status, retryable, text = 5005, "players_full", 503, True, "No more viewers fit here; play by HLS."


class PreconditionFailed(LivehubError):
    """The session has moved on since the If-Match that was sent (RFC 9725, section 4.3.1)."""

    code, name, status, text = 5006, "precondition_failed", 412, "The session has changed meanwhile."


class PreconditionRequired(LivehubError):
    """PATCH needs If-Match: the session's ETag, or `*` to restart ICE (RFC 9725, section 4.3.1)."""

    code, name, status, text = 5007, "precondition_required", 428, "Send If-Match."


class NoPicture(LivehubError):
    """Nothing is being shown: the room has no program now."""

    code, name, status, text = 5008, "no_picture", 404, "There is no picture now."


class CameraOff(LivehubError):
    """The camera sends nothing, so it cannot be cut to."""

    code, name, status, text = 5009, "camera_off", 409, "This camera sends no picture."


class RecordingNotFound(LivehubError):
    """No such recording, clip, or piece of one."""

    code, name, status, text = 5010, "recording_not_found", 404, "There is no such recording."


class ClipOutside(LivehubError):
    """The piece asked for is empty, too long, or not in the recording."""

    code, name, status, text = 5011, "clip_outside", 422, "This piece is not in the recording."


class StorageFull(LivehubError):
    """No room to store media. The show goes on without being recorded."""

    code, name, status, text = 5012, "storage_full", 507, "There is no room to store this."


class BadOffer(LivehubError):
    """The SDP can't be read, or lacks what WebRTC needs (BUNDLE, ICE credentials, a fingerprint)."""

    code, name, status, text = 5013, "bad_offer", 400, "This SDP cannot be used."


class TooFarAhead(LivehubError):
    """A playlist or part was asked for that is too far in the future to wait for."""

    code, name, status, text = 5014, "too_far_ahead", 400, "This is too far in the future."
