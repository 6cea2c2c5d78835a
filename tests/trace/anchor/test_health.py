"""Those who look after the log see how it, its witnesses and its anchors are, and nobody else does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.trace.anchor.chains import note_of, root_of
from tests.trace.anchor.test_anchors_api import BLOCK_MS, LOGGED_MS, TX, put
from trace.log.cosignatures import COSIGNATURE_ED25519, CosigningKey

WITNESS = CosigningKey("witness.example", COSIGNATURE_ED25519, bytes(32)).cosigner
HEAD = """
INSERT INTO log_head (origin, vkey, root, leaves, size, published, note, at_ms)
VALUES ('log.example', 'key', $1, 9, 9, 9, $2, $3)
"""
HEALTH = """
INSERT INTO anchor_health (anchor, kind, chain, is_development, looked_ms, failing_since_ms, reason)
VALUES ($1, 'folder', '', false, $2, $3, $4)
"""
ATTEMPT = """
INSERT INTO anchor_attempts (anchoring, ref, raw, nonce, fee_wei, tip_wei, at_ms) VALUES ($1, $2, '', 1, $3, 1, $4)
"""


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    settings: dict[str, Any] = {"log_witnesses": f"https://witness.example {WITNESS.vkey}", "log_witnesses_min": 1}
    async with serving(database_url, anchors="folder", anchor_folder="/nowhere", **settings) as running:
        yield running


async def test_before_the_first_checkpoint_an_anchor_is_one_that_nobody_has_looked_at(served: Served):
    health = await served.done("GET /api/log/health", role=Role.OPS)
    assert (health["size"], health["published_at"], health["age_s"], health["waiting"]) == (0, None, None, 0)
    assert health["witnesses"] == [{"name": "witness.example", "cosigned_at": None}]
    (anchor,) = health["anchors"]
    assert (anchor["kind"], anchor["looked_at"], anchor["age_s"], anchor["under_way"]) == ("folder", None, None, None)


async def test_the_ages_what_fails_and_what_is_under_way_are_told(served: Served):
    now_ms = int(served.clock() * 1000)
    await served.database.execute(HEAD, root_of(9), note_of(9), LOGGED_MS)
    await served.database.execute(HEALTH, "folder", now_ms, now_ms - 5_000, "the disk is full")
    newest = await put(served.database, 7, chain="", kind="folder")
    sent = await put(served.database, 9, "sent", chain="", kind="folder")
    for anchoring, ref, fee_wei in ((newest, TX, 2_000_000_000), (newest, "0x1", 1), (sent, "0x2", 3_500_000_000)):
        await served.database.execute(ATTEMPT, anchoring, ref, fee_wei, LOGGED_MS)
    health = await served.done("GET /api/log/health", role=Role.OPS)
    assert (health["size"], health["age_s"], health["witnesses_min"]) == (9, (now_ms - LOGGED_MS) / 1000, 1)
    (anchor,) = health["anchors"]
    assert (anchor["reason"], anchor["behind"], anchor["age_s"]) == ("the disk is full", 2, (now_ms - BLOCK_MS) / 1000)
    assert (anchor["fee_gwei"], anchor["attempts"], anchor["depth"]) == (2.0, 2, 12)
    assert anchor["under_way"] == {
        "state": "sent", "size": 9, "begun_at": "1970-01-01T00:00:00.000Z", "depth": 12, "attempts": 1, "fee_gwei": 3.5,
        "fallbacks": 0,
    }  # fmt: skip


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.HOST, Role.PICKER])
async def test_nobody_else_is_told(served: Served, role: Role | None):
    assert (await served.call("GET /api/log/health", role=role)).status in (401, 403)
