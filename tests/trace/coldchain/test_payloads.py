"""Payloads are read as their makers define them: signed where they are signed, with the unit that they declare."""

import csv
from pathlib import Path

import pytest

from trace.coldchain.payloads import DECODERS, Measured, Unreadable, gateway, milesight, ruuvi

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "sensors" / "payloads.csv"
RUUVI = "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"  # the example of its maker
NOT_AVAILABLE = "058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF"


def test_a_ruuvi_says_temperature_humidity_battery_and_its_count():
    (measured,) = ruuvi(bytes.fromhex(RUUVI))
    assert [measured.celsius, measured.humidity, measured.battery_v] == pytest.approx([24.3, 53.49, 2.977])
    assert measured.sequence == 205


def test_a_ruuvi_of_which_no_field_is_available_has_measured_nothing():
    assert ruuvi(bytes.fromhex(NOT_AVAILABLE)) == []


def test_k3_a_temperature_below_zero_keeps_its_sign():
    for celsius in (-1.0, -1.7, -11.6):
        raw = int(celsius * 10).to_bytes(2, "little", signed=True)
        assert milesight(b"\x03\x67" + raw) == [Measured(celsius=celsius)]


def test_a_record_of_the_history_has_its_own_time():
    record = bytes.fromhex("20CE9E74466310015D00")
    assert milesight(record) == [Measured(celsius=27.2, humidity=46.5, at_ms=1_665_561_758_000)]


@pytest.mark.parametrize(
    ("said", "celsius"),
    [(b'{"temperature": 39.2, "unit": "FAH"}', 4.0), (b'{"temperature": 277.15, "unit": "KEL"}', 4.0),
     (b'[{"temperature": 4, "unit": "CEL"}]', 4.0)],
)  # fmt: skip
def test_k6_the_declared_unit_is_converted_once(said: bytes, celsius: float):
    assert [each.celsius for each in gateway(said)] == [pytest.approx(celsius)]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b'{"temperature": 39.2}', "unit"),
        ('{"temperature": 4.0, "unit": "°C"}'.encode(), "unit"),
        (b'{"temperature": "4,5", "unit": "CEL"}', "temperature"),
        (b'{"temperature": NaN, "unit": "CEL"}', "temperature"),
        (b'{"temperature": true, "unit": "CEL"}', "temperature"),
        (b'{"temperature": 4, "unit": "CEL", "humidity": 101}', "humidity"),
        (b"[4.0]", "object"),
        (b"not json", "JSON"),
    ],
)
def test_k6_k7_what_a_gateway_may_not_say_is_refused(payload: bytes, why: str):
    with pytest.raises(Unreadable, match=why):
        gateway(payload)


@pytest.mark.parametrize("payload", ["", "05", RUUVI + "00", "04" + RUUVI[2:]])
def test_what_is_no_ruuvi_is_refused(payload: str):
    with pytest.raises(Unreadable):
        ruuvi(bytes.fromhex(payload))


@pytest.mark.parametrize("payload", ["03", "0367F6", "FF0101", "0367F6FF04"])
def test_what_is_no_milesight_is_refused(payload: str):
    with pytest.raises(Unreadable):
        milesight(bytes.fromhex(payload))


@pytest.mark.skipif(not VECTORS.exists(), reason="the test data of others is not beside the checkout")
def test_every_payload_of_the_vectors():
    for row in csv.DictReader(VECTORS.open()):
        decode = DECODERS["ruuvi-df5" if row["format"] == "ruuvi-df5" else "milesight"]
        if "must be refused" in row["note"]:
            with pytest.raises(Unreadable, match="humidity"):
                decode(bytes.fromhex(row["hex"]))
            continue
        found = decode(bytes.fromhex(row["hex"]))
        if not row["temperature_c"]:
            assert found == []
            continue
        (measured,) = found
        assert measured.celsius == pytest.approx(float(row["temperature_c"]))
        assert measured.humidity == (pytest.approx(float(row["humidity_pct"])) if row["humidity_pct"] else None)
        assert measured.sequence == (int(row["sequence"]) if row["sequence"] else None)
        if row["battery"].endswith("V"):
            assert measured.battery_v == pytest.approx(float(row["battery"].split()[0]))
        elif row["battery"]:
            assert measured.battery_percent == float(row["battery"].split()[0])
        if "own time" in row["note"]:
            assert measured.at_ms == int(row["note"].split()[-1]) * 1000
