"""A held text names the words that the filter found in it, at the places where a page can cut them out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.room.moderation import Verdict, WordFilter
from livehub.room.word_marks import PLACES_MAX, WORDS_MAX, MatchedWord, WordMarks

WORDS = ["telegram", "ass", "scam site", "微信", "加 微信", "¥¥¥", "ДУРАК", "café"]
MARKS = WordMarks(WORDS)


def cut(text: str, found: list[MatchedWord]) -> list[tuple[str, list[str]]]:
    """What JavaScript's `text.slice(start, end)` gives."""
    units = text.encode("utf-16-le")
    return [
        (match.word, [units[2 * place.start : 2 * place.end].decode("utf-16-le") for place in match.places])
        for match in found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello", []),
        ("on Telegram?", [("telegram", ["Telegram"])]),
        ("🌾🌾 ＴＥＬＥＧＲＡＭ!", [("telegram", ["ＴＥＬＥＧＲＡＭ"])]),
        ("telegrams and telegram", [("telegram", ["telegram"])]),
        ("class, ass", [("ass", ["ass"])]),
        ("clas\u200bs or a\u200bss", [("ass", ["a\u200bss"])]),
        ("a scam site, a scam, site", [("scam site", ["scam site"])]),
        ("请加微-信", [("微信", ["微-信"]), ("加 微信", ["加微-信"])]),
        ("微信微信", [("微信", ["微信", "微信"])]),
        ("only ¥¥¥!", [("¥¥¥", ["¥¥¥"])]),
        ("ну дурак", [("ДУРАК", ["дурак"])]),
        ("the cafe\u0301 there", [("café", ["cafe\u0301"])]),
    ],
)
def test_words_are_named_as_they_are_listed_and_found_as_they_were_written(
    text: str, found: list[tuple[str, list[str]]]
) -> None:
    assert cut(text, MARKS.of(text)) == found


def test_what_cannot_be_placed_is_named_all_the_same() -> None:
    text = "ㄱㅏ微信"  # jamo that folding puts together, which no unit alone shows
    assert [match.word for match in MARKS.of(text)] == ["微信"]


def test_words_and_places_are_bounded() -> None:
    many = WordMarks([f"w{number}x" for number in range(30)])
    found = many.of(" ".join(f"w{number}x" for number in range(30)))
    assert len(found) == WORDS_MAX
    assert len(MARKS.of("微信" * 100)[0].places) == PLACES_MAX


@given(st.text(st.sampled_from("telgramTEL 微信加-¥assА🌾\u200b\u0301ﬁ"), max_size=40))
def test_a_word_is_named_exactly_when_the_filter_finds_it(text: str) -> None:
    named = [match.word for match in MARKS.of(text)]
    assert named == [word for word in WORDS if WordFilter(hold=[word]).check(text) is Verdict.HOLD]
    for match in MARKS.of(text):
        for written in cut(text, [match])[0][1]:
            assert WordFilter(hold=[match.word]).check(written) is Verdict.HOLD
