"""Which words of a list are in a text, and where, so that a moderator sees at once why a line waits. Pure: no I/O, no clock.

Whether a word is in a text is what WordFilter says (moderation.py); this only finds the places, for the few lines held.
Words are compared as they are folded, and folding changes lengths: a text is taken apart into units (a character and the marks
that follow it), each is folded alone, and what is found in their joint text is a run of units of the original. Where that joint
text is not the folded text (folding looked beyond a unit), the word is named without a place.

Places are counted in UTF-16 code units, as the strings of JavaScript are, since pages cut the text there.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from msgspec import Struct

from livehub.room.moderation import Verdict, WordFilter, folded

WORDS_MAX = 10  # named of one text
PLACES_MAX = 20  # of one word
_WORD = re.compile(r"\w+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9_]")


class Place(Struct, frozen=True, kw_only=True):
    """`text[start:end]`, in UTF-16 code units."""

    start: int
    end: int


class MatchedWord(Struct, frozen=True, kw_only=True):
    """A word of the list, as it stands there, and where it is in the text; no places when they cannot be told."""

    word: str
    places: list[Place] = []


class _Unit(Struct, frozen=True):
    start: int  # in characters of Python
    end: int
    folded: str


class WordMarks:
    """The words of one list."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [(word, folded(word).strip()) for word in words]

    def of(self, text: str) -> list[MatchedWord]:
        """The words of the list that are in the text, at most WORDS_MAX, in the list's order."""
        plain = folded(text)
        squeezed = _squeezed(plain)
        found: list[MatchedWord] = []
        for word, key in self._words:
            if not key or (_squeezed(key) or key) not in (squeezed if _squeezed(key) else plain):
                continue  # cheap, and true of most
            alone = WordFilter(hold=[word])
            if alone.check(text) is not Verdict.PASS:
                found.append(MatchedWord(word=word, places=_places(text, plain, key, alone)))
                if len(found) == WORDS_MAX:
                    break
        return found


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text))


def _places(text: str, plain: str, key: str, alone: WordFilter) -> list[Place]:
    units = list(_units(text))
    if "".join(unit.folded for unit in units) != plain:
        return []
    is_word = bool(_squeezed(key))
    wanted = _squeezed(key) if is_word else key
    parts = [_squeezed(unit.folded) if is_word else unit.folded for unit in units]
    owners = [index for index, part in enumerate(parts) for _ in part]  # the unit of each character of the joint text
    joint = "".join(parts)
    places: list[Place] = []
    at = joint.find(wanted)
    while at >= 0 and len(places) < PLACES_MAX:
        first, last = owners[at], owners[at + len(wanted) - 1]
        start, end = units[first].start, units[last].end
        is_there = alone.check(text[start:end]) is not Verdict.PASS
        if is_there and (not key.isascii() or _stands_alone(units, first, last)):
            places.append(Place(start=_utf16(text[:start]), end=_utf16(text[:end])))
            at = joint.find(wanted, at + len(wanted))
        else:
            at = joint.find(wanted, at + 1)
    return places


def _stands_alone(units: list[_Unit], first: int, last: int) -> bool:
    before = next((unit.folded[-1] for unit in reversed(units[:first]) if unit.folded), " ")
    after = next((unit.folded[0] for unit in units[last + 1 :] if unit.folded), " ")
    return not (_ASCII_WORD.match(before) or _ASCII_WORD.match(after))


def _units(text: str) -> Iterator[_Unit]:
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.combining(text[index]):
            yield _Unit(start, index, folded(text[start:index]))
            start = index


def _utf16(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
