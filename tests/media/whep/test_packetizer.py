"""Packets of a program are the same for every viewer; who joins gets what runs; what was sent can be sent again."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.h264_rtp import units_of
from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, VideoFrame
from media.whep.packetizer import PACKET_BYTES, PAYLOAD_BYTES_MAX, Packetizer, RtpPacket, runs_of, written

SECOND = 1_800_000_000
FRAME = VIDEO_HZ // 30


def packets(*, history: int = 1_000, join_bytes: int = 1_000_000, first: int = 0xFFF0) -> Packetizer:
    return Packetizer(video_ssrc=11, audio_ssrc=22, sequences=(first, first), history=history, join_bytes=join_bytes)


def picture(n: int, *, key: bool = False, size: int = 3_000) -> VideoFrame:
    units = (b"\x67sps", b"\x68pps", b"\x65" + bytes(size)) if key else (b"\x41" + bytes(size),)
    return VideoFrame(SECOND * VIDEO_HZ + n * FRAME, key, units)


def header(packet: bytes) -> tuple[int, int, int, int, int]:
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    return first, second, sequence, timestamp, ssrc


def test_numbers_follow_each_other_over_the_wrap_and_the_last_packet_of_a_frame_is_marked() -> None:
    made = packets()
    raws = [raw for n in range(10) for raw in made.of_video(picture(n, key=n == 0))]
    numbers = [raw.sequence for raw in raws]
    assert numbers == [(0xFFF0 + n) & 0xFFFF for n in range(len(raws))]
    for raw, after in zip(raws, [*raws[1:], None], strict=True):
        assert raw.marker == (after is None or after.timestamp != raw.timestamp)
    assert len({raw.timestamp for raw in raws}) == 10


def test_a_packet_says_its_type_and_source_and_carries_its_units() -> None:
    frame = picture(0, key=True)
    made = packets()
    sent = [written(raw, 102, 11) for raw in made.of_video(frame)]
    assert {header(packet)[0] for packet in sent} == {0x80}
    assert [header(packet)[1] for packet in sent] == [102] * (len(sent) - 1) + [102 | 0x80]
    assert {header(packet)[4] for packet in sent} == {11}
    assert {header(packet)[3] for packet in sent} == {frame.time & 0xFFFFFFFF}
    assert units_of([packet[12:] for packet in sent]) == frame.units
    assert all(len(packet) <= 12 + PAYLOAD_BYTES_MAX for packet in sent)


def test_sound_has_its_own_numbers_and_rate() -> None:
    made = packets()
    [raw] = made.of_audio(AudioFrame(SECOND * AUDIO_HZ, b"opus"))
    assert (raw.sequence, raw.timestamp, raw.payload) == (0xFFF0, SECOND * AUDIO_HZ & 0xFFFFFFFF, b"opus")
    assert made.audio.last == (raw.timestamp, float(SECOND))


@given(st.lists(st.integers(1, 5), max_size=40))
def test_a_run_is_of_one_size_but_its_last_and_nothing_is_left_out(sizes: list[int]) -> None:
    given_packets = [bytes(size) for size in sizes]
    runs = runs_of(given_packets)
    assert [packet for run in runs for packet in run] == given_packets
    for run in runs:
        assert len({len(packet) for packet in run[:-1]}) <= 1
        assert len(run[-1]) <= len(run[0])


def flat(pictures: list[list[RtpPacket]]) -> list[RtpPacket]:
    return [raw for packets in pictures for raw in packets]


def test_who_joins_gets_the_group_that_runs() -> None:
    made = packets()
    made.of_video(picture(0, key=True))
    sent = [made.of_video(picture(n, key=n == 1)) for n in range(1, 6)]
    assert made.joining() == sent


def test_pictures_that_nobody_watched_are_packets_only_for_who_joins_and_what_follows_goes_on_from_them() -> None:
    idle, watched = packets(), packets()
    for n in range(4):
        idle.keep(picture(n, key=n == 0))
        watched.of_video(picture(n, key=n == 0))
    assert idle.video.packets == 0
    assert idle.joining() == watched.joining()
    assert idle.of_video(picture(4)) == watched.of_video(picture(4))
    assert idle.video.again((watched.video.next_sequence - 1) & 0xFFFF) is not None


def test_a_picture_that_comes_while_the_first_viewer_connects_is_the_last_of_the_group_they_get() -> None:
    made = packets()
    made.keep(picture(0, key=True))
    made.keep(picture(1))
    sent = made.of_video(picture(2))
    joining = flat(made.joining())
    assert made.joining()[-1] == sent
    assert [raw.sequence for raw in joining] == list(range(joining[0].sequence, joining[0].sequence + len(joining)))


def test_a_group_that_is_too_long_is_not_sent_and_the_next_one_is() -> None:
    made = packets(join_bytes=5_000)
    for n in range(5):
        made.of_video(picture(n, key=n == 0))
    assert made.joining() == []
    made.of_video(picture(5, key=True))
    assert len(flat(made.joining())) == 4  # the parameter sets, and three fragments


def test_nobody_is_sent_pictures_without_a_keyframe() -> None:
    made = packets()
    made.of_video(picture(0))
    assert made.joining() == []


def test_what_was_sent_can_be_sent_again_for_a_while() -> None:
    made = packets(history=8)
    raws = [raw for n in range(10) for raw in made.of_video(picture(n, size=100))]
    assert [made.video.again(raw.sequence) for raw in raws] == [None, None, *raws[2:]]
    assert made.video.again(5) is None


def test_the_rate_is_that_of_the_last_two_seconds_and_of_a_second_at_least() -> None:
    made = packets()
    assert made.bytes_a_second() == 0.0
    small = PAYLOAD_BYTES_MAX - 1  # and a byte before it: one packet
    made.keep(picture(0, size=small))
    assert made.bytes_a_second() == PAYLOAD_BYTES_MAX + PACKET_BYTES
    for n in range(1, 60):
        made.keep(picture(n, size=2 * PAYLOAD_BYTES_MAX - 1 if n == 30 else small))
    assert made.bytes_a_second() == pytest.approx(61 / 2 * 1_200)
    for n in range(60, 300):
        made.keep(picture(n, size=small))
    assert made.bytes_a_second() == pytest.approx(30 * 1_200)
