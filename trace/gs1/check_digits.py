"""The check digit of GS1 keys (General Specifications, 7.9). Pure: no I/O."""


def check_digit(digits: str) -> str:
    """The digit that stands behind `digits`, which are weighted 3 and 1 in turns from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(key: str) -> bool:
    """Whether `key`, digits with their check digit last, is right."""
    return key.isascii() and key.isdigit() and len(key) > 1 and check_digit(key[:-1]) == key[-1]
