"""What a text claims: words that want a certificate on file, and words that advertising may not use. Pure: no I/O, no clock.

    claims_in({"title": "有 机 蓝莓，１００％ 新鲜"})  ->  organic: "有 机"
    flags_in({"title": "有 机 蓝莓，１００％ 新鲜"})   ->  absolute: "１００％"

Texts are read as people read them: full-width forms, letters set apart by spaces, dots or signs ("有·机", "o r g a n i c"),
traditional characters, letters of other alphabets that look the same. A word list knows no meaning, so what it finds of the
second kind is put before a person, who answers for it; what it finds of the first is proven by a certificate, or taken out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from commerce.catalogue.claim_words import CLAIMS, LATIN, SIMPLIFIED, WORDS, Words

# Between two characters of one word they are no more than decoration. Not a comma or a full stop, which end something.
_APART = frozenset(" ·•・‧∙.-_*~`'’|/\\^+=")


class ClaimWord(Struct, frozen=True, kw_only=True):
    """A word that wants a certificate of `kind`. `field`: such as `title` or `titles.en`; `word`: as it is there."""

    field: str
    word: str
    kind: str


class FlaggedWord(Struct, frozen=True, kw_only=True):
    """A word that advertising may not use; `kind`: `superlative`, `absolute` or `medical`."""

    field: str
    word: str
    kind: str


class _Read(NamedTuple):
    """A text as it is read, and of each of its characters where it came from: [start, end)."""

    text: str
    places: list[int]


def _is_han(c: str) -> bool:
    return "\u4e00" <= c <= "\u9fff" or "\u3400" <= c <= "\u4dbf"


def _characters(text: str) -> Iterator[tuple[str, int]]:
    for at, c in enumerate(text):
        for each in unicodedata.normalize("NFKC", c).lower():
            category = unicodedata.category(each)
            if each.isspace():
                yield " ", at
            elif category == "Pd":
                yield "-", at
            elif category not in ("Cf", "Mn", "Cc"):
                yield each.translate(SIMPLIFIED), at


def _is_apart(c: str) -> bool:
    return c in _APART or unicodedata.category(c) in ("So", "Sk")


def _joined(characters: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without what stands between Chinese characters of one word, or between digits and a per cent sign; spaces are single."""
    kept: list[tuple[str, int]] = []
    for index, (c, at) in enumerate(characters):
        if _is_apart(c):
            before = kept[-1][0] if kept else ""
            after = next((each for each, _ in characters[index + 1 :] if not _is_apart(each)), "")
            if before and after and ((_is_han(before) and _is_han(after)) or (before.isdigit() and after == "%")):
                continue
        if not (c == " " and kept and kept[-1][0] == " "):
            kept.append((c, at))
    return kept


def _read(text: str) -> _Read:
    kept = _joined(list(_characters(text)))
    return _Read("".join(c for c, _ in kept), [at for _, at in kept])


_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s·•.\-_*|/]{1,2}){3,}[^\W\d_](?![^\W_])")


def _latin(read: _Read) -> _Read:
    """With letters of other alphabets as the Latin ones that they look like, and spelled-out words as words."""
    text = read.text.translate(LATIN)
    kept = [True] * len(text)
    for spelled in _SPELLED.finditer(text):
        if spelled[0].isascii():
            for at in range(*spelled.span()):
                kept[at] = text[at].isalpha()
    return _Read(
        "".join(c for c, is_kept in zip(text, kept, strict=True) if is_kept),
        [at for at, is_kept in zip(read.places, kept, strict=True) if is_kept],
    )


def _chinese(words: Words) -> re.Pattern[str]:
    """Finds the longest of the words; what says something else is found, too, as `other`, so that nothing is found in it."""
    others, wanted = ("|".join(sorted(each.split(), key=len, reverse=True)) for each in (words.but, words.chinese))
    return re.compile(f"(?P<other>{others or '(?!)'})|{wanted}")


def _english(words: Words) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words.english)})(?![a-z0-9])")


_CLAIMS = {kind: (_chinese(words), _english(words)) for kind, words in CLAIMS.items()}
_WORDS = {kind: (_chinese(words), _english(words)) for kind, words in WORDS.items()}


def _found(text: str, lists: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]) -> list[tuple[str, str]]:
    """(kind, word as it stands in the text), each word of a text once, in its order."""
    read = _read(text)
    latin = _latin(read)
    places: list[tuple[int, str, str]] = []
    for kind, (han, english) in lists.items():
        for reading, pattern in ((read, han), (latin, english)):
            for match in pattern.finditer(reading.text):
                if match.groupdict().get("other") is None and match[0]:
                    start, end = reading.places[match.start()], reading.places[match.end() - 1] + 1
                    places.append((start, kind, text[start:end]))
    return list(dict.fromkeys((kind, word) for _, kind, word in sorted(places)))


def canonical(word: str) -> str:
    """What of two ways of writing a flagged word is the same."""
    return "".join(_latin(_read(word)).text.split())


def claims_in(texts: Mapping[str, str]) -> list[ClaimWord]:
    """What of the texts, by field, wants a certificate."""
    return [
        ClaimWord(field=field, word=word, kind=kind)
        for field, text in texts.items()
        for kind, word in _found(text, _CLAIMS)
    ]


def flags_in(texts: Mapping[str, str]) -> list[FlaggedWord]:
    """What of the texts, by field, advertising may not say."""
    return [
        FlaggedWord(field=field, word=word, kind=kind)
        for field, text in texts.items()
        for kind, word in _found(text, _WORDS)
    ]


def unproven(claims: Iterable[ClaimWord], certificates: Iterable[str]) -> list[ClaimWord]:
    """Those for which there is no certificate. `certificates`: the kinds of those that hold."""
    held = set(certificates)
    return [claim for claim in claims if claim.kind not in held]


def unseen(flags: Iterable[FlaggedWord], seen: Iterable[str]) -> list[FlaggedWord]:
    """Those for which nobody has answered. `seen`: words, however they are written."""
    known = {canonical(word) for word in seen}
    return [flag for flag in flags if canonical(flag.word) not in known]


def texts_of(**fields: str | Mapping[str, str] | UnsetType | None) -> dict[str, str]:
    """Texts by the name of their field, those by language as `titles.en`; without those that are not there."""
    texts: dict[str, str] = {}
    for field, value in fields.items():
        if isinstance(value, str):
            texts[field] = value
        elif value is not None and value is not UNSET:
            texts |= {f"{field}.{language}": text for language, text in value.items()}
    return {field: text for field, text in texts.items() if text}
