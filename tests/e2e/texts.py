"""The words of the pages, out of the catalogues that the pages themselves are built with."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent.parent.parent / "web" / "src"
LANGUAGES = ("zh-CN", "en")
_OR = " | "
_COUNTS = {"n", "count"}
_PLACE = re.compile(r"\{(\w+)\}")


class Texts:
    """One language: `t("viewer.chat.send")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words: dict[str, Any] = {}
        for path in sorted(SOURCES.rglob(f"locales/{language}.json")):
            _merge(self._words, json.loads(path.read_text()))

    def __call__(self, key: str, **values: object) -> str:
        """The text with every place in it filled."""
        return _PLACE.sub(lambda place: str(values[place[1]]), _form(self._raw(key), values))

    def like(self, key: str, ends: str = "", **values: object) -> re.Pattern[str]:
        """A pattern for the whole text: a place without a value is anything. `ends`: what the page adds to it."""
        raw = self._raw(key)
        forms = [_form(raw, values)] if _COUNTS & values.keys() else raw.split(_OR)
        texts_ = ("".join(_pattern(part, values) for part in re.split(r"(\{\w+\})", form)) for form in forms)
        return re.compile("^(?:" + "|".join(texts_) + ")" + re.escape(ends) + "$")

    def _raw(self, key: str) -> str:
        found: Any = self._words
        for part in key.split("."):
            found = found[part]
        assert isinstance(found, str), f"{key} is not a text"
        return found


def _merge(words: dict[str, Any], more: dict[str, Any]) -> None:
    """Pages bring texts of their own, below the names of their app."""
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(words.setdefault(key, {}), value)
        else:
            words[key] = value


def _form(raw: str, values: dict[str, object]) -> str:
    """The singular or the plural of a text that has both, as vue-i18n chooses it."""
    forms = raw.split(_OR)
    count = next((values[name] for name in sorted(_COUNTS & values.keys())), None)
    return forms[0] if len(forms) == 1 or str(count) == "1" else forms[1]


def _pattern(part: str, values: dict[str, object]) -> str:
    place = _PLACE.fullmatch(part)
    if place is None:
        return re.escape(part)
    return re.escape(str(values[place[1]])) if place[1] in values else ".*"


@cache
def texts(language: str) -> Texts:
    """The words of a language."""
    return Texts(language)
