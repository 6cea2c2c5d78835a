"""A pulled camera's sound as Opus: packets that are Opus already pass, G.711 and AAC are made into it.

Sound costs little (a few thousandths of a core), the picture is never touched.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream

from media.frames import AUDIO_HZ, OPUS_FRAME, AudioFrame

TAKEN = frozenset(("opus", "aac", "pcm_alaw", "pcm_mulaw", "adpcm_g722", "adpcm_g726", "mp3", "pcm_s16be"))
BITRATE_BPS = 64_000
GAP_MAX_S = 0.1  # what is further off than this from where the sound ended is put where it says
OPUS_DURATION_MAX = 5_760  # 120 ms (RFC 6716, section 2)
_PACKET_BYTES_MAX = 65_536
_SILK_OR_HYBRID = ((480, 960, 1_920, 2_880), (480, 960))


def opus_duration(packet: bytes) -> int:
    """The ticks of 48 kHz in an Opus packet (RFC 6716, section 3.1). 0: no such packet."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        size = _SILK_OR_HYBRID[0][config & 3]
    elif config < 16:
        size = _SILK_OR_HYBRID[1][config & 1]
    else:
        size = 120 << (config & 3)
    count = (packet[1] & 63 if len(packet) > 1 else 0) if code == 3 else 1 if code == 0 else 2
    duration = size * count
    return duration if duration <= OPUS_DURATION_MAX else 0


class Sound:
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
            if duration := opus_duration(data):
                yield AudioFrame(time, data, duration)
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
