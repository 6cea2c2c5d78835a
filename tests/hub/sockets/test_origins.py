"""Our own pages open the socket under every name by which a proxy passes on where they came from; those of others don't."""

import pytest

from livehub.base.origins import allowed_origins

LISTED = "https://Partner.example:443/, http://10.0.0.5:8080,capacitor://localhost"
may_open = allowed_origins(LISTED, "https://live.example/shop?x")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "anything"),
        ("https://shop.example", "shop.example"),
        ("https://shop.example", "shop.example:443"),
        ("https://shop.example", "shop.example:80"),  # TLS ends in front of a proxy that is asked at port 80
        ("http://shop.example", "shop.example:80"),
        ("https://shop.example:443", "shop.example"),
        ("https://shop.example", "SHOP.Example"),
        ("HTTPS://SHOP.example", "shop.example"),
        ("https://shop.example", "shop.example:"),
        ("https://shop.example", "shop.example.:"),
        ("http://shop.example", "shop.example:"),
        ("https://[::1]", "[::1]:"),
        ("https://shop.example", "shop.example."),
        ("https://shop.example.", "shop.example:443"),
        ("http://shop.example:8000", "shop.example:8000"),
        ("https://[::1]", "[::1]:443"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://partner.example", "x"),
        ("https://partner.example:443", "x"),
        ("https://PARTNER.example", "x"),
        ("http://10.0.0.5:8080", "x"),
        ("capacitor://localhost", "x"),
        ("https://live.example", "127.0.0.1:8000"),
        ("https://live.example:443", "127.0.0.1:8000"),
    ],
)
def test_whose_page_may_open_the_socket(origin: str, host: str) -> None:
    assert may_open(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "shop.example"),
        ("null", "null"),
        ("https://evil.example", "shop.example"),
        ("https://shop.example.evil.example", "shop.example"),
        ("https://evil.example@shop.example", "shop.example"),
        ("https://shop.example/", "shop.example"),
        ("https://shop.example:444", "shop.example:443"),
        ("https://shop.example:444", "shop.example"),
        ("https://shop.example", "shop.example:8443"),
        ("http://partner.example", "x"),
        ("https://partner.example:444", "x"),
        ("https://live.example.evil.example", "x"),
        ("https://", ""),
        ("https://x y", "x y"),
        ("https://shop.example", ""),
        ("https://shop.example", ":"),
        ("https://shop.example:444", "shop.example:"),
        ("https://shop.example", "shop.example::"),
    ],
)
def test_whose_page_may_not(origin: str, host: str) -> None:
    assert not may_open(origin, host)


def test_all_may_where_that_is_configured() -> None:
    assert allowed_origins("*", "")("null", "x")
    assert not allowed_origins("", "")("https://evil.example", "x")
