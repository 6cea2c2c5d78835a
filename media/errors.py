"""Refusals of media: codes 5000 to 5999. Pure: no I/O."""

from livehub.base.errors import LivehubError


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
    """The offer's media is not one H.264 picture, with or without one Opus sound. `kind`: of what; `offered`: its codecs.

    A publisher's offer is refused as a whole when any part of what it sends can't be taken, as is a player's whose sound can't.
    """

    code, name, status, text = 5003, "media_not_accepted", 406, "Video is taken as H.264, sound as Opus."


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
    """The SDP can't be read, or lacks what WebRTC needs (BUNDLE, ICE credentials, a fingerprint, a DTLS role)."""

    code, name, status, text = 5013, "bad_offer", 400, "This SDP cannot be used."


class TooFarAhead(LivehubError):
    """A playlist or part was asked for that is too far in the future to wait for."""

    code, name, status, text = 5014, "too_far_ahead", 400, "This is too far in the future."


class CutReplaced(LivehubError):
    """Another cut was made while this one waited for its camera's keyframe. What viewers see, the list of cameras tells."""

    code, name, status, text = 5015, "cut_replaced", 409, "Another cut was made instead."


class CutCancelled(LivehubError):
    """The cut was taken back while it waited for its camera's keyframe. Nothing has changed for viewers."""

    code, name, status, text = 5016, "cut_cancelled", 409, "The cut was taken back."
