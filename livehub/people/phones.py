"""Phone numbers as they are kept: E.164. Pure: no I/O."""

import phonenumbers

from livehub.people.records_errors import PhoneInvalid

HOME = "CN"


def e164(text: str) -> str:
    """`138 1234 1234` or `+86 138...` as `+8613812341234`; one without a country is of mainland China. Raises PhoneInvalid."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
