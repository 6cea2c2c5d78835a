"""A coding is used where a client takes it, by its name and weight, and by nothing that only looks like them."""

import gzip
from pathlib import Path

import pytest

from livehub.base.accept_encoding import acceptable, chosen
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
        ("x-gzip;q=0, x-gzip;q=nan", ""),
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


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("gzip;q=0.5, br;q=0.5", "br"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0, *", None),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0", None),  # there is no other way to answer in words either
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("gzip;q=2", None),
        ("gzip;q=-1", None),
        ("gzip;q=nan", None),
        ("gzip;q=", None),
        ("notgzip, brotli", None),
        ("gzipped", None),
        ("deflate", None),
        ("", None),
    ],
)
def test_the_coding_is_the_one_that_weighs_most(header: str, coding: str | None) -> None:
    assert chosen(header, ["br", "gzip"]) == coding


async def test_of_what_is_not_offered_nothing_is_chosen() -> None:
    assert chosen("gzip", []) is None
    assert chosen("*", ["gzip"]) == "gzip"


async def test_a_page_is_encoded_as_its_client_takes_it_and_caches_know(database_url: str, tmp_path: Path) -> None:
    text = b"<svg></svg>" * 100
    (tmp_path / "sun.svg").write_bytes(text)
    (tmp_path / "sun.svg.gz").write_bytes(gzip.compress(text))
    (tmp_path / "moon.svg").write_bytes(text)
    async with serving(database_url, web_dist=str(tmp_path)) as served:
        for header, encoding in (
            ("gzip", "gzip"),
            ("x-gzip", "gzip"),
            ("*", "gzip"),
            ("gzip;q=0", None),
            ("br;q=1, gzip; q=0.0", None),
            ("br, *;q=0", None),
            ("*;q=0", None),
            ("notgzip", None),
            ("identity, gzip;q=0.1", None),
        ):
            answer = await served.call("GET /sun.svg", role=None, headers={"Accept-Encoding": header})
            assert (answer.status, answer.headers.get("Content-Encoding"), answer.raw) == (200, encoding, text), header
            assert (answer.headers["Vary"], answer.headers["Content-Type"]) == ("Accept-Encoding", "image/svg+xml")
            head = await served.call("HEAD /sun.svg", role=None, headers={"Accept-Encoding": header})
            assert (head.status, head.headers.get("Content-Encoding"), head.raw) == (200, encoding, b""), header
            again = {"Accept-Encoding": header, "If-None-Match": answer.headers["Etag"]}
            unchanged = await served.call("GET /sun.svg", role=None, headers=again)
            assert (unchanged.status, unchanged.headers["Vary"]) == (304, "Accept-Encoding")
        alone = await served.call("GET /moon.svg", role=None, headers={"Accept-Encoding": "gzip"})
        assert (alone.raw, "Vary" in alone.headers, "Content-Encoding" in alone.headers) == (text, False, False)
