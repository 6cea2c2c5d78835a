"""Gates that a text passes before anyone sees it: cleaning and the word lists. Pure: no I/O, no clock.

Words are compared after NFKC, case folding and removal of invisible characters, so full-width or zero-width spelling does
not get round the list. Words of ASCII letters match whole words only ("class" holds no "ass"); words of other scripts, which
are written without spaces, match anywhere, also with punctuation or spaces put between their characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import Enum

import ahocorasick

from livehub.room.errors import BannedWord, TextEmpty, TextTooLong

_WORD = re.compile(r"\w+")
# Default_Ignorable_Code_Point of Unicode 15.1 (DerivedCoreProperties.txt), which `unicodedata` does not know: drawn as nothing.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
CHARACTERS_LEARNT_MAX = 65_536
_BLANK = "\u2800"  # a braille cell without a dot


class Verdict(Enum):
    """What the word lists say of a text."""

    PASS = "pass"  # noqa: S105
    HOLD = "hold"
    BLOCK = "block"


class _Translation(dict[int, int | None]):
    """A table for str.translate that takes out what `unwanted` names, and learns each character when it meets it."""

    def __init__(self, unwanted: Callable[[str], bool]) -> None:
        super().__init__()
        self._unwanted = unwanted

    def __missing__(self, code: int) -> int | None:
        kept = None if self._unwanted(chr(code)) else code
        if len(self) < CHARACTERS_LEARNT_MAX:
            self[code] = kept
        return kept


def clean(text: str, chars_max: int) -> str:
    """The text as it is kept: one line, no control or invisible formatting characters. Raises TextEmpty, TextTooLong."""
    plain = text.isascii() and text.isprintable()
    if not plain:
        text = unicodedata.normalize("NFC", text.translate(_SEEN))
    line = " ".join(text.split())
    if not line or not (plain or any(_visible(c) for c in line)):
        raise TextEmpty
    if len(line) > chars_max:
        raise TextTooLong(f"The text has {len(line)} characters; {chars_max} are taken.")
    return line


def _unseen(c: str) -> bool:
    # Zero-width joiner and variation selectors stay: emoji and several scripts are written with them.
    return unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in "\u200d\ufe0f" and not c.isspace()


_SEEN = _Translation(_unseen)


def _visible(c: str) -> bool:
    return unicodedata.category(c)[0] not in ("Z", "M", "C") and c != _BLANK and not _IGNORABLE.match(c)


def folded(text: str) -> str:
    """The text as words are compared: much like toNFKC_Casefold (Unicode 15.1, section 3.13)."""
    if text.isascii():
        return text.casefold()
    seen = text.translate(_COMPARED)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())


def _ignored(c: str) -> bool:
    return unicodedata.category(c) == "Cf" or _IGNORABLE.match(c) is not None


_COMPARED = _Translation(_ignored)


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
