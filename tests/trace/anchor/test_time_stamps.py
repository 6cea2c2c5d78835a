"""A time stamp counts when it is of this note and goes back to a configured certificate. The authority is openssl's."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from livehub.base.config import ConfigError
from tests.trace.anchor.authority import HAS_OPENSSL, Authority
from tests.trace.anchor.chains import Ledger, anchoring, config, listening, note_of
from trace.anchor.settings import AnchorConfig
from trace.anchor.time_stamps import TimeStampAnchor

pytestmark = pytest.mark.skipif(not HAS_OPENSSL, reason="openssl is not installed")


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder / "authority")


@pytest.fixture
async def url(authority: Authority) -> AsyncIterator[str]:
    async with listening(authority.application()) as address:
        yield address


def stamped_by(url: str, roots: Path) -> AnchorConfig:
    return config(anchors="rfc3161", anchor_tsa_url=url, anchor_tsa_roots=str(roots), anchor_retry_s_max=1.0)


async def test_a_note_is_stamped_and_openssl_verifies_the_proof(
    authority: Authority, url: str, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    before_ms = int(time.time()) * 1000
    async with anchoring(database_url, stamped_by(url, authority.roots), "rfc3161"):
        row = await ledger.until_confirmed(7)
    assert (row["anchor"], row["chain"], row["block"]) == ("rfc3161:127.0.0.1", "", None)
    assert before_ms <= row["block_ms"] <= time.time() * 1000
    assert authority.verifies(row["proof"], note_of(7))
    assert not authority.verifies(row["proof"], note_of(8))
    assert authority.requests == 1


async def test_a_stamp_of_an_authority_that_is_not_configured_does_not_count(
    authority: Authority, url: str, folder: Path, ledger: Ledger, database_url: str
):
    other = Authority(folder / "other")
    await ledger.publish(7)
    async with anchoring(database_url, stamped_by(url, other.roots), "rfc3161") as leader:
        health = await ledger.health(is_failing=True)
        assert set(leader.failed) == {"unverified"}
    assert health["reason"].startswith("a time stamp that does not verify")
    (row,) = await ledger.anchorings()
    assert (row["state"], row["proof"]) == ("pending", None)


async def test_a_stamp_of_another_note_does_not_count(authority: Authority, ledger: Ledger, database_url: str):
    from rfc3161_client import TimestampRequestBuilder  # noqa: PLC0415

    other = authority.stamp(TimestampRequestBuilder().data(note_of(8)).build().as_bytes())
    application = web.Application()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=other)

    application.router.add_post("/", answer)
    await ledger.publish(7)
    async with listening(application) as url:
        settings = stamped_by(url, authority.roots)
        async with anchoring(database_url, settings, "rfc3161") as leader:
            await ledger.health(is_failing=True)
            assert set(leader.failed) == {"unverified"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (web.Response(text="<html>"), "unreadable"),
        (web.Response(status=429), "too_many"),
        (web.Response(status=503), "http"),
        (web.Response(body=b"x" * 70_000), "unreadable"),
    ],
)
async def test_t63_an_authority_that_answers_otherwise_is_counted(
    answer: web.Response, kind: str, authority: Authority, ledger: Ledger, database_url: str
):
    application = web.Application()

    async def other(_request: web.Request) -> web.Response:
        return web.Response(status=answer.status, body=answer.body)

    application.router.add_post("/", other)
    await ledger.publish(7)
    async with listening(application) as url:
        settings = stamped_by(url, authority.roots)
        async with anchoring(database_url, settings, "rfc3161") as leader:
            await ledger.health(is_failing=True)
            assert set(leader.failed) == {kind}


def test_certificates_that_cannot_be_read_are_said_at_the_start(folder: Path):
    (folder / "roots.pem").write_text("none")
    for file in (folder / "roots.pem", folder / "nothing.pem"):
        with pytest.raises(ConfigError, match="LIVEHUB_ANCHOR_TSA_ROOTS: there are no certificates"):
            TimeStampAnchor(stamped_by("http://127.0.0.1:1/", file))
