"""Encoded frames on their way through the server: from a camera, through the program, to viewers. Pure: no I/O, no clock.

Nothing on this way decodes. Times are ticks at the rate of the track. Those of a camera are of this machine's monotonic clock,
whoever the camera is, so that frames of different cameras can be compared; those of a program are since the Unix epoch
(media/program/clock.py), so that a time divided by the rate is the moment that PROGRAM-DATE-TIME tells.
"""

from msgspec import Struct

VIDEO_HZ = 90_000  # RFC 6184, section 5.1
AUDIO_HZ = 48_000  # RFC 7587, section 4.1: whatever was recorded, Opus counts in 48 kHz
OPUS_FRAME = 960  # 20 ms, what WebRTC sends
OPUS_SILENCE = b"\xf8\xff\xfe"  # 20 ms of it: CELT, full band, one frame (RFC 6716, section 3.1)


class VideoFrame(Struct, frozen=True, gc=False):
    """One H.264 access unit, in decoding order (WebRTC has no B-frames, so that is the order of showing, too).

    `time`: 90 kHz ticks. `units`: NAL units without start codes; with `key` (an IDR picture) the SPS and
    the PPS are among them, before it.
    """

    time: int
    key: bool
    units: tuple[bytes, ...]


class AudioFrame(Struct, frozen=True, gc=False):
    """One Opus packet. `time` and `duration`: 48 kHz ticks."""

    time: int
    data: bytes
    duration: int = OPUS_FRAME


Frame = VideoFrame | AudioFrame
