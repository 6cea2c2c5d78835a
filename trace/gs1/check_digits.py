"""Check digits and check characters of GS1 keys (General Specifications, 7.9). Pure: no I/O."""

# Of a GMN: the characters of CSET 82 in the order of their values, those that check, and the weights from the right (7.9.5).
_CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_digit(digits: str) -> str:
    """The digit that stands behind `digits`, which are weighted 3 and 1 in turns from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(key: str) -> bool:
    """Whether `key`, digits with their check digit last, is right."""
    return key.isascii() and key.isdigit() and len(key) > 1 and check_digit(key[:-1]) == key[-1]


def check_characters(text: str) -> str:
    """The pair that stands behind `text`, at most 23 characters of CSET 82. Raises ValueError for other text."""
    if len(text) > len(_PRIMES):
        raise ValueError("too long for check characters")
    total = sum(_CSET_82.index(each) * prime for each, prime in zip(reversed(text), _PRIMES, strict=False)) % 1021
    return _CSET_32[total >> 5] + _CSET_32[total & 31]


def has_check_characters(key: str) -> bool:
    """Whether `key`, characters of CSET 82 with their check characters last, is right."""
    return 2 < len(key) <= len(_PRIMES) + 2 and check_characters(key[:-2]) == key[-2:]
