"""Who joins is sent the group that runs at a pace, in order, hurried to the present, and gets again just what was sent."""

import itertools

import pytest

from media.frames import VIDEO_HZ
from media.rtc.dtls import SEND_WINDOW
from media.whep.join import (
    AGAIN_MAX,
    AGAIN_PAUSE_S,
    CATCH_UP_TICKS,
    HEAD_PAUSE_S,
    HEAD_TIMES,
    JOIN_S_MAX,
    KEPT_S,
    PACE_MIN,
    SENT_MAX,
    Join,
    JoinSettings,
)
from media.whep.packetizer import PACKET_BYTES, RtpPacket

FRAME = VIDEO_HZ // 30
FIRST, TIME = 0xFFE0, 0xFFFF0000  # near both wraps
PAYLOAD = bytes(1_000 - PACKET_BYTES)
PER_PICTURE = 4  # packets; with thirty pictures a second 120,000 bytes a second
SETTINGS = JoinSettings(pace=3.0, rate_bps_min=100_000, bytes_max=2_000_000)


def picture(number: int) -> list[RtpPacket]:
    return [
        RtpPacket(
            FIRST + number * PER_PICTURE + n & 0xFFFF,
            TIME + number * FRAME & 0xFFFFFFFF,
            n == PER_PICTURE - 1,
            PAYLOAD,
        )
        for n in range(PER_PICTURE)
    ]


class Sent:
    """What a join of `group` pictures has sent, with live pictures coming meanwhile, looked at each 10 ms."""

    def __init__(self, group: int, settings: JoinSettings = SETTINGS) -> None:
        self.join = Join([picture(n) for n in range(group)], settings, 10.0, stream_bytes_s=0.0)
        self.packets: list[RtpPacket] = []
        self.at_s: list[float] = []
        self.group = self.live = group
        self.now_s = 10.0

    def until_it_is_over(self) -> "Sent":
        return self.until(float("inf"))

    def until(self, end_s: float) -> "Sent":
        """Until then, or until it is over."""
        while self.now_s < end_s:
            due = self.join.due(self.now_s)
            self.packets += due
            self.at_s += [self.now_s] * len(due)
            if self.join.is_over:
                break
            self.now_s += 0.01
            while self.now_s - 10.0 >= (self.live - self.group + 1) / 30:
                assert self.join.add(picture(self.live))
                self.live += 1
        return self


def test_the_first_packet_goes_three_times_and_then_all_others_in_order() -> None:
    sent = Sent(120).until_it_is_over()
    assert sent.packets[:HEAD_TIMES] == [sent.packets[0]] * HEAD_TIMES
    assert sent.at_s[:HEAD_TIMES] == pytest.approx([10.0 + n * HEAD_PAUSE_S for n in range(HEAD_TIMES)])
    once = sent.packets[HEAD_TIMES - 1 :]
    assert [raw.sequence for raw in once] == [FIRST + n & 0xFFFF for n in range(len(once))]
    assert len(once) == sent.live * PER_PICTURE


def test_it_goes_at_three_times_the_streams_rate_and_catches_up_in_half_the_time() -> None:
    sent = Sent(120).until_it_is_over()
    # Four seconds of pictures and those of the time it takes, at three times: two seconds.
    assert sent.now_s - 10.0 == pytest.approx(2.0, abs=0.1)
    for at_s in (0.1, 0.5, 1.0, 1.5):
        bytes_by_then = 1_000 * sum(one - 10.0 <= at_s + 1e-9 for one in sent.at_s)
        assert bytes_by_then <= 360_000 * at_s + (1 + HEAD_TIMES) * 1_000


def test_a_stream_of_a_low_rate_goes_at_the_least_one() -> None:
    sent = Sent(120, JoinSettings(pace=3.0, rate_bps_min=8_000_000, bytes_max=2_000_000)).until_it_is_over()
    assert sent.now_s - 10.0 == pytest.approx(4 * 0.12 / (1.0 - 0.12), abs=0.05)


