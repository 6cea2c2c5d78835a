"""Which of a publisher's video streams is taken: one layer of a simulcast. Pure: no I/O, time is an argument.

OBS sends all its layers whatever the answer says, as one payload type with an SSRC each; browsers send one when simulcast is
not in the answer. Pictures of two layers make no stream, so one SSRC is kept to while it sends. In the first second a larger
picture wins, told by its SPS: encoders of all layers begin with a keyframe, so that is where it is known, and where decoding
can begin. Afterwards another is taken only when the one that was kept has been silent for LAYER_SILENT_S, as when a publisher
begins anew.
"""

from media.codecs.h264 import SPS, BrokenFrame, BrokenSps, read_sps
from media.codecs.h264_rtp import units_of

CHOICE_S = 1.0  # layers begin within a picture or two of each other
LAYER_SILENT_S = 2.0
_STAP_A = 24


class LayerChoice:
    """`ssrc`: of the layer that is taken; None before the first packet."""

    def __init__(self) -> None:
        self.ssrc: int | None = None
        self._since_s = 0.0  # of the choice
        self._heard_s = 0.0
        self._pixels = 0

    def takes(self, ssrc: int, payload: bytes, now_s: float) -> bool:
        """Whether this packet is of the layer that is taken; `ssrc` may change to its own."""
        if self.ssrc is None or (ssrc != self.ssrc and now_s - self._heard_s >= LAYER_SILENT_S):
            self.ssrc, self._since_s, self._pixels = ssrc, now_s, 0
        if now_s - self._since_s < CHOICE_S and (pixels := _pixels_of(payload)) > self._pixels:
            self.ssrc, self._pixels = ssrc, pixels
        if ssrc != self.ssrc:
            return False
        self._heard_s = now_s
        return True


def _pixels_of(payload: bytes) -> int:
    """The size of the picture that an SPS in this RTP payload tells; 0 when there is none."""
    if not payload or payload[0] & 0x1F not in (SPS, _STAP_A):
        return 0
    try:
        sps = next((unit for unit in units_of([payload]) if unit[0] & 0x1F == SPS), None)
        read = read_sps(sps) if sps is not None else None
    except (BrokenFrame, BrokenSps):
        return 0
    return read.width * read.height if read is not None else 0
