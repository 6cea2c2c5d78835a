"""Tax numbers are unified social credit codes with their check character (GB 32100-2015)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.cases.tax_numbers import CHARACTERS, check_character, is_tax_number, plain

# Of public registers: Tencent, Alibaba (China), Huawei, JD.
KNOWN = ("9144030071526726XG", "91330100799655058B", "914403001922038216", "91110302562134916R")


@pytest.mark.parametrize("number", KNOWN)
def test_numbers_of_companies_are_numbers(number: str):
    assert is_tax_number(number)


def test_a_wrong_length_and_letters_that_are_none_are_refused():
    good = KNOWN[0]
    for wrong in ("", good[:-1], good + "0", good.lower(), "I" + good[1:], "O" + good[1:], "440300715267261"):
        assert not is_tax_number(wrong), wrong


@given(st.text(alphabet=CHARACTERS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_noticed(first: str, place: int, other: str):
    number = first + check_character(first)
    assert is_tax_number(number)
    if other != number[place]:
        assert not is_tax_number(number[:place] + other + number[place + 1 :])


def test_spaces_small_letters_and_full_width_characters_are_read():
    assert plain(" 9144 0300 7152 6726 xg ") == "9144030071526726XG"
    assert plain("９１４４０３００７１５２６７２６ＸＧ") == "9144030071526726XG"
