"""Every notice that a module declares can be said in every language, with nothing left to fill in."""

import re
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from livehub.app import MODULES
from livehub.base.money import Money
from livehub.base.notice_templates import (
    LANGUAGES,
    InLanguages,
    Moment,
    NoticeKind,
    NoticeTemplate,
    NoticeWords,
    Rendered,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTICES = [notice for module in MODULES for notice in module.notices]
EXAMPLES: dict[type, Any] = {
    str: "20261130-0042",
    int: 3,
    Money: Money(5930, "CNY", 2),
    Moment: Moment(1_796_000_000_000),
    InLanguages: InLanguages("草莓", {"en": "Strawberries", "zh": "草莓"}),
}
HAN = re.compile(r"[\u4e00-\u9fff]")


def example(fields: type[Struct]) -> Struct:
    """One with something in every field, those that may be empty included."""
    hints = get_type_hints(fields)
    kinds = {
        name: next((each for each in (hint, *get_args(hint)) if each in EXAMPLES), None) for name, hint in hints.items()
    }
    assert None not in kinds.values(), f"{fields}: of a kind that no notice shows"
    return fields(**{name: EXAMPLES[kind] for name, kind in kinds.items() if kind is not None})


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: str(notice.name))
def test_each_notice_can_be_said_in_both_languages(notice: NoticeTemplate[Any]):
    fields = example(notice.fields)
    said = {language: notice.in_language(fields, language, SHANGHAI) for language in LANGUAGES}
    for words in said.values():
        assert words.title
        assert words.text
        assert not re.search(r"[{}]|None|\.\.", words.title + words.text)
    assert HAN.search(said["zh"].title)
    assert not HAN.search(said["en"].title + said["en"].text)
    link = notice.path(fields)
    assert link is None or re.fullmatch(r"/[\w/.~%-]+", link)


class Paid(Struct, frozen=True, kw_only=True):
    order: str
    total: Money
    at: Moment
    title: InLanguages


def words(text: str) -> dict[str, NoticeWords]:
    return {language: NoticeWords(title="t", text=text) for language in LANGUAGES}


PAID = NoticeTemplate(
    name="paid",
    kind=NoticeKind.MONEY,
    fields=Paid,
    link="/orders/{order}",
    words={
        "zh": NoticeWords(title="支付成功", text="{title}已支付 {total}，{at}。"),
        "en": NoticeWords(title="Payment received", text="{title}: {total} paid, {at}."),
    },
)


def test_fields_are_shown_as_readers_of_that_language_expect_them():
    fields = Paid(
        order="a/b",
        total=Money(-123_456_789, "CNY", 2),
        at=Moment(1_796_000_000_000),  # 2026-11-30 00:53:20 UTC
        title=InLanguages("草莓", {"en": "Strawberries"}),
    )
    assert PAID.in_language(fields, "zh", SHANGHAI) == Rendered(
        title="支付成功", text="草莓已支付 -¥1,234,567.89，11月30日 08:53。"
    )
    assert PAID.in_language(fields, "en", SHANGHAI) == Rendered(
        title="Payment received", text="Strawberries: -¥1,234,567.89 paid, 30 Nov, 08:53."
    )
    assert PAID.path(fields) == "/orders/a%2Fb"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(0, "CNY", 2), "¥0.00"),
        (Money(5, "CNY", 2), "¥0.05"),
        (Money(1234, "JPY", 0), "¥1,234"),
        (Money(1234, "KWD", 3), "KWD 1.234"),
        (Money(-1, "USD", 2), "-$0.01"),
    ],
)
def test_money_has_the_decimals_of_its_currency(money: Money, text: str):
    assert money.text() == text


def test_what_somebody_wrote_is_not_filled_in_again():
    fields = Paid(order="1", total=Money(1, "CNY", 2), at=Moment(0), title=InLanguages("{total.minor}{nothing}"))
    assert PAID.in_language(fields, "en", SHANGHAI).text == "{total.minor}{nothing}: ¥0.01 paid, 1 Jan, 08:00."


@pytest.mark.parametrize("text", ["{totl}", "{}", "{0}", "{total.minor}", "{total", "total}"])
def test_a_template_that_cannot_be_filled_in_is_refused_when_it_is_made(text: str):
    with pytest.raises(ValueError, match="notice paid: cannot fill in"):
        NoticeTemplate(name="paid", kind=NoticeKind.MONEY, fields=Paid, words=words(text))


def test_a_template_that_lacks_a_language_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match=r"notice paid: has words in \['en'\]"):
        NoticeTemplate(name="paid", kind=NoticeKind.MONEY, fields=Paid, words={"en": NoticeWords(title="t", text="t")})
