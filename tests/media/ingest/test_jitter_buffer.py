"""Whatever the network does to packets, frames come out whole, once, in order; what never comes is given up in time.

And a frame is out with its last packet: nothing waits for the next frame.
"""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from media.ingest.jitter_buffer import MISSING_MAX, OUTAGE_S, JitterBuffer, JitterBufferSettings, RtpFrame

SETTINGS = JitterBufferSettings(retry_s=0.02, wait_s=0.2, packets_max=256)


@dataclass(frozen=True)
class Sent:
    """A packet of the sender."""

    sequence: int
    timestamp: int
    payload: bytes
    marker: bool


def stream(sizes: list[int], first: int = 65_500) -> list[Sent]:
    """Frames of so many packets each, 3,000 ticks apart, numbered from `first` around the wrap."""
    packets = []
    number = first
    for frame, size in enumerate(sizes):
        for n in range(size):
            payload = b"%d.%d" % (frame, n)
            packets.append(Sent(number & 0xFFFF, frame * 3_000, payload, n == size - 1))
            number += 1
    return packets


def put(buffer: JitterBuffer, packet: Sent, now_s: float = 0.0) -> list[RtpFrame]:
    return buffer.put(packet.sequence, packet.timestamp, packet.payload, now_s, marker=packet.marker)


def frames_of(packets: list[Sent]) -> list[tuple[bytes, ...]]:
    by_time: dict[int, list[bytes]] = {}
    for packet in packets:
        by_time.setdefault(packet.timestamp, []).append(packet.payload)
    return [tuple(payloads) for payloads in by_time.values()]


def test_a_frame_is_out_with_its_last_packet() -> None:
    buffer = JitterBuffer(SETTINGS)
    first, second, third = stream([3])
    assert put(buffer, first) == put(buffer, second) == []
    assert put(buffer, third) == [RtpFrame(0, (b"0.0", b"0.1", b"0.2"), after_gap=False)]
    assert not buffer.is_waiting


@given(st.lists(st.integers(1, 6), min_size=2, max_size=30), st.randoms(use_true_random=False), st.integers(0, 0xFFFF))
def test_shuffled_and_doubled_packets_give_every_frame_once_and_in_order(sizes: list[int], chance, first: int) -> None:
    packets = stream(sizes, first)
    late: list[tuple[float, Sent]] = []
    for n, packet in enumerate(packets):
        late.append((n + (chance.uniform(0, 12) if n and chance.random() < 0.3 else 0), packet))
        if chance.random() < 0.1:
            late.append((n + chance.uniform(0, 12) + 0.01, packet))
    buffer = JitterBuffer(SETTINGS)
    out = [frame for _, packet in sorted(late, key=lambda pair: pair[0]) for frame in put(buffer, packet)]
    assert [frame.payloads for frame in out] == frames_of(packets)
    assert not any(frame.after_gap for frame in out)
    assert buffer.received == len(packets)
    assert not buffer.is_waiting


def test_what_is_missing_is_asked_for_at_once_again_and_then_given_up() -> None:
    packets = stream([2, 2, 2], first=10)
    buffer = JitterBuffer(SETTINGS)
    put(buffer, packets[0], 0.0)
    put(buffer, packets[2], 0.001)  # the one in between, number 11, is lost
    assert buffer.poll(0.001) == ([], [11])
    assert buffer.poll(0.011) == ([], [])
    assert buffer.poll(0.022) == ([], [11])
    assert put(buffer, packets[3], 0.03) == []
    frames, asked = buffer.poll(0.202)
    assert asked == []
    assert frames == [RtpFrame(3_000, (b"1.0", b"1.1"), after_gap=True)]
    assert buffer.given_up == 1
    assert not buffer.is_waiting
    assert [put(buffer, packet, 0.21) for packet in packets[4:]][-1] == [
        RtpFrame(6_000, (b"2.0", b"2.1"), after_gap=False)
    ]


def test_a_packet_that_comes_after_all_makes_its_frame_and_those_behind_it_whole() -> None:
    packets = stream([2, 1, 1])
    buffer = JitterBuffer(SETTINGS)
    for n in (0, 2, 3):
        assert put(buffer, packets[n]) == []
    assert [frame.payloads for frame in put(buffer, packets[1], 0.1)] == frames_of(packets)
    assert (buffer.missed, buffer.recovered, buffer.given_up) == (1, 1, 0)


