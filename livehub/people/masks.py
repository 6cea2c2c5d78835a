"""What staff see of somebody in lists: enough to tell two apart, not enough to take away. Pure: no I/O.

masked_name("王小明")          王**
masked_phone("+8613812341234")  138****1234
without_numbers("138 1234 1234") ****1234, of a search that somebody typed
"""

CHINA = "+86"
NUMBER_DIGITS_MIN = 7
SHOWN_FIRST, SHOWN_LAST = 3, 4


def masked_name(name: str) -> str:
    """The first character and two stars, however long it is: the length of a name says who it is, too."""
    return f"{name[:1]}**" if name else ""


def masked_phone(phone: str) -> str:
    """The first three digits and the last four; of a short number the last two. Mainland numbers are without their +86."""
    digits = phone.removeprefix(CHINA) if phone.startswith(CHINA) else phone
    if len(digits) < SHOWN_FIRST + SHOWN_LAST + 3:
        return f"****{digits[-2:]}" if digits else ""
    return f"{digits[:SHOWN_FIRST]}****{digits[-SHOWN_LAST:]}"


def without_numbers(text: str) -> str:
    """A text that somebody searched by; of what has as many digits as a phone number, and no letter, the end alone."""
    digits = "".join(str(int(c)) for c in text if c.isdecimal())
    if len(digits) < NUMBER_DIGITS_MIN or any(c.isalpha() for c in text):
        return text
    return f"****{digits[-SHOWN_LAST:]}"
