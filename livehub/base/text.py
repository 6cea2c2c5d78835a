"""People's text as it is kept and shown: one line, whole characters, nothing in it that hides or misleads. Pure: no I/O.

    clean       what is kept of a text that may be so long, or the refusal
    clean_each  the same of texts by language
    composed    a text in NFC, at a cost that grows no faster than it does
    one_line    what is kept of a text: names, titles, chat, whatever people read of each other
    is_plain    whether nothing in a text is invisible, as ids have to be
    is_visible  whether there is anything to see in it
    shortened   its beginning, with no character cut in two
    HIDDEN      what an address must not have in it, where nothing is cleaned

Text is written in a newer Unicode than the interpreter knows (Python 3.11 has Unicode 14), so what is unassigned here stays: it
is a new emoji, or a character of a Chinese name. What goes is the same in every version:

- controls, halves of surrogate pairs, private characters, noncharacters (Unicode, section 23.7);
- embeddings, overrides and isolates (UAX #9), which turn around what stands beside the text;
- whatever is drawn as nothing, of any category, except where a script or an emoji is written with it: U+200C and U+200D
  (Persian, Hindi, families), the marks of direction U+061C, U+200E and U+200F, variation selectors (of Mongolian, too),
  tags that make a flag (UTS #51, ED-14a: those of England, Scotland, Wales), and U+115F and U+1160, which stand for a missing
  letter of a Korean syllable that has another. Any other tags are a text that nobody sees.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

from livehub.base.errors import TextEmpty, TextTooLong

L = TypeVar("L", bound=str)

CHARACTERS_LEARNT_MAX = 65_536
DECOMPOSED_MAX = 4  # code points that become one in NFC, at most; cleaning takes away some more
MARKS_MAX = 30  # on one character; no script needs more (Stream-Safe Text Format, UAX #15, section 13)

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 17), which `unicodedata` does not know: drawn as nothing.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_WRITTEN_WITH = frozenset("\u200c\u200d\u061c\u200e\u200f")
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
# Of emoji and mathematical signs, of Mongolian (with its vowel separator), and of variants of Chinese characters.
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))))
_ANNOTATION = frozenset("\ufff9\ufffa\ufffb")
# A black flag, a region's code and a part of it in tags, the tag that ends them; else a single tag.
_FLAG_OR_TAG = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0020-\U000e007f]"
)
# A syllable of which one letter is missing; else a single filler.
_SYLLABLE_OR_FILLER = re.compile(
    "(\u115f(?:[\u1161-\u11a7]|\u1160[\u11a8-\u11ff])|[\u1100-\u115e\ua960-\ua97c]\u1160)|[\u115f\u1160]"
)
_FILLERS = frozenset("\u115f\u1160")
# A braille cell without a dot, a note without its head, the place of an object that is not there.
_BLANK = frozenset("\u2800\U0001d159\ufffc")

# The inside of a character class, for Python and for ECMAScript with the flag u (JSON Schema): controls, spaces, format
# characters, halves of surrogate pairs, private characters, what is drawn as nothing. In an address they are percent-encoded.
HIDDEN = (
    r"\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
_JOINER = "\u200d"


class Translation(dict[int, int | None]):
    """A table for str.translate that takes out what `unwanted` names, and learns each character when it meets it."""

    def __init__(self, unwanted: Callable[[str], bool]) -> None:
        super().__init__()
        self._unwanted = unwanted

    def __missing__(self, code: int) -> int | None:
        kept = None if self._unwanted(chr(code)) else code
        if len(self) < CHARACTERS_LEARNT_MAX:
            self[code] = kept
        return kept


# Of what `unicodedata` knows: newer ones it leaves where they are. Three letters are no marks, but two of them each.
_MARK = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x1F000)))) + "\u0f73\u0f75\u0f81"
_MARKS = re.compile(f"([{re.escape(_MARK)}]{{{MARKS_MAX}}})[{re.escape(_MARK)}]+")


def composed(text: str) -> str:
    """The text in NFC; without the marks that are more than MARKS_MAX on one character: they are sorted by insertion, so that a
    hundred thousand of them, which gzip makes a few bytes of, would take a minute.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))


