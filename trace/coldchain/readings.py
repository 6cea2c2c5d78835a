"""Readings as they come, and which of them can be. Pure: no I/O, no clock.

    {"seq": 7, "readings": [{"at": "2026-11-28T06:10:00Z", "celsius": 4.1, "humidity": 88}]}      sent_at: the device's clock

    {"at": ..., "temperature": 39.2, "unit": "FAH"}                  as gateways have it: CEL, FAH or KEL, and never without
    {"at": ..., "format": "ruuvi-df5", "payload": "0512FC53..."}     as the sensor sent it, in hex (payloads.py)

A body is read fast where all of it is sound. Else each reading is looked at by itself: what is none is refused with its reason,
and the others stand. What a sensor says when it has not measured is kept and shown, and is no temperature:

    -127, and what no sensor for food measures (6552.6 is -1.0 read without its sign; 1200.31)      refused, as `implausible`
    85.0 out of nowhere, the DS18B20's register after power-up                                      taken, marked `power_up`
"""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from livehub.base.errors import BadRequest
from livehub.base.moments import END_MS, ISO_8601
from trace.coldchain.payloads import DECODERS, TO_CELSIUS, Unreadable

Fault = Literal["implausible", "power_up", "void"]  # void: said so afterwards, by whoever looked at the device
Refusal = Literal["at", "future", "too_old", "no_clock", "celsius", "humidity", "implausible", "unit", "payload"]

# What sensors of food measure at all: deep freezers at -86, hot kitchens; the DS18B20 itself goes from -55 to 125.
CELSIUS_MIN = -100.0
CELSIUS_MAX = 125.0
DISCONNECTED_C = -127.0  # what libraries give for a DS18B20 that does not answer
POWER_UP_C = 85.0
NEAR_C = 10.0  # whoever was so near before may really be at 85 now
SEQ_MAX = 2**53 - 1
PAYLOAD_CHARS_MAX = 512  # some twenty records of a history
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Seq = Annotated[int, Meta(ge=0, le=SEQ_MAX)]


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """One measurement at `at_ms`, Unix ms. `fault`: why its temperature is none."""

    at_ms: int
    celsius: float
    humidity: float | None = None  # percent, relative
    fault: Fault | None = None


class Refused(Struct, frozen=True, kw_only=True):
    """Which of the readings was not taken (from 0), and why."""

    index: int
    reason: Refusal


class Sent(Struct, frozen=True, kw_only=True):
    """A body that was read. `at_ms` of its readings are by the device's clock; `indexes` are theirs in the body."""

    seq: int
    sent_ms: int | None
    readings: list[Reading]
    indexes: list[int]
    refused: list[Refused]
    count: int


class _Reading(Struct, frozen=True, kw_only=True, gc=False):
    at: Annotated[int, Meta(ge=0, lt=END_MS)] | datetime
    celsius: float
    humidity: Annotated[float, Meta(ge=0, le=100)] | None = None


class _Body(Struct, frozen=True, kw_only=True):
    seq: Seq
    readings: list[_Reading]
    sent_at: Annotated[int, Meta(ge=0, lt=END_MS)] | datetime | None = None


_decoder = msgspec.json.Decoder(_Body)


class TooMany(Exception):
    """There are `count` readings in one body."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def read(body: bytes, *, most: int) -> Sent:
    """The readings in a body. Raises BadRequest when it is none at all, TooMany."""
    try:
        found = _decoder.decode(body)
        if len(found.readings) > most:
            raise TooMany(len(found.readings))
        taken = [Reading(at_ms=_ms(each.at), celsius=each.celsius, humidity=each.humidity) for each in found.readings]
        sent_ms = None if found.sent_at is None else _ms(found.sent_at)
    except (msgspec.DecodeError, ValueError, UnicodeError):
        return _read_each(body, most)
    sent = Sent(
        seq=found.seq, sent_ms=sent_ms, readings=taken, indexes=list(range(len(taken))), refused=[], count=len(taken)
    )
    return _without_implausible(sent)


def _read_each(body: bytes, most: int) -> Sent:
    """The same, reading by reading. Python's own reader takes NaN and Infinity, so that the rest of such a body stands."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(whole, dict) or not isinstance(whole.get("readings"), list):
        raise BadRequest("readings: a list is needed.")
    seq = whole.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= SEQ_MAX:
        raise BadRequest("seq: a whole number from 0 on, the device's own count of what it sends.")
    if len(whole["readings"]) > most:
        raise TooMany(len(whole["readings"]))
    sent_ms = None if whole.get("sent_at") is None else _moment(whole["sent_at"])
    if sent_ms is None and whole.get("sent_at") is not None:
        raise BadRequest("sent_at: Unix ms or ISO 8601 with an offset.")
    readings, indexes, refused = [], [], []
    for index, each in enumerate(whole["readings"]):
        found = _found(each)
        if isinstance(found, str):
            refused.append(Refused(index=index, reason=found))
        else:
            readings += found
            indexes += [index] * len(found)
    return _without_implausible(
        Sent(
            seq=seq,
            sent_ms=sent_ms,
            readings=readings,
            indexes=indexes,
            refused=refused,
            count=len(whole["readings"]),
        )
    )


