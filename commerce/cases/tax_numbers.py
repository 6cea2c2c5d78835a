"""Unified social credit codes of the PRC, which serve as tax numbers. Pure: no I/O.

GB 32100-2015, section 4 and annex A: 18 characters out of 31 (no I, O, S, V, Z); the last is 31 less the sum of the others'
values weighted with 3^i mod 31, mod 31.
"""

from unicodedata import normalize

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_VALUES = {character: value for value, character in enumerate(CHARACTERS)}
_WEIGHTS = [pow(3, place, 31) for place in range(LENGTH - 1)]


def check_character(first: str) -> str:
    """The last character of a code that begins with these 17. Raises KeyError for a character that is none."""
    total = sum(_VALUES[character] * weight for character, weight in zip(first, _WEIGHTS, strict=True))
    return CHARACTERS[-total % 31]


def is_tax_number(text: str) -> bool:
    """Whether it is such a code, with its check."""
    if len(text) != LENGTH or any(character not in _VALUES for character in text):
        return False
    return text[-1] == check_character(text[:-1])


def plain(text: str) -> str:
    """As it is stored: upper case, without the spaces that people put in, full-width digits and letters as ASCII."""
    return "".join(normalize("NFKC", text).split()).upper()
