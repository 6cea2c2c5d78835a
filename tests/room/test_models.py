"""The field types that people's input meets first: what each takes, and what could hurt a page is refused."""

import msgspec
import pytest

from livehub.room import models

TAKEN: list[tuple[str, str | int]] = [
    ("ImageUrl", "/"),
    ("ImageUrl", "/demo/honey.svg"),
    ("ImageUrl", "/assets/a_b-c~1.png"),
    ("ImageUrl", "https://cdn.example/a.png?w=1&h=2#top"),
    ("ImageUrl", "https://cdn.example/蓝莓.png"),
    ("ImageUrl", "https://cdn.example/שלום.png"),
    ("ImageUrl", "https://cdn.example/%E2%80%AEgnp.exe"),
    ("RoomId", "a"),
    ("RoomId", "farm-2026"),
    ("RoomId", "0" + "-" * 47),
    ("Id", "x"),
    ("Id", "x" * 64),
    ("Key", "12345678"),
    ("Key", "x" * 64),
    ("Text", ""),
    ("Text", "字" * 20_000),
    ("Title", "字" * 120),
    ("Currency", "CNY"),
    ("AmountMinor", 0),
    ("AmountMinor", 10**12),
]
REFUSED: list[tuple[str, str | int]] = [
    ("ImageUrl", ""),
    ("ImageUrl", "javascript:alert(1)"),
    ("ImageUrl", "JaVaScRiPt:alert(1)"),
    ("ImageUrl", "data:text/html,x"),
    ("ImageUrl", "http://cdn.example/a.png"),
    ("ImageUrl", "//evil.example/a.png"),
    ("ImageUrl", "///evil.example/a.png"),
    ("ImageUrl", "/\\evil.example/a.png"),
    ("ImageUrl", "demo/honey.svg"),
    ("ImageUrl", " /demo/honey.svg"),
    ("ImageUrl", "/demo/honey.svg\n"),
    ("ImageUrl", "https://"),
    ("ImageUrl", 'https://cdn.example/"onerror=alert(1)'),
    ("ImageUrl", "https://cdn.example/'x"),
    ("ImageUrl", "https://cdn.example/<x>"),
    ("ImageUrl", "https://cdn.example/a b"),
    ("ImageUrl", "https://cdn.example\\@evil.example"),
    ("ImageUrl", "https://cdn.example/a\n"),
    ("ImageUrl", "https://cdn.example/" + "a" * 500),
    *(
        ("ImageUrl", f"https://cdn.example/a{hidden}b.png")
        for hidden in "\0\x1b\x7f\x9b\xa0\xad\u061c\u180e\u200b\u200e\u200f\u2028\u202a\u202e\u2060\u2066\u2069\u2800\u3164"
        "\ue000\ufdd0\ufe0f\ufeff\ufff9\ufffc\U0001d173\U000e0001\U000e0041\U000e0100\U000f0000"
    ),
    ("RoomId", ""),
    ("RoomId", "-a"),
    ("RoomId", "Farm"),
    ("RoomId", "a b"),
    ("RoomId", "a/b"),
    ("RoomId", "farm\n"),
    ("RoomId", "a" * 49),
    ("Id", ""),
    ("Id", "x" * 65),
    ("Key", "1234567"),
    ("Key", "x" * 65),
    ("Title", ""),
    ("Title", "字" * 121),
    ("Currency", "cny"),
    ("Currency", "CNYX"),
    ("Currency", "CNY\n"),
    ("AmountMinor", -1),
    ("AmountMinor", 10**12 + 1),
]


@pytest.mark.parametrize(("kind", "value"), TAKEN)
def test_it_is_taken(kind: str, value: str | int) -> None:
    assert msgspec.json.decode(msgspec.json.encode(value), type=getattr(models, kind)) == value


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_it_is_refused(kind: str, value: str | int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(value), type=getattr(models, kind))
