"""Payloads of sensors as their makers define them, for gateways that pass them on as they are. Pure: no I/O.

    ruuvi-df5     Ruuvi, data format 5 (RAWv2): big-endian, 0.005 °C, 0x8000 and 0xFFFF for "not available"
    milesight     Milesight EM300-TH: channel, type, little-endian value; records of its history carry their own time
    gateway       JSON {"temperature": 39.2, "unit": "FAH", ...}; the unit is one of UN/CEFACT Rec 20, and is needed

What is wrong with a payload is said; no value is ever guessed from another one's sign or size.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

RUUVI_BYTES = 24
MILESIGHT_CHANNELS = {  # (channel, type): bytes of the value
    (0x01, 0x75): 1,  # battery, percent
    (0x03, 0x67): 2,  # temperature, 0.1 °C
    (0x04, 0x68): 1,  # humidity, half percent
    (0x20, 0xCE): 8,  # history: time, temperature, humidity, and what only others of the EM300 have
}
TO_CELSIUS: Mapping[str, Callable[[float], float]] = {
    "CEL": lambda said: said,
    "FAH": lambda said: (said - 32) * 5 / 9,
    "KEL": lambda said: said - 273.15,
}


class Unreadable(Exception):
    """It is no such payload; the text says what is wrong."""


class Measured(Struct, frozen=True, kw_only=True):
    """What a payload says. `at_ms`: its own time, Unix ms, where it has one; `sequence`: the sensor's own count."""

    celsius: float | None = None
    humidity: float | None = None  # percent
    battery_v: float | None = None
    battery_percent: float | None = None
    sequence: int | None = None
    at_ms: int | None = None


def ruuvi(payload: bytes) -> list[Measured]:
    """Data format 5; nothing when every field is "not available". Raises Unreadable, also of a humidity over 100 percent."""
    if len(payload) != RUUVI_BYTES or payload[0] != 5:
        raise Unreadable("not 24 bytes of data format 5")
    temperature, humidity, _, _, _, _, power, _, sequence = struct.unpack_from(">hHHhhhHBH", payload, 1)
    measured = Measured(
        celsius=None if temperature == -0x8000 else temperature * 0.005,
        humidity=None if humidity == 0xFFFF else humidity * 0.0025,
        battery_v=None if power >> 5 == 0x7FF else 1.6 + (power >> 5) / 1000,
        sequence=None if sequence == 0xFFFF else sequence,
    )
    return [] if measured == Measured() else [_sound(measured)]


def milesight(payload: bytes) -> list[Measured]:
    """What it measures now, then its history. Raises Unreadable."""
    now: dict[str, Any] = {}
    history = []
    at = 0
    while at < len(payload):
        channel = (payload[at], payload[at + 1]) if at + 1 < len(payload) else (payload[at], -1)
        size = MILESIGHT_CHANNELS.get(channel)
        value = payload[at + 2 : at + 2 + (size or 0)]
        if size is None or len(value) != size:
            raise Unreadable(f"byte {at}: no channel of this sensor, or cut off")
        match channel:
            case (0x01, _):
                now["battery_percent"] = float(value[0])
            case (0x03, _):
                now["celsius"] = struct.unpack("<h", value)[0] / 10
            case (0x04, _):
                now["humidity"] = value[0] / 2
            case _:
                seconds, temperature, humidity = struct.unpack("<IhBx", value)
                history.append(Measured(celsius=temperature / 10, humidity=humidity / 2, at_ms=seconds * 1000))
        at += 2 + size
    return [_sound(each) for each in ([Measured(**now)] if now else []) + history]


def gateway(payload: bytes) -> list[Measured]:
    """One object or a list of them. A temperature without its unit is refused. Raises Unreadable."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    return [_sound(_of_gateway(each)) for each in (said if isinstance(said, list) else [said])]


def _of_gateway(said: Any) -> Measured:
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    temperature, unit = said.get("temperature"), said.get("unit")
    if temperature is None or not _is_number(temperature):
        raise Unreadable("temperature: not a number")
    if not isinstance(unit, str) or unit not in TO_CELSIUS:
        raise Unreadable("unit: one of CEL, FAH, KEL")
    humidity, at_ms = said.get("humidity"), said.get("at_ms")
    if humidity is not None and not _is_number(humidity):
        raise Unreadable("humidity: not a number")
    if at_ms is not None and (not isinstance(at_ms, int) or isinstance(at_ms, bool)):
        raise Unreadable("at_ms: not a whole number")
    return Measured(celsius=TO_CELSIUS[unit](temperature), humidity=humidity, at_ms=at_ms)


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said)


def _sound(measured: Measured) -> Measured:
    if measured.humidity is not None and not 0 <= measured.humidity <= 100:
        raise Unreadable("humidity: from 0 to 100 percent")
    return measured


DECODERS: Mapping[str, Callable[[bytes], list[Measured]]] = {
    "ruuvi-df5": ruuvi,
    "milesight": milesight,
    "gateway": gateway,
}
