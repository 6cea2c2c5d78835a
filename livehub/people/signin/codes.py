"""Codes by phone: which numbers, how many codes, and whether one is right. Pure: no I/O, no clock, no randomness.

    created --wrong code, 5 times--> burnt     created --right code--> used     created --5 minutes--> over

Guessing: 5 tries of 10^6 per challenge, and so many challenges a day per number, that a number's chance of being guessed within
a day is below 1 in 10,000. Wrong tries are counted by challenge, so nobody locks out a number by guessing.

Asking: one area (addresses.area_of) can ask for fewer codes for a number than the number gets in an hour and in a day, as long
as nobody signs in with them, and works for all but the first few; so the owner, who is somewhere else, gets theirs.
"""

import hashlib
import hmac
from collections.abc import Sequence
from enum import Enum

import phonenumbers
from msgspec import Struct

from livehub.base.errors import BadRequest
from livehub.people import phones
from livehub.people.errors import BadPhone
from livehub.people.records_errors import PhoneInvalid
from livehub.people.settings import CODE_PURPOSES

SIGN_IN, ADD_PHONE = CODE_PURPOSES
DIGITS = 6
TRIES_MAX = 5
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_CAN_GET_CODES = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,  # where numbers do not tell
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    }
)


def regions(text: str) -> list[str]:
    """ISO 3166 codes of countries, out of a list with commas."""
    return [region.strip().upper() for region in text.split(",") if region.strip()]


def e164(text: str, regions: Sequence[str]) -> str:
    """The number as +8613800138000. `regions`: ISO 3166 codes of countries whose numbers get codes; one without a country is
    of the first. Raises BadPhone for what is none, of another country, or no mobile number."""
    try:
        number = phones.parsed(text, regions[0])
    except PhoneInvalid as error:
        raise BadPhone from error
    if phonenumbers.region_code_for_number(number) not in regions:
        raise BadPhone("Codes are not sent to numbers of this country.")
    if phonenumbers.number_type(number) not in _CAN_GET_CODES:
        raise BadPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def typed(text: str) -> str:
    """The code, out of what somebody typed: digits of any script, with spaces or hyphens between them. Raises BadRequest for
    what no code can be, which is a slip and no guess: it costs no try.
    """
    code = phones.plain_digits(text)
    if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
        raise BadRequest(f"code: {DIGITS} digits.")
    return code


def calling_code(region: str) -> int:
    """What numbers of a country begin with after the plus; 0 for one that is none."""
    return phonenumbers.country_code_for_region(region)


def digest(key: bytes, challenge: str, phone: str, purpose: str, code: str) -> bytes:
    """What is kept of a code; of the same code under another challenge, number or purpose it is another."""
    return hmac.digest(key, "\0".join((challenge, phone, purpose, code)).encode(), hashlib.sha256)


class Sent(Struct, frozen=True, kw_only=True):
    """When codes were asked for lately: Unix ms, the latest first, as many as are counted.

    `phone`: for this number, within a day; `unused`: with how many of these nobody signed in; `area`: those of the unused
    that were asked for from the network of whoever asks now. `network`: from this network, for any number, within an hour.
    `shop`: of the whole shop, within an hour, how many; `shop_nth_ms`: the one that has to be an hour ago before there is
    another, if there are as many.
    """

    phone: list[int]
    unused: int
    area: list[int]
    network: list[int]
    shop: int
    shop_nth_ms: int | None


class Bounds(Struct, frozen=True, kw_only=True):
    """How many codes may be asked for, per number and area, network, number, and of the whole shop; and how soon again."""

    resend_ms: int
    area_hour_max: int
    area_day_max: int
    network_hour_max: int
    phone_hour_max: int
    phone_day_max: int
    shop_hour_max: int


class Excess(Enum):
    """What there have been too many of."""

    RESEND = "resend"
    AREA = "area"
    NETWORK = "network"
    PHONE = "phone"
    SHOP = "shop"


def excess(sent: Sent, bounds: Bounds, now_ms: int) -> tuple[Excess, int] | None:
    """Why no code is sent now, and how many ms it will be so; None: one may be sent. Of several reasons the one that lasts
    longest."""
    shop = [sent.shop_nth_ms] if sent.shop_nth_ms is not None else []
    waits = [
        (_wait_ms(sent.phone, 1, bounds.resend_ms, now_ms), Excess.RESEND),
        (_wait_ms(sent.area, bounds.area_hour_max, HOUR_MS, now_ms), Excess.AREA),
        (_wait_ms(sent.area, bounds.area_day_max, DAY_MS, now_ms), Excess.AREA),
        (_wait_ms(sent.network, bounds.network_hour_max, HOUR_MS, now_ms), Excess.NETWORK),
        (_wait_ms(sent.phone, bounds.phone_hour_max, HOUR_MS, now_ms), Excess.PHONE),
        (_wait_ms(sent.phone, bounds.phone_day_max, DAY_MS, now_ms), Excess.PHONE),
        (_wait_ms(shop, 1, HOUR_MS, now_ms), Excess.SHOP),
    ]
    wait_ms, what = max(waits, key=lambda each: each[0])
    return (what, wait_ms) if wait_ms > 0 else None


def _wait_ms(latest: Sequence[int], most: int, within_ms: int, now_ms: int) -> int:
    """How long it is until fewer than `most` of them are within `within_ms`."""
    return latest[most - 1] + within_ms - now_ms if len(latest) >= most else 0


def is_unusual(sent: Sent, bounds: Bounds, *, without_proof_max: int, unused_without_proof_max: int) -> bool:
    """Whether whoever asks now has to work for it: they ask for many, or for a number that gets codes of which nobody makes
    use, or the shop has sent half of what it may."""
    return (
        len(sent.network) >= without_proof_max
        or sent.unused >= unused_without_proof_max
        or 2 * sent.shop >= bounds.shop_hour_max
    )


class Challenge(Struct, frozen=True, kw_only=True):
    """A row of `phone_codes`."""

    challenge: str
    phone: str
    purpose: str
    asked_by: str
    code_hmac: bytes
    tries: int
    ends_ts: int
    used_ts: int | None


class Verdict(Enum):
    """What becomes of a code that came."""

    RIGHT = "right"
    WRONG = "wrong"
    BURNT = "burnt"
    OVER = "over"


def judge(challenge: Challenge, code: str, *, purpose: str, key: bytes, now_ms: int) -> Verdict:
    """Whether `code` is the one. What is over or burnt is not even compared."""
    if challenge.purpose != purpose or challenge.used_ts is not None or now_ms >= challenge.ends_ts:
        return Verdict.OVER
    if challenge.tries >= TRIES_MAX:
        return Verdict.BURNT
    seen = digest(key, challenge.challenge, challenge.phone, purpose, code)
    return Verdict.RIGHT if hmac.compare_digest(seen, challenge.code_hmac) else Verdict.WRONG
