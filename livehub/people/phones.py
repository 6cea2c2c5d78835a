"""Phone numbers and codes as people type them; numbers are kept as E.164. Pure: no I/O."""

import re

import phonenumbers

from livehub.people.records_errors import PhoneInvalid

HOME = "CN"
CHARS_MAX = 40
# Spaces, hyphens, parentheses in either width, and the marks of direction that address books put around a number.
_BETWEEN = re.compile("[\\s()\uff08\uff09\\-\u2010-\u2015\u2212\uff0d\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"(?:\+|00)(?P<abroad>[1-9][0-9]*)|(?P<home>[0-9]+)")


def plain_digits(text: str) -> str:
    """Digits of any script as 0 to 9, without spaces and hyphens; all else as it stands."""
    return "".join(str(int(c)) if c.isdecimal() else c for c in _BETWEEN.sub("", text))


def parsed(text: str, home: str = HOME) -> phonenumbers.PhoneNumber:
    """A number that exists, out of digits with spaces, hyphens or parentheses between them and + or 00 before; one without a
    country is of `home`. Anything else in it makes it none, a letter or an extension too: a number must not be another than
    what somebody believed they typed. Raises PhoneInvalid.
    """
    written = _NUMBER.fullmatch(plain_digits(text[: CHARS_MAX + 1]).replace("\uff0b", "+"))
    if written is None or len(text) > CHARS_MAX:
        raise PhoneInvalid
    try:
        number = phonenumbers.parse(f"+{written['abroad']}" if written["abroad"] else written["home"], home)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid
    return number


def e164(text: str, home: str = HOME) -> str:
    """`138 1234 1234` or `+86 138...` as `+8613812341234`; see `parsed`. Raises PhoneInvalid."""
    return phonenumbers.format_number(parsed(text, home), phonenumbers.PhoneNumberFormat.E164)


def searched(text: str, regions: str) -> str | None:
    """What somebody searches for, as E.164, where it is a whole number; None for anything else, as for a name. `regions`: as
    LIVEHUB_PHONE_REGIONS has them; a number without a country is of the first.
    """
    try:
        return e164(text, home_of(regions))
    except PhoneInvalid:
        return None


def home_of(regions: str) -> str:
    """The first of LIVEHUB_PHONE_REGIONS: of which numbers without a country are."""
    return regions.partition(",")[0].strip().upper()
