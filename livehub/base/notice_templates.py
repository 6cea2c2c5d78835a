"""What a person may be told of, as modules declare it: the words in every language, and what has to be filled in. Pure: no I/O.

    class Paid(Struct, frozen=True, kw_only=True):
        order: str
        number: str
        total: Money

    ORDER_PAID = NoticeTemplate(
        name="order_paid", kind=NoticeKind.MONEY, fields=Paid, link="/orders/{order}",
        words={
            "zh": NoticeWords(title="支付成功", text="订单 {number} 已支付 {total}。"),
            "en": NoticeWords(title="Payment received", text="Order {number} is paid: {total}."),
        },
    )

Which fields there are is checked when the template is made, so a misspelt one keeps the process from starting. Who is told,
by which channel and when, is decided by livehub/notify.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from msgspec import Struct

from livehub.base.money import Money

LANGUAGES = ("zh", "en")

F = TypeVar("F", bound=Struct)


class NoticeKind(Enum):
    """What a notice is about, by which people choose what they are told."""

    MONEY = "money"  # theirs, in or out: always told, at once
    ORDER = "order"  # how something that they ordered or asked for goes on
    NEWS = "news"  # what they may like to know


class Moment(Struct, frozen=True):
    """A moment (Unix ms), shown in the shop's time zone."""

    ms: int


class InLanguages(Struct, frozen=True):
    """A text that somebody gave by language: `plain` for those without."""

    plain: str
    by_language: Mapping[str, str] = {}


class NoticeWords(Struct, frozen=True, kw_only=True):
    """A heading and a sentence or two; `{name}` stands for a field."""

    title: str
    text: str


class Rendered(Struct, frozen=True, kw_only=True):
    """A notice in one language."""

    title: str
    text: str


class NoticeTemplate(Struct, Generic[F], frozen=True, kw_only=True):
    """`link`: the path of the page that it is about, with fields in it, or none. `fields` may be texts, whole numbers, Money,
    Moment, InLanguages.
    """

    name: str
    kind: NoticeKind
    fields: type[F]
    words: Mapping[str, NoticeWords]
    link: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError when a language is missing, or a field is named that is not there."""
        if set(self.words) != set(LANGUAGES):
            raise ValueError(f"notice {self.name}: has words in {sorted(self.words)}, not in {sorted(LANGUAGES)}")
        nothing = dict.fromkeys(self.fields.__struct_fields__, "")
        for text in (self.link or "", *(part for words in self.words.values() for part in (words.title, words.text))):
            try:
                text.format_map(nothing)
            except (KeyError, ValueError, AttributeError, IndexError) as error:
                raise ValueError(f"notice {self.name}: cannot fill in {text!r}: {error!r}") from error

    def in_language(self, fields: F, language: str, zone: tzinfo) -> Rendered:
        """The words for a reader of that language, one of LANGUAGES."""
        words = self.words[language]
        filled = {name: _shown(getattr(fields, name), language, zone) for name in self.fields.__struct_fields__}
        return Rendered(title=words.title.format_map(filled), text=words.text.format_map(filled))

    def path(self, fields: F) -> str | None:
        """The path of its page, on this site."""
        if self.link is None:
            return None
        return self.link.format_map(
            {name: quote(str(getattr(fields, name)), safe="") for name in self.fields.__struct_fields__}
        )


def _shown(value: Any, language: str, zone: tzinfo) -> str:
    match value:
        case Money():
            return value.text()
        case Moment():
            at = datetime.fromtimestamp(value.ms / 1000, UTC).astimezone(zone)
            if language == "zh":
                return f"{at.month}月{at.day}日 {at:%H:%M}"
            return f"{at.day} {at:%b}, {at:%H:%M}"
        case InLanguages():
            return value.by_language.get(language, value.plain)
        case _:
            return str(value)
