"""Arrivals are told as the draft draws it, to the byte; an independent reader finds each at its time, whatever came or not."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ingest.transport_cc import ARRIVALS_MAX, ArrivalRecorder, chunks_of, sequence_of
from tests.media.ingest.transport_cc_reader import Told, read

SENDER, MEDIA = 0x01020304, 0x0A0B0C0D
TICK_S = 0.00025
HEAD = bytes.fromhex("01020304 0a0b0c0d")


def messages(recorder: ArrivalRecorder, now_s: float = 0.0) -> list[bytes]:
    return recorder.messages(sender_ssrc=SENDER, media_ssrc=MEDIA, now_s=now_s)


def recorded(*arrivals: tuple[int, float]) -> ArrivalRecorder:
    recorder = ArrivalRecorder()
    for sequence, at_s in arrivals:
        recorder.arrived(sequence, at_s)
    return recorder


# --- bytes ---


def test_three_packets_in_a_row_are_a_run_and_three_small_deltas() -> None:
    # 1.28 s are 20 times 64 ms; the first came 1 ms after that, the others 5 and 10 ms after the one before.
    [data] = messages(recorded((7, 1.281), (8, 1.286), (9, 1.296)))
    assert data == bytes.fromhex("8fcd 0006") + HEAD + bytes.fromhex("0007 0003 000014 00 2003 04 14 28 000000")


def test_a_loss_among_them_is_a_vector_of_single_bits() -> None:
    [data] = messages(recorded((7, 1.28), (9, 1.281)))
    # 1 01 in fourteen bits: 1 0 101000 00000000
    assert data == bytes.fromhex("8fcd 0005") + HEAD + bytes.fromhex("0007 0003 000014 00 a800 00 04")


def test_a_pause_of_64_ms_is_a_delta_of_two_bytes_and_the_vector_has_two_bits_each() -> None:
    [data] = messages(recorded((7, 1.28), (9, 1.344)))
    # 01 00 10 in seven pairs: 1 1 01 00 10 00 00 00 00; 256 quarters of a millisecond
    assert data == bytes.fromhex("8fcd 0006") + HEAD + bytes.fromhex("0007 0003 000014 00 d200 00 0100 000000")


def test_one_that_overtook_another_gives_a_negative_delta() -> None:
    [data] = messages(recorded((8, 1.280), (7, 1.2805)))
    # 7 first, 2 ticks after the reference; 8 came 2 ticks before it: -2 in two bytes. 01 10 in pairs.
    assert data == bytes.fromhex("8fcd 0006") + HEAD + bytes.fromhex("0007 0002 000014 00 d800 02 fffe 000000")


def test_the_reference_time_wraps_after_24_bits() -> None:
    [data] = messages(recorded((7, 0.064 * ((1 << 24) + 5) + TICK_S / 2)))
    assert data[16:19] == bytes.fromhex("000005")


def test_messages_are_counted_in_a_byte() -> None:
    recorder = ArrivalRecorder()
    counts = []
    for number in range(258):
        recorder.arrived(number, number * 0.05)
        counts.append(messages(recorder, number * 0.05)[0][19])
    assert counts == [*range(256), 0, 1]


@pytest.mark.parametrize(
    ("symbols", "chunks"),
    [
        ([1] * 14, [0x200E]),
        ([0] * 9_000, [0x1FFF, 0x0329]),
        ([2] * 7, [0x4007]),
        ([1] * 3 + [0] * 20, [0xB800, 0x0009]),
        ([1, 0] * 7, [0xAAAA]),
        ([1, 0, 2, 1, 1, 1, 1, 1, 1], [0xD255, 0x2002]),
        ([2], [0x4001]),
    ],
)
def test_statuses_are_runs_or_vectors(symbols: list[int], chunks: list[int]) -> None:
    assert chunks_of(symbols) == chunks


# --- what is told is what came ---


def told(data: list[bytes]) -> dict[int, float | None]:
    """Of each packet, by its 16 bits, the last that was told."""
    found: dict[int, float | None] = {}
    for message in map(read, data):
        for place, at_s in enumerate(message.arrivals):
            found[message.base + place & 0xFFFF] = at_s
    return found


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.booleans(), st.sampled_from([0, 1, 40, 255, 256, 3_000, 40_000])), min_size=1, max_size=900),
    st.integers(1, 100),
)
def test_each_packet_is_told_once_at_its_time_over_every_wrap(
    first: int, steps: list[tuple[bool, int]], every: int
) -> None:
    recorder, sent, at, data = ArrivalRecorder(), dict[int, float | None](), 1_000_000, list[bytes]()
    for place, (comes, ticks) in enumerate(steps):
        at += ticks
        if comes or place in (0, len(steps) - 1):
            recorder.arrived(first + place & 0xFFFF, at * TICK_S + TICK_S / 4)
        sent[first + place & 0xFFFF] = at * TICK_S if comes or place in (0, len(steps) - 1) else None
        if place % every == 0:
            data += messages(recorder, at * TICK_S)
    data += messages(recorder, at * TICK_S)
    found = told(data)
    assert found.keys() == sent.keys()
    for sequence, at_s in sent.items():
        assert found[sequence] == (at_s if at_s is None else pytest.approx(at_s, abs=1e-6)), sequence
    assert sum(len(read(message).arrivals) for message in data) == len(steps)
    assert all(len(message) <= 1_200 for message in data)


@given(st.permutations(range(40)))
def test_what_came_out_of_order_is_told_at_the_time_it_came(order: list[int]) -> None:
    recorder = recorded(*((0xFFF0 + number & 0xFFFF, 5.0 + 0.001 * place) for place, number in enumerate(order)))
    found = told(messages(recorder, 6.0))
    for place, number in enumerate(order):
        assert found[0xFFF0 + number & 0xFFFF] == pytest.approx(5.0 + 0.001 * place, abs=TICK_S)


def test_one_that_comes_after_it_was_told_lost_is_told_again_with_those_behind_it() -> None:
    recorder = recorded((10, 1.0), (12, 1.01))
    assert [at is None for at in read(messages(recorder, 1.05)[0]).arrivals] == [False, True, False]
    recorder.arrived(11, 1.06)
    recorder.arrived(13, 1.07)
    [data] = messages(recorder, 1.1)
    again: Told = read(data)
    assert again.base == 11
    assert list(again.arrivals) == pytest.approx([1.06, 1.01, 1.07], abs=TICK_S)


def test_losses_between_two_messages_are_told_in_the_second() -> None:
    recorder = recorded((10, 1.0))
    messages(recorder, 1.0)
    recorder.arrived(14, 1.1)
    [data] = messages(recorder, 1.1)
    assert (read(data).base, [at is None for at in read(data).arrivals]) == (11, [True, True, True, False])


def test_nothing_is_told_when_nothing_came() -> None:
    recorder = recorded((10, 1.0))
    assert len(messages(recorder, 1.0)) == 1
    assert messages(recorder, 1.1) == []


def test_a_number_far_away_is_a_new_beginning() -> None:
    recorder = recorded((10, 1.0), (30_000, 1.1))
    [data] = messages(recorder, 1.1)
    assert (read(data).base, len(read(data).arrivals)) == (30_000, 1)


@pytest.mark.parametrize(
    ("step", "statuses", "received"), [(1_000, [1_000, 1_000, 1_000, 1], 4), (999, [1_000, 1_000, 1_000, 997], 5)]
)
def test_steps_that_each_are_small_but_go_far_are_a_new_beginning_too(
    step: int, statuses: list[int], received: int
) -> None:
    recorder = recorded(*((number * step & 0xFFFF, 1.0 + number / 40_000) for number in range(2_000)))
    found = [read(message) for message in messages(recorder, 1.05)]
    assert [len(message.arrivals) for message in found] == statuses
    assert sum(at is not None for message in found for at in message.arrivals) == received
    last = found[-1]
    assert last.base + len(last.arrivals) - 1 & 0xFFFF == 1_999 * step & 0xFFFF


def test_a_flood_fills_datagrams_that_fit_and_no_memory() -> None:
    recorder = recorded(*((number & 0xFFFF, 1.0 + number * 0.1) for number in range(3 * ARRIVALS_MAX)))
    data = messages(recorder, 700.0)
    assert all(len(message) <= 1_200 for message in data)
    assert sum(at is not None for message in data for at in read(message).arrivals) == ARRIVALS_MAX
    assert recorder._arrivals == {}


# --- the number in a packet ---


def extension(*elements: bytes, profile: int = 0xBEDE) -> bytes:
    body = b"".join(elements)
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", profile, len(body) // 4) + body


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (extension(b"\x31\x12\x34"), 0x1234),
        (extension(b"\x12abc", b"\0", b"\x31\xff\xff"), 0xFFFF),
        (extension(b"\x30\x12"), None),
        (extension(b"\x41\x12\x34"), None),
        (extension(b"\xf1\x12\x34", b"\x31\x12\x34"), None),
        (extension(b"\x31\x12\x34", profile=0x1000), None),
    ],
)
def test_the_number_is_found_by_the_extensions_id(packet: bytes, found: int | None) -> None:
    assert sequence_of(b"head" + packet, 4, 3) == found


@given(st.binary(max_size=40))
def test_any_extension_is_read_or_ends_early(data: bytes) -> None:
    for profile in (b"", b"\xbe\xde"):
        try:
            found = sequence_of(profile + data, 0, 3)
        except IndexError:
            continue
        assert found is None or 0 <= found <= 0xFFFF
