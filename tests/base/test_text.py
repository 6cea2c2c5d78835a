"""What people write is kept in every script and in any Unicode; what hides or misleads is not; no emoji is cut in two."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.text import HIDDEN, IGNORABLE, MARKS_MAX, composed, is_visible, one_line, shortened

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FAMILY = "👨\u200d👩\u200d👧"

texts = st.text(max_size=40)  # halves of surrogate pairs, too
FILLERS = "\u115f\u1160\u1161\u11a8\u1100\u034f"
ODD = (
    FILLERS
    + "\u200c\u200d\ufe0f\u202e\u2066\U0001f3f4\U000e0067\U000e0062\U000e007f\U000e0001🇨🇳👩🌾\u0301\u094d\u0915 a\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "I 🩷 berries",
        "🫛",
        "\U0001fae9",  # Unicode 16
        "\U0001fac8",  # Unicode 17
        "\U00031350",  # Chinese, extension H
        "葛\U000e0100",  # the variant of a name
        "می\u200cروم",
        "क्\u200cष",
        "क्\u200dष",
        ENGLAND,
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "🇨🇳🇬🇧",
        FAMILY,
        "❤\ufe0f ❤\ufe0e 1\ufe0f\u20e3",
        "👍🏽",
        "שלום עולם!\u200f",
        "\u115f\u1161",  # a Korean vowel alone
        "\u115f\u1160\u11a8",
        "\u1100\u1160",
        "ᠠ\u180b",  # a Mongolian letter in another form
        "ᠠ\u180eᠠ",  # a vowel set apart
        "\u0600١٢٣",  # a number's sign, a format character that is seen
    ],
)
def test_a_text_is_kept_as_it_was_written(text: str) -> None:
    assert one_line(text) == text
    assert is_visible(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Mei \ud83e", "Mei"),
        ("a\0b\x1b\x7f\x85c", "ab c"),
        ("a\ufdd0b\ufffe\U0001ffffc", "abc"),
        ("apple \uf8ff", "apple"),
        ("\u202eevil\u202c \u2066x\u2069 \u2068y\u2069", "evil x y"),
        ("in\u200bvis\ufeff\u2060ible\u00ad", "invisible"),
        ("hi\U000e0068\U000e0069\U000e007f", "hi"),
        ("🏴\U000e0067\U000e0062x", "🏴x"),
        (ENGLAND + "\U000e007f", ENGLAND),
        ("a\U000e0001b", "ab"),
        ("a\u2028b\u2029c", "a b c"),
        ("e\u200b\u0301", "é"),
        ("admin\u3164\uffa0", "admin"),
        ("ad\u034fmin\u17b4\u17b5", "admin"),
        ("e\u034f\u0301", "é"),
        ("admin\u115f\u1160", "admin"),
        ("\u1160\u1100\u1160\u1160", "\u1100\u1160"),
        ("\u115f\u115f\u1161", "\u115f\u1161"),
        ("x\u2065\U000e01f0y", "xy"),
        ("", ""),
    ],
)
def test_what_hides_or_misleads_is_taken_out(text: str, kept: str) -> None:
    assert one_line(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\u200c\u200d", "\ufe0f", "\u0301", "\u3164\u115f", "\u2800", "\u200e\u200f", "\U000e0100", "\ufdd0",
        "\U0001d159", "\ufffc", "\U00013430", "\u2800 \ufffc",
    ],
)  # fmt: skip
def test_of_some_texts_nothing_can_be_seen(text: str) -> None:
    assert not is_visible(one_line(text))


@pytest.mark.parametrize(
    "sign", "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
def test_a_sign_that_stands_before_a_number_is_nothing_to_see_without_one(sign: str) -> None:
    """Prepended_Concatenation_Mark (PropList.txt): many fonts draw it as nothing where nothing follows."""
    for alone in (sign, sign * 3, f" {sign}\u200f", f"{sign}\u0301"):
        assert not is_visible(one_line(alone))
    assert is_visible(one_line(f"{sign}12"))


def test_addresses_hide_nothing() -> None:
    hidden = re.compile(f"[{HIDDEN}]")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        if (category[0] in "CZ" and category != "Cn") or IGNORABLE.match(character):
            assert hidden.match(character), hex(code)
    for seen in ("https://cdn.example/a_b-c~1.png?w=1&h=2#top", "蓝莓", "שלום", "مرحبا", "é\u0301", "\U00031350", "🫐"):
        assert not hidden.search(seen)


@pytest.mark.parametrize(
    ("text", "chars_max", "kept"),
    [
        ("hello", 5, "hello"),
        ("hello", 4, "hell"),
        ("hi there", 3, "hi"),
        ("ab👩\u200d🌾", 4, "ab"),
        ("ab👍🏽", 3, "ab"),
        ("a❤\ufe0f", 2, "a"),
        ("x" + ENGLAND, 7, "x"),
        ("x" + ENGLAND, 8, "x" + ENGLAND),
        ("🇨🇳🇬🇧", 3, "🇨🇳"),
        ("🇨🇳🇬🇧", 2, "🇨🇳"),
        ("xe\u0323\u0301", 2, "x"),
        ("क्ष", 2, "क्ष"[:2]),
        ("aक्ष", 3, "a"),
        ("가\u11a8", 1, "가"),
        ("a가\u11a8", 2, "a"),
        ("e\u0301\u0301\u0301", 2, "e\u0301"),  # one character, and too long for all of it
    ],
)
def test_what_is_cut_is_cut_between_characters(text: str, chars_max: int, kept: str) -> None:
    assert shortened(text, chars_max) == kept


@given(st.one_of(texts, st.text(ODD, max_size=30)))
def test_what_is_kept_is_one_line_that_can_be_encoded_and_stays_so(text: str) -> None:
    kept = one_line(text)
    assert one_line(kept) == kept
    assert kept.encode().decode() == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept.split(" ") == kept.split() or not kept
    assert not {unicodedata.category(c) for c in kept} & {"Cc", "Cs", "Co"}


@given(st.text(ODD, max_size=30), st.integers(1, 30))
def test_what_is_shortened_is_a_beginning_and_short_enough(text: str, chars_max: int) -> None:
    line = one_line(text)
    short = shortened(line, chars_max)
    assert line.startswith(short)
    assert len(short) <= chars_max
    assert one_line(short) == short


@pytest.mark.parametrize("pair", ["\u0301\u0316", "\u0f73\u0f75", "\u0344\u0323"])
def test_marks_that_no_script_needs_are_left_out_before_they_are_sorted(pair: str) -> None:
    """Sorting a hundred thousand takes a minute: it would not end within this test's time."""
    assert composed("a" + pair * 60_000 + "b") == unicodedata.normalize("NFC", "a" + pair * (MARKS_MAX // 2) + "b")


@given(texts | st.text("\u0301\u0316\u0f73\u09bc\u1ab0\u3099\u0958aA\u1100\u1161", max_size=MARKS_MAX))
def test_what_people_write_is_composed_as_unicode_has_it(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


def test_every_mark_that_would_be_sorted_counts_as_one() -> None:
    for c in map(chr, range(0x300, sys.maxunicode + 1)):
        if unicodedata.combining(unicodedata.normalize("NFD", c)[0]):
            assert composed("a" + c * (MARKS_MAX + 1)) == unicodedata.normalize("NFC", "a" + c * MARKS_MAX)
