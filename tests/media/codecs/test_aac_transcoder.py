"""Opus becomes AAC that sounds at the same moments, in frames whose times have no holes."""

import itertools

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from media.codecs.aac_transcoder import AacTranscoder
from media.codecs.audio import AAC_FRAME, AAC_SPECIFIC_CONFIG
from media.frames import AUDIO_HZ, OPUS_FRAME, AudioFrame
from media.ingest.test_source import pattern_frames

BEGIN = 1_800_000_000 * AUDIO_HZ


def opus(seconds: float) -> list[AudioFrame]:
    """The test picture's bell, which rings on each second."""
    sounds = (frame for frame in pattern_frames() if isinstance(frame, AudioFrame))
    frames = itertools.islice(sounds, round(seconds * AUDIO_HZ / OPUS_FRAME))
    return [AudioFrame(BEGIN + frame.time, frame.data) for frame in frames]


def heard(codec: str, frames: list[AudioFrame], config: bytes | None = None) -> np.ndarray:
    """float[sample] of the left channel."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.extradata = AUDIO_HZ, "stereo", config
    to_float = av.AudioResampler("fltp", "stereo", AUDIO_HZ)
    decoded = (piece for frame in frames for piece in context.decode(av.Packet(frame.data)))
    return np.concatenate([part.to_ndarray()[0] for piece in decoded for part in to_float.resample(piece)])


def fed(transcoder: AacTranscoder, frames: list[AudioFrame]) -> list[AudioFrame]:
    return [made for frame in frames for made in transcoder.feed(frame)]


def has_no_holes(frames: list[AudioFrame]) -> bool:
    return all(
        after.time == before.time + AAC_FRAME == before.time + before.duration
        for before, after in itertools.pairwise(frames)
    )


def test_it_sounds_the_same_at_the_same_moments():
    transcoder, sent = AacTranscoder(), opus(3)
    made = fed(transcoder, sent)
    assert has_no_holes(made)
    before, after = heard("libopus", sent), heard("aac", made, AAC_SPECIFIC_CONFIG)
    begins = BEGIN - made[0].time  # samples of the AAC before the first of the Opus
    after = after[begins:][: 2 * AUDIO_HZ]
    likeness = [np.corrcoef(np.roll(after, shift), before[: len(after)])[0, 1] for shift in (-480, -48, 0, 48, 480)]
    assert likeness[2] > 0.98
    assert likeness[2] == max(likeness)


def test_what_is_missing_becomes_silence_of_that_length():
    transcoder, sent = AacTranscoder(), opus(2)
    made = fed(transcoder, sent[:40] + sent[60:])
    assert has_no_holes(made)
    assert made[-1].time + AAC_FRAME > sent[-1].time - 2 * AAC_FRAME


def test_after_a_long_pause_or_a_jump_back_a_new_run_of_times_begins():
    transcoder, sent = AacTranscoder(), opus(1)
    fed(transcoder, sent)
    for jump_s in (60, -60):
        later = [AudioFrame(frame.time + jump_s * AUDIO_HZ, frame.data) for frame in sent]
        made = fed(transcoder, later)
        assert made[0].time == later[0].time - AAC_FRAME
        assert has_no_holes(made)


def test_a_packet_that_comes_twice_is_heard_once():
    transcoder, sent = AacTranscoder(), opus(1)
    made = fed(transcoder, [frame for frame in sent for _ in range(2)])
    assert has_no_holes(made)
    assert made == fed(AacTranscoder(), sent)


def test_broken_packets_become_silence():
    transcoder, sent = AacTranscoder(), opus(1)
    sent[10:13] = [AudioFrame(frame.time, b"\xff" * 7) for frame in sent[10:13]]
    made = fed(transcoder, sent)
    assert has_no_holes(made)
    assert transcoder.broken == 3
    assert made[-1].time > sent[-1].time - 3 * AAC_FRAME
