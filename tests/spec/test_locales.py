"""Whatever the server may refuse, the pages have a sentence for, in both languages."""

import json
from pathlib import Path

import pytest

from livehub.app import MODULES

LOCALES = Path(__file__).parent.parent.parent / "web" / "src" / "shared" / "locales"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_refusal_has_its_sentence(language: str) -> None:
    texts = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))["shared"]["refusal"]
    codes = {str(error.code) for module in MODULES for error in module.errors}
    named = {code for code in texts if code.isdigit() and int(code) >= 1_000}
    assert (codes - named, named - codes) == (set(), set())
    assert all(texts[code].strip() for code in named)