@given(
    st.lists(st.integers(1, 6), min_size=3, max_size=40),
    st.floats(0, 0.4),
    st.randoms(use_true_random=False),
)
def test_with_losses_whole_frames_come_in_order_and_only_whole_ones(sizes: list[int], loss: float, chance) -> None:
    packets = stream(sizes)
    buffer = JitterBuffer(SETTINGS)
    out: list[RtpFrame] = []
    now_s = 0.0
    for n, packet in enumerate(packets):
        now_s += 0.01
        if n == 0 or chance.random() >= loss:
            out += put(buffer, packet, now_s)
        out += buffer.poll(now_s)[0]
    out += buffer.poll(now_s + 1.0)[0]
    whole = frames_of(packets)
    times = [frame.timestamp for frame in out]
    assert times == sorted(set(times))
    for frame in out:
        if not frame.after_gap:
            assert frame.payloads == whole[frame.timestamp // 3_000]
    lost_before = [
        frame.timestamp
        for frame, before in zip(out[1:], out, strict=False)
        if frame.timestamp - before.timestamp > 3_000
    ]
    assert all(frame.after_gap for frame in out if frame.timestamp in lost_before)


def test_a_sender_without_markers_ends_frames_by_their_times() -> None:
    buffer = JitterBuffer(SETTINGS)
    packets = [Sent(n, time, b"%d" % n, marker=False) for n, time in enumerate([0, 0, 3_000, 6_000])]
    assert [frame.payloads for packet in packets for frame in put(buffer, packet)] == [(b"0", b"1"), (b"2",)]


def test_a_leap_of_the_numbers_is_a_new_stream_and_not_a_loss_of_thousands() -> None:
    buffer = JitterBuffer(SETTINGS)
    put(buffer, Sent(5, 0, b"a", marker=True))
    assert put(buffer, Sent(40_000, 90_000, b"b", marker=True)) == [RtpFrame(90_000, (b"b",), after_gap=True)]
    assert buffer.given_up == 0
    assert not buffer.is_waiting


def test_what_is_kept_is_bounded() -> None:
    buffer = JitterBuffer(SETTINGS)
    put(buffer, Sent(0, 0, b"a", marker=True))
    put(buffer, Sent(MISSING_MAX + 1, 3_000, b"b", marker=True))
    assert len(buffer.poll(0.0)[1]) == MISSING_MAX
    for n in range(MISSING_MAX + 2, MISSING_MAX + 2 + 2 * SETTINGS.packets_max):
        put(buffer, Sent(n, 3_000 * n, b"c", marker=True), 0.01)
        buffer.poll(0.01)
    assert len(buffer._waiting) <= SETTINGS.packets_max + 1


def test_a_gap_of_more_than_can_be_kept_track_of_is_not_waited_for() -> None:
    buffer = JitterBuffer(SETTINGS)
    put(buffer, Sent(0, 0, b"a", marker=True))
    put(buffer, Sent(MISSING_MAX, 3_000, b"b", marker=True))
    after = Sent(MISSING_MAX + 3, 6_000, b"c", marker=True)
    assert put(buffer, after) == [RtpFrame(6_000, (b"c",), after_gap=True)]
    assert not buffer.is_waiting
    following = Sent(MISSING_MAX + 4, 9_000, b"d", marker=True)
    assert put(buffer, following) == [RtpFrame(9_000, (b"d",), after_gap=False)]


def test_what_was_sent_while_the_network_was_away_is_not_waited_for() -> None:
    buffer = JitterBuffer(SETTINGS)
    put(buffer, Sent(0, 0, b"a", marker=True), 1.0)
    after = Sent(100, 90_000, b"b", marker=True)
    assert put(buffer, after, 1.0 + OUTAGE_S + 0.01) == [RtpFrame(90_000, (b"b",), after_gap=True)]
    assert (buffer.given_up, buffer.missed, buffer.is_waiting) == (99, 99, False)


def test_from_far_away_a_packet_is_asked_for_again_twice_in_a_round_trip_and_twice_at_least() -> None:
    buffer = JitterBuffer(SETTINGS)
    put(buffer, Sent(0, 0, b"a", marker=True))
    put(buffer, Sent(2, 3_000, b"b", marker=True))
    assert buffer.poll(0.0, 0.08)[1] == [1]
    assert buffer.poll(0.035, 0.08)[1] == []
    assert buffer.poll(0.045, 0.08)[1] == [1]
    assert buffer.poll(0.155, 9.0)[1] == [1]


def test_what_is_sent_again_without_being_missing_moves_nothing() -> None:
    buffer = JitterBuffer(SETTINGS)
    assert buffer.put_again(7, 0, b"early", 0.0, marker=True) == []
    put(buffer, Sent(0, 0, b"a", marker=True))
    for sequence in (0, 1, 900, 40_000):
        assert buffer.put_again(sequence, 3_000, b"x", 0.0, marker=True) == []
    assert put(buffer, Sent(1, 3_000, b"b", marker=True)) == [RtpFrame(3_000, (b"b",), after_gap=False)]
    put(buffer, Sent(3, 9_000, b"d", marker=True))
    again = buffer.put_again(2, 6_000, b"c", 0.0, marker=True)
    assert [frame.payloads for frame in again] == [(b"c",), (b"d",)]
