"""What is anchored is public, with both its times, and said to be what it is."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from livehub import app
from livehub.app import Application
from livehub.base.config import ConfigError
from livehub.base.module import ProcessRole
from livehub.embedded.chain import DEVELOPMENT_KEY, Chain
from tests.base.conftest import served
from tests.base.served import NO_VALKEY, SECRET, Served
from tests.trace.anchor.chains import needs_anvil, new_chain, note_of, root_of
from trace.anchor import payload
from trace.anchor.covering import PENDING, OnChain, on_chain

__all__ = ["served"]

PUT = """
INSERT INTO anchorings (anchor, kind, chain, is_development, origin, size, root, note, published_ms, state, tx, block,
    block_hash, block_ms, depth, proof, begun_ms, confirmed_ms)
VALUES ($1, $2, $3, $4, 'log.example', $5, $6, $7, $8, $9, $10, $11, '0xb', $12, 12, $13, 0, $14) RETURNING id
"""
HEALTH = """
INSERT INTO anchor_health (anchor, kind, chain, is_development, looked_ms, failing_since_ms) VALUES ($1, $2, $3, $4, $5, $6)
"""
TX = "0x" + "ab" * 32
LOGGED_MS, BLOCK_MS = 1_799_999_000_000, 1_799_999_012_000


async def put(
    database: asyncpg.Connection, size: int, state: str = "confirmed", *, chain: str = "eip155:1", kind: str = "evm",
    tx: str | None = TX, is_development: bool = False, proof: bytes | None = None, block_ms: int | None = BLOCK_MS,
) -> int:  # fmt: skip
    confirmed_ms = BLOCK_MS if state == "confirmed" else None
    id_: int = await database.fetchval(
        PUT, chain or kind, kind, chain, is_development, size, root_of(size), note_of(size), LOGGED_MS, state, tx, 100,
        block_ms, proof, confirmed_ms,
    )  # fmt: skip
    return id_


async def test_anybody_may_see_what_is_anchored_where_and_since_when(served: Served):
    first = await put(served.database, 7)
    second = await put(served.database, 9, "sent")
    now_ms = int(served.clock() * 1000)
    await served.database.execute(HEALTH, "eip155:1", "evm", "eip155:1", False, now_ms, now_ms - 5_000)  # noqa: FBT003
    answer = await served.call("GET /api/log/anchors", role=None)
    assert answer.status == 200
    assert [(item["id"], item["state"], item["anchored_at"]) for item in answer.body["items"]] == [
        (second, "sent", None),
        (first, "confirmed", "2027-01-15T07:43:32.000Z"),
    ]
    item: dict[str, Any] = answer.body["items"][1]
    assert item == {
        "id": first, "anchor": "eip155:1", "kind": "evm", "state": "confirmed", "size": 7, "root": root_of(7).hex(),
        "published_at": "2027-01-15T07:43:20.000Z", "chain": "eip155:1", "tx": TX, "block": 100, "block_hash": "0xb",
        "depth": 12, "anchored_at": "2027-01-15T07:43:32.000Z", "label": None, "labels": None, "look_at": None,
    }  # fmt: skip
    assert answer.body["anchors"] == [
        {
            "anchor": "eip155:1", "kind": "evm", "chain": "eip155:1", "looked_at": "2027-01-15T08:00:00.000Z",
            "failing_since": "2027-01-15T07:59:55.000Z", "newest": first, "size": 7, "age_s": 988.0, "label": None,
            "labels": None,
        }
    ]  # fmt: skip


async def test_a_development_chain_is_said_to_prove_nothing(served: Served):
    await put(served.database, 7, is_development=True)
    (item,) = (await served.done("GET /api/log/anchors", role=None))["items"]
    assert item["label"] == "development chain, proves nothing"
    assert item["labels"] == {"en": "development chain, proves nothing", "zh": "开发链: 不构成证明"}


async def test_t64_a_promise_of_a_calendar_is_shown_as_pending(served: Served):
    await put(served.database, 7, "sent", chain="", kind="opentimestamps", proof=b"promise")
    await put(served.database, 6, chain="", kind="opentimestamps", proof=b"kept", block_ms=None)
    items = (await served.done("GET /api/log/anchors", role=None))["items"]
    assert [(item["state"], item["anchored_at"]) for item in items] == [("confirmed", None), ("pending", None)]


async def test_an_anchor_has_what_it_takes_to_check_it(served: Served):
    on_a_chain = await put(served.database, 7)
    stamped = await put(served.database, 8, chain="", kind="rfc3161", tx=sha256(note_of(8)).hexdigest(), proof=b"token")
    one = await served.done(f"GET /api/log/anchors/{on_a_chain}", role=None)
    assert (one["note"].encode(), one["proof"], one["fallbacks"]) == (note_of(7), None, 0)
    assert payload.decoded(bytes.fromhex(one["payload"])) == payload.Tree(7, root_of(7))
    other = await served.done(f"GET /api/log/anchors/{stamped}", role=None)
    assert (b64decode(other["proof"]), other["payload"]) == (b"token", None)


@pytest.mark.parametrize("id_", ["0", "999", "-1", "x", "1" * 30, "%E1%88%91"])
async def test_an_anchor_that_is_not_there_is_refused(served: Served, id_: str):
    answer = await served.call(f"GET /api/log/anchors/{id_}", role=None)
    assert (answer.status, answer.body["code"]) == (404, 6060)


async def test_anchors_are_read_a_page_at_a_time(served: Served):
    ids = [await put(served.database, size) for size in range(1, 6)]
    first = await served.done("GET /api/log/anchors?limit=3", role=None)
    assert ([item["id"] for item in first["items"]], first["next"]) == (ids[:1:-1], str(ids[2]))
    rest = await served.done(f"GET /api/log/anchors?limit=3&after={first['next']}", role=None)
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([ids[1], ids[0]], None)
    for after in ("x", "-1", "1" * 30, "%E1%88%91"):
        assert (await served.call(f"GET /api/log/anchors?after={after}", role=None)).status == 400


async def test_a_leaf_is_on_the_chain_by_the_first_confirmed_anchor_that_has_it(served: Served):
    for chain, is_development in (("eip155:1", False), ("eip155:7", True)):
        await served.database.execute(HEALTH, chain, "evm", chain, is_development, 0, None)
    await served.database.execute(HEALTH, "folder", "folder", "", False, 0, None)  # noqa: FBT003
    await put(served.database, 50, chain="", kind="folder", tx="checkpoint-50.note")
    await put(served.database, 41)
    first = await put(served.database, 42, tx="0x" + "cd" * 32)
    await put(served.database, 43)
    await put(served.database, 60, "sent")
    development = await put(served.database, 55, chain="eip155:7", is_development=True)
    found = await on_chain(served.database, [41, 50, 55])
    assert found[41] == OnChain(
        state="anchored", id=f"eip155:1/0x{'cd' * 32}/41", chain="eip155:1", tx="0x" + "cd" * 32, size=42,
        logged_ms=LOGGED_MS, anchored_ms=BLOCK_MS, anchoring=first,
    )  # fmt: skip
    assert (found[50].id, found[50].anchoring, found[50].is_development) == (f"eip155:7/{TX}/50", development, True)
    assert found[55] == PENDING


# --- the start ---


def application(database_url: str, **settings: Any) -> Application:
    given = {"secret": SECRET, "database_url": database_url, "redis_url": NO_VALKEY, "anchors": "evm"}
    given |= {"anchor_evm_key": DEVELOPMENT_KEY}
    return Application(app.settings(**(given | settings)), roles=frozenset({ProcessRole.JOBS}))


@needs_anvil
async def test_t62_a_process_does_not_start_where_the_node_is_of_another_chain(folder: Any, database_url: str):
    chain: Chain = new_chain(folder)
    try:
        refused = application(database_url, anchor_evm_url=chain.url, anchor_evm_chain_id=1)
        with pytest.raises(ConfigError) as error:
            await refused.start()
        await refused.stop()
        assert str(error.value) == (
            f"LIVEHUB_ANCHOR_EVM_URL: the node is of chain {chain.chain_id}, and LIVEHUB_ANCHOR_EVM_CHAIN_ID says 1"
        )
    finally:
        chain.kill()
        chain.close()


async def test_t63_a_process_starts_while_the_node_is_away(database_url: str):
    running = application(database_url, anchor_evm_url="http://127.0.0.1:1/", anchor_evm_chain_id=1)
    await running.start()
    await running.stop()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"LIVEHUB_ANCHORS": "evm"}, "LIVEHUB_ANCHOR_EVM_URL: the anchor evm needs it"),
        ({"LIVEHUB_ANCHORS": "rfc3161"}, "LIVEHUB_ANCHOR_TSA_ROOTS: the anchor rfc3161 needs it"),
        ({"LIVEHUB_ANCHORS": "folder"}, "LIVEHUB_ANCHOR_FOLDER: the anchor folder needs it"),
        ({"LIVEHUB_ANCHORS": "bitcoin"}, "LIVEHUB_ANCHORS: must be of evm, rfc3161, opentimestamps, folder"),
        ({"LIVEHUB_ANCHOR_EVM_KEY": "secret"}, "LIVEHUB_ANCHOR_EVM_KEY: must be 64 hexadecimal digits"),
    ],
)
def test_what_an_anchor_lacks_is_said_by_name_and_what_was_written_never(settings: dict[str, str], fault: str):
    with pytest.raises(ConfigError) as error:
        app.settings(settings)
    assert fault in error.value.faults
    assert "secret" not in str(error.value)