def _found(said: Any) -> list[Reading] | Refusal:
    """What one item says: one reading; of a payload with a history several, and of one that says nothing none."""
    if not isinstance(said, dict):
        return "celsius"
    at_ms = _moment(said.get("at"))
    if "payload" in said:
        return _of_payload(said, at_ms)
    if at_ms is None:
        return "at"
    celsius, humidity = said.get("celsius"), said.get("humidity")
    if "celsius" not in said and "temperature" in said:
        celsius, unit = said["temperature"], said.get("unit")
        if not isinstance(unit, str) or unit not in TO_CELSIUS:
            return "unit"
        celsius = TO_CELSIUS[unit](celsius) if _is_number(celsius) else None
    if celsius is None or not _is_number(celsius):
        return "celsius"
    if humidity is not None and not (_is_number(humidity) and 0 <= humidity <= 100):
        return "humidity"
    return [Reading(at_ms=at_ms, celsius=float(celsius), humidity=humidity)]


def _of_payload(said: dict[str, Any], at_ms: int | None) -> list[Reading] | Refusal:
    decode, payload = DECODERS.get(str(said.get("format"))), said["payload"]
    if decode is None or not isinstance(payload, str) or len(payload) > PAYLOAD_CHARS_MAX:
        return "payload"
    try:
        measured = decode(bytes.fromhex(payload))
    except (ValueError, Unreadable):
        return "payload"
    times = [at_ms if each.at_ms is None else each.at_ms for each in measured if each.celsius is not None]
    if any(time is None or not 0 <= time < END_MS for time in times):
        return "at"
    found = [each for each in measured if each.celsius is not None]
    return [
        Reading(at_ms=time or 0, celsius=each.celsius or 0.0, humidity=each.humidity)
        for each, time in zip(found, times, strict=True)
    ]


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and abs(said) < 1e6 and math.isfinite(said)


def _moment(said: Any) -> int | None:
    """Unix ms, or ISO 8601 with an offset: a device is in no shop's time zone."""
    if isinstance(said, bool) or not isinstance(said, int | str):
        return None
    try:
        ms = said if isinstance(said, int) else _ms(datetime.fromisoformat(said)) if ISO_8601.fullmatch(said) else -1
    except (ValueError, OverflowError):
        return None
    return ms if 0 <= ms < END_MS else None


def _ms(said: int | datetime) -> int:
    if isinstance(said, int):
        return said
    if said.tzinfo is None:
        raise ValueError("without an offset")
    ms = (said - EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms < END_MS:
        raise ValueError("out of range")
    return ms


def is_possible(celsius: float) -> bool:
    """Whether a sensor of food can have measured it."""
    return CELSIUS_MIN <= celsius <= CELSIUS_MAX


def _without_implausible(sent: Sent) -> Sent:
    """As sent, with what no sensor measured marked `implausible`: it is kept to be shown, and told as refused."""
    bad = [n for n, each in enumerate(sent.readings) if not is_possible(each.celsius)]
    if not bad:
        return sent
    readings = list(sent.readings)
    for n in bad:
        readings[n] = msgspec.structs.replace(readings[n], fault="implausible")
    refused = [*sent.refused, *(Refused(index=sent.indexes[n], reason="implausible") for n in bad)]
    return msgspec.structs.replace(sent, readings=readings, refused=sorted(refused, key=lambda each: each.index))


def marked(readings: Sequence[Reading], before_c: float | None) -> list[Reading]:
    """The readings of one device in order of time, with the 85.0 of a sensor that has just got power marked `power_up`.

    `before_c`: the last temperature before them. An 85.0 is taken for real only where the temperature before it was near: that
    a register still holds its first value proves nothing on clones of the sensor.
    """
    if all(each.celsius != POWER_UP_C for each in readings):
        return list(readings)
    found = []
    for each in readings:
        if each.fault is None:
            if each.celsius == POWER_UP_C and (before_c is None or abs(before_c - POWER_UP_C) > NEAR_C):
                each = msgspec.structs.replace(each, fault="power_up")  # noqa: PLW2901
            else:
                before_c = each.celsius
        found.append(each)
    return found
