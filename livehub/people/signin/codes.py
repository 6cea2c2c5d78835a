"""Codes by phone: which numbers, how many codes, and whether one is right. Pure: no I/O, no clock, no randomness.

    created --wrong code, 5 times--> burnt     created --right code--> used     created --5 minutes--> over

Guessing: 5 tries of 10^6 per challenge, and so many challenges a day per number, that a number's chance of being guessed within
a day is below 1 in 10,000. Wrong tries are counted by challenge, so nobody locks out a number by guessing.
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
    """How many codes were asked for lately. `last_ms`: when the last one was, for this number; None: never. `since`: when the
    oldest of each count was asked for, Unix ms."""

    phone_hour: int
    phone_day: int
    network_hour: int
    shop_hour: int
    last_ms: int | None


class Bounds(Struct, frozen=True, kw_only=True):
    """How many codes may be asked for, per number, per network, and of the whole shop; and how soon again."""

    resend_ms: int
    phone_hour_max: int
    phone_day_max: int
    network_hour_max: int
    shop_hour_max: int


class Excess(Enum):
    """What there have been too many of."""

    RESEND = "resend"
    PHONE = "phone"
    NETWORK = "network"
    SHOP = "shop"


def excess(sent: Sent, bounds: Bounds, now_ms: int) -> tuple[Excess, int] | None:
    """Why no code is sent now, and in how many ms to ask again; None: one may be sent."""
    if sent.last_ms is not None and (wait_ms := sent.last_ms + bounds.resend_ms - now_ms) > 0:
        return Excess.RESEND, wait_ms
    if sent.phone_day >= bounds.phone_day_max:
        return Excess.PHONE, DAY_MS
    if sent.phone_hour >= bounds.phone_hour_max:
        return Excess.PHONE, HOUR_MS
    if sent.network_hour >= bounds.network_hour_max:
        return Excess.NETWORK, HOUR_MS
    if sent.shop_hour >= bounds.shop_hour_max:
        return Excess.SHOP, HOUR_MS // 4
    return None


def is_unusual(sent: Sent, bounds: Bounds, *, without_proof_max: int) -> bool:
    """Whether whoever asks now has to work for it."""
    return sent.network_hour >= without_proof_max or 2 * sent.shop_hour >= bounds.shop_hour_max


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