def clean(text: str, chars_max: int) -> str:
    """The text as it is kept (`one_line`). Raises TextEmpty, and TextTooLong for more than so many code points."""
    is_hopeless = len(text) > 2 * DECOMPOSED_MAX * chars_max  # and would be cleaned for nothing
    line = text if is_hopeless else one_line(text)
    if not is_hopeless and not is_visible(line):
        raise TextEmpty
    if len(line) > chars_max:
        raise TextTooLong(f"The text has {len(line)} characters; {chars_max} are taken.")
    return line


def clean_each(texts: Mapping[L, str], chars_max: int) -> dict[str, str]:
    """Texts by language, as they are kept. Raises TextEmpty, TextTooLong."""
    return {language: clean(text, chars_max) for language, text in texts.items()}


def one_line(text: str) -> str:
    """What is kept of a text, in NFC, with single spaces; "" when nothing is left."""
    if not (text.isascii() and text.isprintable()):
        text = _SYLLABLE_OR_FILLER.sub(r"\1", _FLAG_OR_TAG.sub(r"\1", text.translate(_KEPT)))
        text = composed(text)
    return " ".join(text.split())


def is_plain(text: str) -> bool:
    """Whether nothing in it is drawn as nothing, not even what a script is written with."""
    return not IGNORABLE.search(text) and _BLANK.isdisjoint(text)


def is_visible(line: str) -> bool:
    """Whether there is anything to see in it."""
    return line.isprintable() if line.isascii() and line else any(map(_visible, line))


def shortened(line: str, chars_max: int) -> str:
    """Its first `chars_max` code points, or as many fewer as leave whole what is one character to people: an emoji, a letter
    with its marks (extended grapheme clusters, UAX #29, as far as `unicodedata` knows them).
    """
    if len(line) <= chars_max:
        return line
    end = chars_max
    while end and not _may_break(line, end):
        end -= 1
    return line[: end or chars_max].rstrip()  # one that is longer than all that fits is cut all the same


def _may_break(line: str, at: int) -> bool:
    before, after = line[at - 1], line[at]
    if before == _JOINER or after in _WRITTEN_WITH or after in _TAGS or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if unicodedata.category(after)[0] == "M" or unicodedata.combining(before) == 9:  # a virama joins consonants
        return False
    if _is_jamo(before) and _is_jamo(after):
        return False
    return not (_is_region(before) and _is_region(after) and _regions_before(line, at) % 2)


def _is_jamo(c: str) -> bool:
    return "\u1100" <= c <= "\u11ff" or "\uac00" <= c <= "\ud7a3"


def _is_region(c: str) -> bool:
    return "\U0001f1e6" <= c <= "\U0001f1ff"


def _regions_before(line: str, at: int) -> int:
    start = at
    while start and _is_region(line[start - 1]):
        start -= 1
    return at - start


def _dropped(c: str) -> bool:
    category = unicodedata.category(c)
    if category in ("Cc", "Cs", "Co"):
        return not c.isspace()
    return IGNORABLE.match(c) is not None or c in _ANNOTATION or (category == "Cn" and _is_noncharacter(c))


def _is_noncharacter(c: str) -> bool:
    return "\ufdd0" <= c <= "\ufdef" or ord(c) & 0xFFFE == 0xFFFE


_KEPT = Translation(
    lambda c: not (c in _WRITTEN_WITH or c in _TAGS or c in _SELECTORS or c in _FILLERS) and _dropped(c)
)


def _visible(c: str) -> bool:
    category = unicodedata.category(c)
    return (category[0] not in "ZMC" or category == "Cn") and c not in _BLANK and not _dropped(c)
