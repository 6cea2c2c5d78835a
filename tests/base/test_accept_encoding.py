"""An encoding that a client refuses is not used."""

import gzip
from pathlib import Path

import pytest

from livehub.base.accept_encoding import acceptable
from tests.base.served import serving


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip, deflate, br"),
        ("gzip;q=0", ""),
        ("GZIP ; Q=0.000, br;q=0.001", "br"),
        ("*;q=0", ""),
        ("identity;q=0, gzip;q=1.0", "gzip"),
        ("gzip;q=nonsense, br", "br"),
        ("gzip;level=9;q=0,,deflate", "deflate"),
        ("", ""),
    ],
)
def test_what_is_left_may_be_used(header: str, left: str) -> None:
    assert acceptable(header) == left


async def test_a_call_that_refuses_an_encoding_is_served_like_any_other(database_url: str) -> None:
    async with serving(database_url) as served:
        headers = {"Accept-Encoding": "gzip;q=0", "Idempotency-Key": "the-first-room"}
        made = [
            await served.call("POST /api/rooms", {"id": "farm", "title": "Farm"}, headers=headers) for _ in range(2)
        ]
        assert [answer.status for answer in made] == [201, 201]
        assert made[0].body == made[1].body
        refused = await served.call(
            "POST /api/rooms", {"id": "farm", "title": "Farm"}, headers={"Accept-Encoding": "*;q=0"}
        )
        assert (refused.status, refused.body["name"]) == (409, "room_exists")


async def test_a_page_is_not_compressed_for_who_refuses_that(database_url: str, tmp_path: Path) -> None:
    text = b"<svg></svg>" * 100
    (tmp_path / "sun.svg").write_bytes(text)
    (tmp_path / "sun.svg.gz").write_bytes(gzip.compress(text))
    async with serving(database_url, web_dist=str(tmp_path)) as served:
        for header, encoding in (("gzip", "gzip"), ("gzip;q=0", None), ("br;q=1, gzip; q=0.0", None), ("*;q=0", None)):
            answer = await served.call("GET /sun.svg", role=None, headers={"Accept-Encoding": header})
            assert (answer.status, answer.headers.get("Content-Encoding")) == (200, encoding), header
            assert answer.raw == text