def test_times_only_grow_end_with_their_own_and_are_one_for_each_picture() -> None:
    sent = Sent(120).until_it_is_over()
    by_picture: dict[int, set[int]] = {}
    for raw in sent.packets:
        by_picture.setdefault((raw.sequence - FIRST & 0xFFFF) // PER_PICTURE, set()).add(raw.timestamp)
    assert all(len(times) == 1 for times in by_picture.values())
    times = [next(iter(by_picture[n])) - TIME & 0xFFFFFFFF for n in range(sent.live)]
    times = [time - (1 << 32) if time >= 1 << 31 else time for time in times]
    assert all(after - before >= CATCH_UP_TICKS for before, after in itertools.pairwise(times))
    assert times[0] == (120 - 1) * FRAME - (120 - 1) * CATCH_UP_TICKS
    assert times[-1] == (sent.live - 1) * FRAME


def test_what_was_sent_is_remembered_as_it_was_for_a_while_and_what_was_not_is_known() -> None:
    sent = Sent(120).until(10.5)
    assert sent.join.again(FIRST) == sent.packets[0]
    unsent = FIRST + len(sent.packets) - (HEAD_TIMES - 1) & 0xFFFF
    assert sent.join.again(unsent) is None
    assert (sent.join.sees_to(unsent), sent.join.ask(unsent)) == (True, False)  # it comes in its turn
    assert not sent.join.sees_to(FIRST - 1)
    sent.until_it_is_over()
    for raw in sent.packets:
        assert sent.join.again(raw.sequence) == raw
    assert not sent.join.is_forgotten(sent.now_s + KEPT_S - 0.1)
    assert sent.join.is_forgotten(sent.now_s + KEPT_S + 0.1)


def test_what_was_lost_comes_next_once_at_the_same_pace() -> None:
    sent = Sent(120).until(10.5)
    before = len(sent.packets)
    assert [sent.join.ask(FIRST + n & 0xFFFF) for n in (7, 8, 7)] == [True, True, False]
    sent.until(10.8)
    after = sent.packets[before:]
    assert [raw.sequence for raw in after[:3]] == [FIRST + n & 0xFFFF for n in (7, 8, before - (HEAD_TIMES - 1))]
    assert after[0] == sent.join.again(FIRST + 7 & 0xFFFF)
    assert len(after) * 1_000 == pytest.approx(360_000 * 0.3, rel=0.05)
    sent.until_it_is_over()
    assert not sent.join.sees_to(FIRST)  # what is live goes beside it


def sent_a_second(sent: Sent, share: float) -> float:
    """Bytes a second in the last of three seconds, in which the viewer asks again for this share of all."""
    counted = asked = 0
    for _ in range(300):
        sent.until(sent.now_s + 0.01)
        while asked < share * len(sent.packets):
            sent.join.ask(sent.packets[asked * 7 % len(sent.packets)].sequence)
            asked += 1
        if sent.now_s <= 12.0:
            counted = len(sent.packets)
    return (len(sent.packets) - counted) * 1_000 / (sent.now_s - 12.0)


def test_the_pace_falls_where_much_is_lost_to_a_little_more_than_the_stream() -> None:
    long = JoinSettings(pace=3.0, rate_bps_min=100_000, bytes_max=8_000_000)
    assert sent_a_second(Sent(400, long), 0.05) == pytest.approx(360_000, rel=0.05)
    assert sent_a_second(Sent(400, long), 0.3) == pytest.approx(PACE_MIN * 120_000, rel=0.05)


def test_a_picture_that_begins_to_move_is_followed_at_three_times_its_rate_and_no_faster() -> None:
    join = Join([picture(0)[:1]], JoinSettings(rate_bps_min=400_000), 10.0, stream_bytes_s=500.0)
    sent_at, number = [], 1
    for n in range(110):
        while number <= n * 0.3:
            assert join.add(picture(number))
            number += 1
        sent_at += [n / 100] * len(join.due(10.0 + n / 100))
    # 70,000 bytes wait when its rate is looked at, after a second.
    assert 1_000 * sum(at > 1.0 + 1e-9 for at in sent_at) == pytest.approx(3.0 * 120_000 * 0.09, rel=0.15)


def test_who_asks_for_a_keyframe_is_sent_all_again_as_it_was_and_then_the_rest() -> None:
    sent = Sent(120).until(10.0 + AGAIN_PAUSE_S - 0.05)
    assert not sent.join.begin_again(10.0 + AGAIN_PAUSE_S - 0.01)
    sent.until(10.5)
    first = sent.packets
    sent.packets = []
    assert sent.join.begin_again(sent.now_s)
    assert not sent.join.begin_again(sent.now_s + AGAIN_PAUSE_S - 0.01)
    sent.until_it_is_over()
    assert sent.packets[: len(first)] == first
    rest = sent.packets[len(first) :]
    sent_before = len(first) - (HEAD_TIMES - 1)
    assert [raw.sequence for raw in rest] == [FIRST + sent_before + n & 0xFFFF for n in range(len(rest))]
    assert sent_before + len(rest) == sent.live * PER_PICTURE


def test_all_is_sent_again_so_many_times_and_no_more() -> None:
    sent = Sent(30).until_it_is_over()
    again = [sent.join.begin_again(sent.now_s + n) for n in range(AGAIN_MAX + 2)]
    assert again == [True] * AGAIN_MAX + [False] * 2


def test_a_stream_that_outruns_its_burst_is_not_kept_without_end() -> None:
    settings = JoinSettings(pace=1.5, rate_bps_min=100_000, bytes_max=60_000)
    join = Join([picture(n) for n in range(10)], settings, 10.0, stream_bytes_s=0.0)
    kept = [join.add(picture(10 + n)) for n in range(20)]
    assert kept == [True] * 5 + [False] * 15


def sent_by(join: Join, end_s: float) -> list[RtpPacket]:
    """What is sent from 10 s on until then, looked at each 10 ms, without anything coming."""
    return [raw for n in range(round((end_s - 10.0) * 100) + 1) for raw in join.due(10.0 + n / 100)]


def test_a_lone_keyframe_goes_at_the_streams_rate_and_not_as_if_all_pictures_were_like_it() -> None:
    keyframe = [RtpPacket(FIRST + n & 0xFFFF, TIME, n == 249, PAYLOAD) for n in range(250)]
    # The head takes 20 ms. A quarter of a second at three times the stream's rate are 150,375 bytes, and one packet goes first.
    join = Join([keyframe], SETTINGS, 10.0, stream_bytes_s=200_500.0)
    assert len(sent_by(join, 10.27)) == HEAD_TIMES + 151
    # Were nothing known of the stream, the keyframe would be its two seconds: 93,750 bytes.
    assert len(sent_by(Join([keyframe], SETTINGS, 10.0, stream_bytes_s=0.0), 10.27)) == HEAD_TIMES + 94


def test_the_pace_follows_a_stream_whose_rate_grows_meanwhile() -> None:
    still = [picture(n)[:1] for n in range(60)]  # two seconds of 30,000 bytes, so 90,000 bytes a second are sent
    join = Join(still, SETTINGS, 10.0, stream_bytes_s=30_000.0)
    live, now_s = 0, 10.0
    while not join.is_over and now_s < 20.0:
        join.due(now_s)
        now_s += 0.01
        while now_s - 10.0 >= (live + 1) / 30:  # 120,000 bytes a second come
            assert join.add(picture(60 + live))
            live += 1
    # After a second 90,000 bytes wait, and from there on 360,000 a second are sent.
    assert now_s - 10.0 == pytest.approx(1.0 + 90_000 / (360_000 - 120_000), abs=0.05)


def test_as_many_packets_are_remembered_as_can_be_sent_again_and_the_burst_only_while_its_first_is() -> None:
    assert 2 * SENT_MAX <= SEND_WINDOW
    pictures = SENT_MAX // PER_PICTURE
    settings = JoinSettings(pace=3.0, rate_bps_min=8_000_000_000, bytes_max=20_000_000)
    for extra, is_whole in ((0, True), (1, False)):
        join = Join([picture(n) for n in range(pictures + extra)], settings, 10.0, stream_bytes_s=0.0)
        sent_by(join, 10.5)
        assert join.is_over
        assert sum(join.again(sequence) is not None for sequence in range(0x10000)) == SENT_MAX
        assert (join.again(FIRST) is not None) is is_whole
        assert join.begin_again(10.5) is is_whole


def test_who_has_not_caught_up_after_a_minute_begins_anew() -> None:
    settings = JoinSettings(pace=1.5, rate_bps_min=100_000, bytes_max=8_000_000)
    join = Join([picture(n)[:1] for n in range(200 * 30)], settings, 10.0, stream_bytes_s=0.0)
    join.due(10.0 + JOIN_S_MAX)
    assert join.add(picture(6_000)[:1])
    join.due(10.0 + JOIN_S_MAX + 0.01)
    assert not join.add(picture(6_001)[:1])
