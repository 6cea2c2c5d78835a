"""The reader's language is the one of ours that they would rather have (RFC 9110, section 12.5.4)."""

import pytest

from livehub.room.languages import preferred


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("", "zh"),
        ("*", "zh"),
        ("en", "en"),
        ("EN-us", "en"),
        ("zh-Hant-TW", "zh"),
        ("fr-FR,fr;q=0.9", "zh"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.5, zh", "zh"),
        ("zh;q=0.8, en;q=0.8", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("en;q=nan", "zh"),
        ("en;q=7", "zh"),
        ("en;level=1", "zh"),
        (",;,=;q", "zh"),
        ("fr," * 20 + "en", "zh"),
    ],
)
def test_a_header_gives_a_language(accept_language: str, language: str) -> None:
    assert preferred(accept_language) == language
