"""Gates that a text passes before anyone sees it: cleaning and the word lists. Pure: no I/O, no clock.

Words are compared after NFKC, case folding and removal of invisible characters, so full-width or zero-width spelling does
not get round the list. Words of ASCII letters match whole words only ("class" holds no "ass"); words of other scripts, which
are written without spaces, match anywhere, also with punctuation or spaces put between their characters.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum

import ahocorasick

from livehub.base.text import IGNORABLE, Translation
from livehub.room.errors import BannedWord

_WORD = re.compile(r"\w+")


class Verdict(Enum):
    """What the word lists say of a text."""

    PASS = "pass"  # noqa: S105
    HOLD = "hold"
    BLOCK = "block"


def folded(text: str) -> str:
    """The text as words are compared: much like toNFKC_Casefold (Unicode 15.1, section 3.13)."""
    if text.isascii():
        return text.casefold()
    seen = text.translate(_COMPARED)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())


def _ignored(c: str) -> bool:
    return unicodedata.category(c) == "Cf" or IGNORABLE.match(c) is not None


_COMPARED = Translation(_ignored)


class WordFilter:
    """Two lists of words in two automata: whole words, and anywhere."""

    def __init__(self, *, block: Iterable[str] = (), hold: Iterable[str] = ()) -> None:
        self._whole = ahocorasick.Automaton()
        self._anywhere = ahocorasick.Automaton()
        for words, verdict in ((hold, Verdict.HOLD), (block, Verdict.BLOCK)):  # a word on both lists is blocked
            for word in words:
                self._add(folded(word).strip(), verdict)
        self._whole.make_automaton()
        self._anywhere.make_automaton()

    def _add(self, word: str, verdict: Verdict) -> None:
        if not word:
            return
        if word.isascii():
            self._whole.add_word(word, (verdict, len(word)))
        else:
            squeezed = "".join(_WORD.findall(word))
            self._anywhere.add_word(squeezed or word, (verdict, 0))

    def check(self, text: str) -> Verdict:
        """The severest verdict on any word in the text."""
        if not len(self._anywhere) and not len(self._whole):
            return Verdict.PASS  # folding is the dear part
        plain = folded(text)
        found: set[Verdict] = set()
        if len(self._anywhere):
            found |= {verdict for _, (verdict, _) in self._anywhere.iter("".join(_WORD.findall(plain)))}
            found |= {verdict for _, (verdict, _) in self._anywhere.iter(plain)}
        if len(self._whole):
            for end, (verdict, length) in self._whole.iter(plain):
                if _stands_alone(plain, end - length + 1, end + 1):
                    found.add(verdict)
        if Verdict.BLOCK in found:
            return Verdict.BLOCK
        return Verdict.HOLD if found else Verdict.PASS


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no ASCII letter or digit touches text[start:end]; a CJK neighbour does not make it part of a word."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (_ascii_word(before) or _ascii_word(after))


def _ascii_word(c: str) -> bool:
    return c.isascii() and (c.isalnum() or c == "_")


def check_words(words: WordFilter, text: str) -> bool:
    """Whether the text must be held for a moderator. Raises BannedWord when it is not taken at all."""
    verdict = words.check(text)
    if verdict is Verdict.BLOCK:
        raise BannedWord
    return verdict is Verdict.HOLD
