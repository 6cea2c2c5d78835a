"""Phone numbers as they are kept: E.164. Pure: no I/O."""

import phonenumbers

from livehub.people.records_errors import PhoneInvalid

HOME = "CN"


def e164(text: str, home: str = HOME) -> str:
    """`138 1234 1234` or `+86 138...` as `+8613812341234`; one without a country is of `home`. Raises PhoneInvalid."""
    try:
        number = phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def searched(text: str, regions: str) -> str | None:
    """What somebody searches for, as E.164, where it is a whole number; None for anything else, as for a name. `regions`: as
    LIVEHUB_PHONE_REGIONS has them; a number without a country is of the first.
    """
    try:
        return e164(text, regions.partition(",")[0].strip().upper()) if text[:1] in tuple("+0123456789") else None
    except PhoneInvalid:
        return None
