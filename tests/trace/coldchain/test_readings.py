"""Of a body each reading is taken or refused by itself; what no sensor measured is kept and is no temperature."""

import json

import pytest

from livehub.base.errors import BadRequest
from trace.coldchain.readings import Reading, Refused, TooMany, marked, read

AT = "2026-11-28T06:10:00Z"
AT_MS = 1_795_846_200_000


def body(*readings: str, seq: str = "1", more: str = "") -> bytes:
    return f'{{"seq": {seq}, "readings": [{", ".join(readings)}]{more}}}'.encode()


def one(celsius: str, at: str = json.dumps(AT), more: str = "") -> str:
    return f'{{"at": {at}, "celsius": {celsius}{more}}}'


def test_sound_readings_are_read():
    sent = read(body(one("4.1", more=', "humidity": 88'), one("4", at=str(AT_MS + 1))), most=10)
    assert sent.readings == [
        Reading(at_ms=AT_MS, celsius=4.1, humidity=88),
        Reading(at_ms=AT_MS + 1, celsius=4.0),
    ]
    assert (sent.seq, sent.refused, sent.sent_ms, sent.count) == (1, [], None, 2)


def test_the_clock_of_the_device_may_be_told():
    assert read(body(one("4.1"), more=f', "sent_at": {AT_MS}'), most=10).sent_ms == AT_MS


def test_the_moment_may_have_any_offset():
    at = json.dumps("2026-11-28T14:10:00+08:00")
    assert read(body(one("4.1", at=at)), most=10).readings[0].at_ms == AT_MS


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (one("NaN"), "celsius"), (one("Infinity"), "celsius"), (one('"4,5"'), "celsius"), (one("null"), "celsius"),
        (one("1e400"), "celsius"), (one("true"), "celsius"), ('{"at": 1}', "celsius"), ("7", "celsius"),
        (one("4.1", more=', "humidity": 101'), "humidity"), (one("4.1", more=', "humidity": "wet"'), "humidity"),
        (one("4.1", at='"yesterday"'), "at"), (one("4.1", at='"2026-11-28T06:10:00"'), "at"), (one("4.1", at="-1"), "at"),
        (one("4.1", at="true"), "at"), (one("4.1", at="null"), "at"), (one("4.1", at='"9999-12-31T23:59:59Z"'), "at"),
    ],
)  # fmt: skip
def test_k7_what_is_no_reading_is_refused_with_its_reason_and_the_rest_stands(bad: str, reason: str):
    sent = read(body(one("4.1"), bad, one("4.2", at=str(AT_MS + 1))), most=10)
    assert [each.celsius for each in sent.readings] == [4.1, 4.2]
    assert sent.indexes == [0, 2]
    assert [(each.index, each.reason) for each in sent.refused] == [(1, reason)]


@pytest.mark.parametrize("celsius", ["6552.6", "6551.8", "643.74", "1200.31", "-127", "-127.0", "125.1", "-300"])
def test_k3_k4_what_no_sensor_measured_is_refused_as_implausible_and_kept(celsius: str):
    sent = read(body(one("4.1"), one(celsius, at=str(AT_MS + 1))), most=10)
    assert sent.refused == [Refused(index=1, reason="implausible")]
    assert [(each.celsius, each.fault) for each in sent.readings] == [(4.1, None), (float(celsius), "implausible")]


@pytest.mark.parametrize(
    "bad",
    [b"", b"no", b"[]", b"{}", b'{"seq": 1}', b'{"readings": []}', body(seq="-1"), body(seq="true"), body(seq='"1"'),
     body(seq="1e300"), b'{"seq": 1, "readings": {}}', b"\xff", b"[" * 100_000, body(more=', "sent_at": "now"')],
)  # fmt: skip
def test_what_is_no_body_is_refused_as_a_whole(bad: bytes):
    with pytest.raises(BadRequest):
        read(bad, most=10)


def test_k16_ten_thousand_readings_are_too_many():
    for bad in ("4", "null"):
        with pytest.raises(TooMany) as refusal:
            read(body(*[one("4")] * 9_999, one(bad)), most=1_000)
        assert refusal.value.count == 10_000


def test_k6_what_a_gateway_says_is_converted_from_its_unit_and_refused_without():
    at = f'"at": {AT_MS}'
    sent = read(
        body(f'{{{at}, "temperature": 39.2, "unit": "FAH"}}', f'{{{at}, "temperature": 39.2}}',
             f'{{{at}, "temperature": 4, "unit": "°C"}}', f'{{{at}, "temperature": "4", "unit": "CEL"}}'),
        most=10,
    )  # fmt: skip
    assert [each.celsius for each in sent.readings] == [pytest.approx(4.0)]
    assert [(each.index, each.reason) for each in sent.refused] == [(1, "unit"), (2, "unit"), (3, "celsius")]


def test_a_payload_is_read_as_its_maker_defines_it_with_its_history():
    def said(format_: str, payload: str) -> str:
        return json.dumps({"at": AT_MS, "format": format_, "payload": payload})

    history = "0367F6FF" + "20CE9E74466310015D00"
    sent = read(
        body(said("milesight", history), said("ruuvi-df5", "058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF"),
             said("ruuvi-df5", "05"), said("other", history), said("milesight", "no hex"), said("milesight", "00" * 300)),
        most=10,
    )  # fmt: skip
    assert [(each.at_ms, each.celsius) for each in sent.readings] == [(AT_MS, -1.0), (1_665_561_758_000, 27.2)]
    assert sent.indexes == [0, 0]
    assert [(each.index, each.reason) for each in sent.refused] == [(n, "payload") for n in (2, 3, 4, 5)]


def at_minutes(*celsius: float) -> list[Reading]:
    return [Reading(at_ms=n * 60_000, celsius=each) for n, each in enumerate(celsius)]


def faults(readings: list[Reading], before_c: float | None = None) -> list[str | None]:
    return [each.fault for each in marked(readings, before_c)]


def test_k1_an_85_out_of_nowhere_is_that_of_a_sensor_with_new_power():
    assert faults(at_minutes(85.0, 4.0)) == ["power_up", None]
    assert faults(at_minutes(4.0, 85.0, 85.0, 4.1)) == [None, "power_up", "power_up", None]
    assert faults(at_minutes(85.0), before_c=4.0) == ["power_up"]


def test_k1_an_85_that_was_warmed_up_to_is_real():
    assert faults(at_minutes(60.0, 76.0, 85.0, 85.0)) == [None, None, None, None]
    assert faults(at_minutes(85.0), before_c=80.0) == [None]
