"""Phone numbers as they are kept: E.164. Pure: no I/O."""

import phonenumbers

from livehub.people.records_errors import BadPhone

HOME = "CN"


def e164(text: str) -> str:
    """`138 1234 1234` or `+86 138...` as `+8613812341234`; one without a country is of mainland China. Raises BadPhone."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException as error:
        raise BadPhone from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise BadPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
