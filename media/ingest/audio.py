"""A pulled camera's sound as Opus: packets that are Opus already pass, G.711 and AAC are made into it.

OpusTranscoder costs about a hundredth of a core, and the picture is never touched.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream

from media.codecs.audio import opus_duration
from media.frames import AUDIO_HZ, OPUS_FRAME, AudioFrame

TAKEN = frozenset(("opus", "aac", "pcm_alaw", "pcm_mulaw", "adpcm_g722", "adpcm_g726", "mp3", "pcm_s16be"))
BITRATE_BPS = 64_000
GAP_MAX_S = 0.1  # what is further off than this from where the sound ended is put where it says
_PACKET_BYTES_MAX = 65_536


class OpusTranscoder:
    """One audio track: packets in, Opus frames out, with times in ticks since the track's zero."""

    def __init__(self, stream: AudioStream) -> None:
        """Raises av.FFmpegError when there is no way from what it is to Opus."""
        self._base = stream.time_base or Fraction(1, AUDIO_HZ)
        self._passes = stream.codec_context.name in ("opus", "libopus")
        self._decoder = stream.codec_context
        self._encoder: AudioCodecContext | None = None if self._passes else _opus_encoder()
        self._resampler = _resampler()
        self._begins: int | None = None
        self._made = 0

    def frames(self, packet: "av.Packet[Any]") -> Iterator[AudioFrame]:
        """What is ready with this packet. One that can't be decoded is left out."""
        if packet.pts is None or not 0 < packet.size <= _PACKET_BYTES_MAX:
            return
        time = int(packet.pts * self._base * AUDIO_HZ)
        if self._encoder is None:
            data = bytes(packet)
            yield AudioFrame(time, data, opus_duration(data))
            return
        try:
            decoded = self._decoder.decode(packet)
        except av.error.InvalidDataError:
            return
        for frame in decoded:
            yield from self._encoded(frame, time, self._encoder)

    def _encoded(self, frame: av.AudioFrame, time: int, encoder: AudioCodecContext) -> Iterator[AudioFrame]:
        if self._begins is None or abs(self._begins + self._made * OPUS_FRAME - time) > GAP_MAX_S * AUDIO_HZ:
            self._begins, self._made = time, 0
        frame.pts = None
        try:
            pieces = self._resampler.resample(frame)
        except ValueError:  # the rate or the channels have changed, as AAC's may
            self._resampler = _resampler()
            pieces = self._resampler.resample(frame)
        for piece in pieces:
            piece.pts = None
            for packet in encoder.encode(piece):
                yield AudioFrame(self._begins + self._made * OPUS_FRAME, bytes(packet))
                self._made += 1


def _resampler() -> av.AudioResampler:
    return av.AudioResampler("s16", "stereo", AUDIO_HZ, frame_size=OPUS_FRAME)


def _opus_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate = AUDIO_HZ
    encoder.layout = "stereo"
    encoder.format = "s16"
    encoder.bit_rate = BITRATE_BPS
    encoder.time_base = Fraction(1, AUDIO_HZ)
    encoder.options = {"application": "audio", "frame_duration": "20"}
    return encoder
